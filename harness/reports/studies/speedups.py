"""How much sooner one arm of a study reaches another arm's final score, per task and as geometric mean over tasks.

A *speedup* is the budget divided by the time at which the mean of the faster arm reaches the slower arm's final mean.
Before a run's first counted evaluation its score is the score of guessing. *Back-filled* runs have their first score
from the start instead. That uses a result before it is known; it is here only because published scripts do it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.base.seeding import derive_generator
from harness.errors import TooFewSeeds
from harness.reports.studies.study import Arm, Evidence
from harness.reports.studies.tables import Factor
from harness.scores.metrics import Floats
from harness.statistics import mean_speedup, time_to_reach

FINE, COARSE = 20_001, 401
"""The number of times on the grid, for the factor and for its interval."""
FIRST = 1 / 1000
"""The grid's first time, as a fraction of the budget; the grid is logarithmic."""


@dataclass(frozen=True)
class Sooner:
    """``factor``: the speedup, with a bootstrap interval over seeds (95 %; none with fewer than 2 seeds);
    ``backfilled``: the speedup of back-filled runs, without an interval.
    """

    factor: Factor
    backfilled: Factor


NONE = Sooner(Factor(math.nan), Factor(math.nan))


def speedups(evidence: Evidence, fast: Arm, slow: Arm) -> tuple[dict[str, Sooner], Sooner]:
    """The speedup of ``fast`` over ``slow`` per task, and their geometric mean over tasks.

    A speedup is NaN if an arm has no complete seed on a task, and 0 if the final score is not reached. The geometric
    mean is NaN or 0 if the speedup on one task is.
    """
    found: dict[str, Sooner] = {}
    strata: list[tuple[Floats, Floats]] = []
    for task in evidence.tasks:
        if (task, fast) not in evidence.records or (task, slow) not in evidence.records:
            found[task] = NONE
            continue
        board = evidence.board(task, fast)
        fine, coarse = (_grid(board.budget, points) for points in (FINE, COARSE))
        runs = [(evidence.curves(task, arm, "full", fine), evidence.curves(task, arm, "full", coarse))
                for arm in (slow, fast)]  # fmt: skip
        (slow_fine, slow_coarse), (fast_fine, fast_coarse) = runs
        if slow_fine is None or slow_coarse is None or fast_fine is None or fast_coarse is None:
            found[task] = NONE
            continue
        target, maximize = float(slow_fine.values[:, -1].mean()), board.score.maximize
        strata.append((slow_coarse.values, fast_coarse.values))
        point = _point(fast_fine.values, fine, target, maximize)
        filled, first = backfilled(fast_fine.values, fast_fine.start)
        known = Factor(min(_point(filled, fine, target, maximize), float(fine[-1] / fine[first])))
        rng = derive_generator("study", "speedup", task, fast.group, fast.label, slow.label)
        found[task] = Sooner(_interval(point, strata[-1:], coarse, maximize, rng), known)
    if len(strata) < len(found):
        return found, NONE
    rng = derive_generator("study", "speedup", "overall", fast.group, fast.label, slow.label)
    overall = _interval(_mean([one.factor.value for one in found.values()]), strata, coarse, maximize, rng)
    return found, Sooner(overall, Factor(_mean([one.backfilled.value for one in found.values()])))


def _grid(budget: float, points: int) -> Floats:
    grid: Floats = np.geomspace(FIRST * budget, budget, points)
    grid[-1] = budget
    return grid


def _point(values: Floats, grid: Floats, target: float, maximize: bool) -> float:
    return float(grid[-1]) / float(time_to_reach(values.mean(axis=0), grid, target, maximize=maximize))


def _mean(factors: Sequence[float]) -> float:
    return math.exp(math.fsum(map(math.log, factors)) / len(factors)) if all(factors) else 0.0


def _interval(
    point: float, strata: Sequence[tuple[Floats, Floats]], grid: Floats, maximize: bool, rng: np.random.Generator
) -> Factor:
    """The factor ``point`` with its interval. The interval is computed on a coarser grid (by 2 %), so it is widened
    where it would not contain the factor.
    """
    try:
        found = mean_speedup(strata, grid, maximize=maximize, rng=rng).factor
    except TooFewSeeds:
        return Factor(point)
    return Factor(point, min(float(found.low), point), max(float(found.high), point))


def backfilled(values: Floats, start: float) -> tuple[Floats, int]:
    """``values``, shape (seeds, grid), with each run's first score from the beginning on, and the index of the earliest
    first score.

    A run without a score stays at ``start``.
    """
    found: Floats = values.copy()
    scored = values != start
    for run, has in zip(found, scored, strict=True):
        if has.any():
            run[: has.argmax()] = run[has.argmax()]
    return found, int(scored.any(axis=0).argmax())
