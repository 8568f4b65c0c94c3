"""What a critical-difference diagram shows: average ranks, and which methods a paired test cannot tell apart.

After Demšar 2006, "Statistical Comparisons of Classifiers over Multiple Data Sets", section 3.2, with the post-hoc test
that Benavoli, Corani and Mangili 2016, "Should We Really Use Post-Hoc Tests Based on Mean-Ranks?", give reasons for: a
Friedman test over all methods, and if it rejects, the exact Wilcoxon signed-rank test of every pair, corrected by
Holm's method. A *block* is what the methods have in common: a seed, or a seed of a leaderboard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from harness.base.extras import require
from harness.errors import TooFewSeeds, UsageError
from harness.scores.metrics import Floats
from harness.statistics.ranking import ALPHA, holm, wilcoxon
from harness.statistics.ranks import midranks


@dataclass(frozen=True)
class CriticalDifference:
    """``ranks``: average ranks by method, best first, names breaking ties; everything else is in that order.

    ``statistic`` and ``p_value`` are Friedman's (chi-squared, corrected for ties); ``pairs`` the Wilcoxon p-values of
    every pair, corrected by Holm for their number. ``cliques``: the bars of the diagram, all largest groups of two or
    more methods in which no pair can be told apart, so that two methods share a bar if and only if they cannot. Members
    need not be neighbours in rank: mark them on the bar, since it may pass one that is not in it. If Friedman's test
    does not reject, all methods are one clique whatever ``pairs`` says.
    """

    ranks: Mapping[str, float]
    blocks: int
    statistic: float
    p_value: float
    pairs: Mapping[tuple[str, str], float]
    cliques: tuple[tuple[str, ...], ...]
    alpha: float = ALPHA


def critical_difference(finals: Mapping[str, ArrayLike], *, maximize: bool, alpha: float = ALPHA) -> CriticalDifference:
    """Compares three or more methods; ``finals``: their scores on the same blocks in the same order, shape (blocks,).

    Pooled leaderboards should have comparable scores, since Wilcoxon's test ranks differences across them: give
    normalised regrets where units differ. Raises TooFewSeeds if no pair could be told apart however different,
    UsageError for fewer than three methods or scores that do not fit.
    """
    values = _checked(finals)
    need = blocks_needed(len(finals), alpha)
    if values.shape[1] < need:
        raise TooFewSeeds(f"telling {len(finals)} methods apart in pairs at {alpha:g}", have=values.shape[1], need=need)
    averages = midranks(values, maximize=maximize).mean(axis=1)
    names = list(finals)
    order = sorted(range(len(names)), key=lambda i: (averages[i], names[i]))
    couples = list(combinations(order, 2))
    p_values = holm([wilcoxon((values[i] - values[j]).tolist()) for i, j in couples])
    pairs = {(names[i], names[j]): p for (i, j), p in zip(couples, p_values, strict=True)}
    statistic, p_value = friedman(values)
    ranked = {names[i]: float(averages[i]) for i in order}
    cliques = _cliques(list(ranked), pairs, alpha) if p_value <= alpha else (tuple(ranked),)
    return CriticalDifference(ranked, values.shape[1], statistic, p_value, pairs, cliques, alpha)


def friedman(values: ArrayLike) -> tuple[float, float]:
    """Friedman's chi-squared statistic, corrected for ties, and its p-value; (0, 1) if everything is tied.

    ``values``: shape (methods, blocks), at least three methods. The p-value is that of the chi-squared distribution,
    which is close from about ten blocks on.
    """
    stats = require("scipy.stats", "the Friedman test")
    array = np.asarray(values, dtype=np.float64)
    if (array == array[0]).all():
        return 0.0, 1.0
    found = stats.friedmanchisquare(*array)
    return float(found.statistic), float(found.pvalue)


def blocks_needed(methods: int, alpha: float = ALPHA) -> int:
    """The fewest blocks with which one pair of ``methods`` can be told apart at all.

    With n blocks no exact two-sided p-value is below 2 / 2^n, and Holm multiplies the smallest by the number of pairs.
    """
    if methods < 2 or not 0.0 < alpha < 1.0:
        raise UsageError("a comparison needs at least two methods and an alpha between 0 and 1")
    pairs = methods * (methods - 1) // 2
    blocks = 1
    while pairs * 2.0 / 2.0**blocks > alpha:
        blocks += 1
    return blocks


def _checked(finals: Mapping[str, ArrayLike]) -> Floats:
    arrays = [np.asarray(one, dtype=np.float64) for one in finals.values()]
    if len(arrays) < 3:
        raise UsageError(f"a critical-difference diagram compares at least three methods, not {len(arrays)}")
    if any(one.ndim != 1 for one in arrays) or len({len(one) for one in arrays}) > 1:
        raise UsageError("methods are compared on the same blocks: give each one score per seed, in the same order")
    values = np.stack(arrays)
    if not np.isfinite(values).all():
        raise UsageError("scores to be compared must be finite; leave out runs without a score")
    return values


def _cliques(names: Sequence[str], pairs: Mapping[tuple[str, str], float], alpha: float) -> tuple[tuple[str, ...], ...]:
    """The maximal cliques of the graph that joins what cannot be told apart (Bron and Kerbosch 1973)."""
    found: list[tuple[str, ...]] = []

    def alike(name: str, others: Sequence[str]) -> list[str]:
        return [o for o in others if pairs.get((name, o), pairs.get((o, name), 0.0)) > alpha]

    def grow(members: tuple[str, ...], candidates: list[str], done: list[str]) -> None:
        if not candidates and not done and len(members) > 1:
            found.append(members)
        for k, name in enumerate(candidates):
            grow((*members, name), alike(name, candidates[k + 1 :]), alike(name, [*done, *candidates[:k]]))

    grow((), list(names), [])
    return tuple(found)
