"""Every two entries of a leaderboard, compared over the seeds that both have."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from harness.reports.site.contents import Row
from harness.statistics.ranking import wilcoxon


@dataclass(frozen=True)
class Pair:
    """The comparison of two entries: the mean difference (first minus second) over ``seeds`` paired seeds, its standard
    error, and the exact two-sided p-value of the signed-rank test; NaN with fewer seeds than the leaderboard needs.
    """

    seeds: int
    difference: float
    error: float
    p: float


def pairs(rows: Sequence[Row]) -> Iterator[Pair]:
    """The comparisons of every two rows, in the order (0, 1), (0, 2), ..., (1, 2), ..."""
    scores = [dict(zip(row.seeds, row.entry.finals, strict=True)) for row in rows]
    for (row, a), (_, b) in combinations(zip(rows, scores, strict=True), 2):
        differences = [score - b[seed] for seed, score in a.items() if seed in b]
        n = len(differences)
        if n < row.entry.board.seeds:
            yield Pair(n, math.nan, math.nan, math.nan)
        else:
            error = statistics.stdev(differences) / math.sqrt(n) if n > 1 else math.nan
            yield Pair(n, statistics.mean(differences), error, wilcoxon(differences))
