"""The numbers of a critical-difference diagram: average ranks, and which methods a paired test cannot tell apart.

The diagram is described by Demšar 2006, "Statistical Comparisons of Classifiers over Multiple Data Sets", section 3.2.
A Friedman test compares all methods. If it rejects, the exact Wilcoxon signed-rank test compares every pair, corrected
by Holm's method. Benavoli, Corani and Mangili 2016, "Should We Really Use Post-Hoc Tests Based on Mean-Ranks?", give
the reasons for that test. A *block* is a comparison under equal conditions: a seed, or a seed of a leaderboard.
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
    """Average ranks and the tests that compare them.

    ``ranks``: average ranks by method, best first, names breaking ties; all other fields are in this order; ``blocks``:
    how many the ranks are averaged over; ``statistic`` and ``p_value``: Friedman's test (chi-squared, corrected for
    ties); ``pairs``: the Wilcoxon p-value of every pair, corrected by Holm for the number of pairs; ``cliques``: the
    bars of the diagram; ``alpha``: p-values above it do not tell methods apart.

    A clique is a largest group of two or more methods in which no pair can be told apart. So two methods share a bar
    exactly if they cannot be told apart. Members of a clique need not be neighbours in rank: mark them on the bar,
    since the bar may pass a method that is no member. If Friedman's test does not reject, all methods are one clique
    whatever ``pairs`` says.
    """

    ranks: Mapping[str, float]
    blocks: int
    statistic: float
    p_value: float
    pairs: Mapping[tuple[str, str], float]
    cliques: tuple[tuple[str, ...], ...]
    alpha: float = ALPHA


def critical_difference(finals: Mapping[str, ArrayLike], *, maximize: bool, alpha: float = ALPHA) -> CriticalDifference:
    """Compares three or more methods by their ``finals``: scores on the same blocks in the same order, shape (blocks,).

    Wilcoxon's test ranks differences across blocks, so leaderboards that are pooled should have comparable scores: give
    normalised regrets where units differ. Raises TooFewSeeds if no pair could be told apart however large the
    differences, UsageError for fewer than three methods, scores that do not fit, or if scipy is not installed.
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

    ``values``: shape (methods, blocks), at least three methods. The p-value is of the chi-squared distribution, a good
    approximation for about ten blocks or more. UsageError if scipy is not installed.
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
    """The maximal cliques of the graph that joins methods which cannot be told apart (Bron and Kerbosch 1973)."""
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
