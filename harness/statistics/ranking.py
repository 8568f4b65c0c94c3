"""Ranks of a table: entries that a paired test over seeds cannot tell apart share a rank.

The entry with the best mean leads rank 1 and is compared with every other one by the exact two-sided Wilcoxon
signed-rank test (Wilcoxon 1945) over seeds. The p-values are corrected for their number by Holm's step-down method
(1979); entries whose corrected p is above ``ALPHA`` share the leader's rank. The best of the rest leads the next rank,
which is one more than the number of entries already ranked, and so on.

With n seeds no p-value is below 2/2^n. With 10 seeds that is 2/1024, so that a leader can be told apart from at most 25
others at once. On a board with more entries, entries share a rank unless they differ on more than 10 seeds.

The test is written here so that a table has the same bytes whatever the version of a statistics library.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np

MANY = 64
"""With more differences than this, p-values are computed from rounded probabilities, exact to about 14 digits."""
ALPHA = 0.05
"""Entries with a corrected p-value above this cannot be told apart."""


def wilcoxon(differences: Sequence[float]) -> float:
    """Exact two-sided p-value of the signed-rank test that paired differences are symmetric about zero.

    Zeros are dropped, equal magnitudes share the mean of their ranks, and the null distribution is over all 2^n choices
    of signs for these ranks. The p-value is 1.0 if every difference is zero. ValueError for a difference that is NaN or
    infinite.
    """
    if not all(map(math.isfinite, differences)):
        raise ValueError("differences must be finite")
    ranked = _doubled_midranks([d for d in differences if d != 0.0])
    if len(ranked) > MANY:
        return _of_many(ranked)
    total = sum(rank for rank, _ in ranked)
    positive = sum(rank for rank, sign in ranked if sign)
    # Digit s of ``ways`` in base 2^width is the number of choices of signs for which the positive ranks sum to s. Only
    # the digits of the tail are kept. Their sum is less than 2^width - 1, so it is the remainder of dividing by that.
    width = len(ranked) + 2
    kept = (1 << (min(positive, total - positive) + 1) * width) - 1
    ways = 1
    for rank, _ in ranked:
        ways = (ways + (ways << rank * width)) & kept
    tail = ways % ((1 << width) - 1)
    return min(1.0, 2 * tail / (1 << len(ranked)))


def _of_many(ranked: Sequence[tuple[int, bool]]) -> float:
    """The p-value with rounded probabilities: exact whole numbers of hundreds of digits would take seconds."""
    total = sum(rank for rank, _ in ranked)
    positive = sum(rank for rank, sign in ranked if sign)
    chances = np.zeros(min(positive, total - positive) + 1)
    chances[0] = 1.0
    for rank, _ in ranked:
        chances *= 0.5
        if rank < len(chances):
            chances[rank:] += chances[:-rank].copy()
    return min(1.0, 2 * math.fsum(chances.tolist()))


def _doubled_midranks(differences: Sequence[float]) -> list[tuple[int, bool]]:
    """Per difference, ascending in magnitude: twice its midrank (a whole number), and whether it is positive."""
    found: list[tuple[int, bool]] = []
    for _, group in groupby(sorted(differences, key=abs), key=abs):
        tied = list(group)
        rank = 2 * len(found) + len(tied) + 1  # twice the mean of ranks k + 1 .. k + t
        found += [(rank, d > 0) for d in tied]
    return found


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's corrected p-values, in the order given: a level rejects exactly the hypotheses with a p-value up to it."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    corrected = [0.0] * len(p_values)
    running = 0.0
    for step, i in enumerate(order):
        running = max(running, (len(order) - step) * p_values[i])
        corrected[i] = min(1.0, running)
    return corrected


def ranks(scores: Mapping[str, Sequence[float]], *, maximize: bool) -> dict[str, int]:
    """Entry -> rank, in the order of a table: by rank, then mean score, then name.

    ``scores``: final scores per entry, of seeds 0 to n-1 in this order; n may differ. Two entries are paired over the
    seeds that both have.
    """
    sign = -1.0 if maximize else 1.0
    means = {name: sign * math.fsum(values) / max(1, len(values)) for name, values in scores.items()}
    waiting = sorted(scores, key=lambda name: (means[name], name))
    found: dict[str, int] = {}
    while waiting:
        leader, others = waiting[0], waiting[1:]
        p_values = [wilcoxon([a - b for a, b in zip(scores[leader], scores[other], strict=False)]) for other in others]
        sharing = {leader, *(o for o, p in zip(others, holm(p_values), strict=True) if p > ALPHA)}
        rank = len(found) + 1
        found |= {name: rank for name in waiting if name in sharing}
        waiting = [name for name in waiting if name not in sharing]
    return found
