"""The paper's aggregates of Table 2 (Section 4.2): median ranks, improvement over the WRN, performance profiles.

Each figure comes with its *reach*: the least and the greatest value over all tables that round to the printed Table 2.
A published figure within reach is consistent with the printed entries. A figure out of reach cannot come from them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.errors import UsageError
from harness.scores.metrics import Floats
from harness.statistics import median_ranks, ratio_profile
from protocols.nasbench360.paper import TABLE_2, WRN, decimals
from protocols.nasbench360.tasks import TASKS


@dataclass(frozen=True)
class Reached:
    """A figure from the entries as printed, and its reach."""

    value: float
    low: float
    high: float

    def gives(self, printed: str) -> bool:
        """Whether the figure is ``printed`` when rounded to its decimals."""
        return abs(self.value - float(printed)) <= _half(printed)

    def reaches(self, printed: str) -> bool:
        """Whether a table that rounds to the printed one gives ``printed``."""
        return self.low - _half(printed) <= float(printed) <= self.high + _half(printed)


def _half(printed: str) -> float:
    """Half a unit of the last decimal, and a little more for binary fractions."""
    return 0.5 * 10.0 ** -decimals(printed) + 1e-9


def errors(approaches: Sequence[str], tasks: Sequence[str] = tuple(TASKS), end: int | None = None) -> Floats:
    """Table 2 as an array of shape (approaches, tasks), NaN where an approach was not evaluated.

    ``end``: 0 for the least error that rounds to the entry, 1 for the greatest, by default the entry itself.
    """

    def entry(approach: str, task: str) -> float:
        result = TABLE_2.get((approach, task))
        if result is None:
            return np.nan
        return result.error if end is None else result.interval[end]

    return np.array([[entry(approach, task) for task in tasks] for approach in approaches], dtype=np.float64)


def ranks(approaches: Sequence[str]) -> dict[str, Reached]:
    """The median over tasks of each approach's rank among ``approaches``, ties sharing the mean of their ranks."""
    low, high = errors(approaches, end=0), errors(approaches, end=1)
    medians = median_ranks(errors(approaches), maximize=False)
    found = {}
    for own, approach in enumerate(approaches):
        # The best rank: this approach's errors at their lowest, all other errors at their highest. Tasks are
        # independent.
        best, worst = high.copy(), low.copy()
        best[own], worst[own] = low[own], high[own]
        ends = (median_ranks(scores, maximize=False)[own] for scores in (best, worst))
        found[approach] = Reached(float(medians[own]), *map(float, ends))
    return found


def improvements(approaches: Sequence[str], reference: str = WRN) -> dict[str, Reached]:
    """The median of (reference − error) / reference in percent, over the tasks on which both were evaluated.

    The improvement of the reference itself is always 0.
    """
    found = {}
    for approach in approaches:
        own = [errors([approach], end=end)[0] for end in (None, 0, 1)]
        other = own if approach == reference else [errors([reference], end=end)[0] for end in (None, 1, 0)]
        value, high, low = (_improvement(a, b) for a, b in zip(own, other, strict=True))
        found[approach] = Reached(value, low, high)
    return found


def _improvement(own: Floats, reference: Floats) -> float:
    relative = 100.0 * (reference - own) / reference
    there = relative[~np.isnan(relative)]
    if not there.size:
        raise UsageError("an improvement needs a task on which the approach and the reference were evaluated")
    return float(np.median(there))


def profiles(approaches: Sequence[str], tasks: Sequence[str], ratios: Sequence[float] | Floats) -> Floats:
    """For each approach and each ratio τ, the fraction of tasks on which its error is at most τ times the least error
    of ``approaches``: shape (approaches, ratios). A task on which an approach was not evaluated counts against it.
    """
    return ratio_profile(np.nan_to_num(errors(approaches, tasks), nan=np.inf), ratios)


GIVEN, REACHED, EXCHANGED, OUTSIDE = "as printed", "within rounding", "headings exchanged", "out of reach"
"""The relation of a recomputed figure to the published figure."""


def verdicts(found: Mapping[str, Reached], published: Mapping[str, str]) -> dict[str, str]:
    """For each approach one of the four words above.

    "Headings exchanged": the published figures of two approaches are out of reach, but each is exactly the figure that
    the other approach's entries give.
    """
    said = {}
    for own, one in found.items():
        printed = published[own]
        partners = (
            other for other in found
            if other != own and found[other].gives(printed) and one.gives(published[other])
        )  # fmt: skip
        if one.gives(printed):
            said[own] = GIVEN
        elif one.reaches(printed):
            said[own] = REACHED
        else:
            said[own] = EXCHANGED if next(partners, None) is not None else OUTSIDE
    return said


def above(one: Floats, other: Floats, ratios: Sequence[float] | Floats) -> list[tuple[float, float]]:
    """The intervals [from, to) of τ in which one step curve lies above another; both step only at ``ratios``."""
    found: list[tuple[float, float]] = []
    ends = [*map(float, ratios[1:]), float("inf")]
    for start, end, higher in zip(map(float, ratios), ends, one > other, strict=True):
        if higher and found and found[-1][1] == start:
            found[-1] = found[-1][0], end
        elif higher:
            found.append((start, end))
    return found


def steps(approaches: Sequence[str], tasks: Sequence[str]) -> Floats:
    """Every τ at which one of ``profiles`` steps, ascending from 1."""
    costs = errors(approaches, tasks)
    ratios = costs / np.nanmin(costs, axis=0)
    return np.unique(ratios[~np.isnan(ratios)])
