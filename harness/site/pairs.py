"""Every two entries of a leaderboard, compared over the same seeds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from harness.metrics import mean_and_error
from harness.tables.entries import Entry
from harness.tables.ranking import wilcoxon


@dataclass(frozen=True)
class Pair:
    """The mean difference (first minus second), its standard error, and the exact two-sided p-value of the signed-rank
    test; all NaN where one of them lacks a seed of the leaderboard.
    """

    difference: float
    error: float
    p: float


def pairs(entries: Sequence[Entry]) -> Iterator[Pair]:
    """(0, 1), (0, 2), ..., (1, 2), ...: what was found for every two."""
    for a, b in combinations(entries, 2):
        if a.seeds == b.seeds == a.board.seeds:
            differences = [x - y for x, y in zip(a.finals, b.finals, strict=True)]
            mean, error = mean_and_error(np.array(differences))
            yield Pair(float(mean), float(error), wilcoxon(differences))
        else:
            yield Pair(math.nan, math.nan, math.nan)
