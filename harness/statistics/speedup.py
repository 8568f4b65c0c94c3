"""Speedup: how much sooner than a baseline a method is where the baseline ends (Tables 9 and 10 of JAHS-Bench-201).

The time at which the method's mean over seeds reaches the baseline's final mean, as a fraction of the budget that the
baseline had; a speedup of 20 says: after a 20th of the budget.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from harness.errors import UsageError
from harness.scores.metrics import Floats
from harness.statistics.intervals import LEVEL, RESAMPLES, Interval, percentile_interval, resample
from harness.statistics.steps import grid_of, time_to_reach


@dataclass(frozen=True)
class Speedup:
    """``factor`` is budget / time with its interval; ``targets`` and ``times`` have one number per task.

    A ``targets`` entry is the baseline's final mean; its ``times`` entry is when the method's mean is there, in the
    unit of the grid, infinite if that is not within the budget. A time of infinity is a factor of 0, in ``factor`` as
    in its bounds: not measured, known only to be below 1. A time of 0 is a factor of infinity. ``missed``: the fraction
    of resamples in which the method did not reach the baseline's final mean on every task.
    """

    factor: Interval
    targets: tuple[float, ...]
    times: tuple[float, ...]
    missed: float

    @property
    def reached(self) -> bool:
        """Whether the method's mean reaches the baseline's final mean within the budget, on every task."""
        return bool(np.isfinite(self.times).all())


def speedup(
    baseline: ArrayLike,
    method: ArrayLike,
    grid: ArrayLike,
    *,
    maximize: bool,
    rng: np.random.Generator,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
) -> Speedup:
    """The speedup of ``method`` over ``baseline``, both of shape (seeds, grid), on one task.

    The seeds of the two are resampled independently and may differ in number. The budget is the last time of ``grid``;
    the time is one of its times, see ``time_to_reach``. Raises TooFewSeeds for fewer than 2 seeds of either.
    """
    return mean_speedup([(baseline, method)], grid, maximize=maximize, rng=rng, level=level, resamples=resamples)


def mean_speedup(
    tasks: Sequence[tuple[ArrayLike, ArrayLike]],
    grid: ArrayLike,
    *,
    maximize: bool,
    rng: np.random.Generator,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
) -> Speedup:
    """The geometric mean over tasks of the speedups, with the interval of that mean.

    ``tasks``: per task (baseline, method), each of shape (seeds, grid) on the same grid. One task not reached makes the
    factor 0. Strata are tasks and methods. Raises as ``speedup`` does.
    """
    strata = [np.asarray(values, dtype=np.float64) for pair in tasks for values in pair]
    if any(values.ndim != 2 for values in strata):
        raise UsageError("a speedup needs trajectories of shape (seeds, grid)")
    clock = grid_of(grid, strata[0].shape[-1] if strata else None)

    def statistic(data: Sequence[Floats]) -> tuple[float, float]:
        times = [_reach(baseline, method, clock, maximize)[1] for baseline, method in _pairs(data)]
        return _geometric_mean([_factor(clock, time) for time in times]), float(np.isinf(times).any())

    drawn = resample(statistic, strata, rng, resamples=resamples)
    missed = float(drawn[:, 1].mean())
    found = [_reach(baseline, method, clock, maximize) for baseline, method in _pairs(strata)]
    factor = _geometric_mean([_factor(clock, time) for _, time in found])
    targets, times = zip(*found, strict=True)
    return Speedup(percentile_interval(factor, drawn[:, 0], level), targets, times, missed)


def _pairs(data: Sequence[Floats]) -> Iterator[tuple[Floats, Floats]]:
    return zip(data[::2], data[1::2], strict=True)


def _reach(baseline: Floats, method: Floats, clock: Floats, maximize: bool) -> tuple[float, float]:
    """The baseline's final mean and when the method's mean is there."""
    target = baseline.mean(axis=0)[-1]
    return float(target), float(time_to_reach(method.mean(axis=0), clock, target, maximize=maximize))


def _factor(clock: Floats, time: float) -> float:
    return float(clock[-1]) / time if time else math.inf


def _geometric_mean(factors: Sequence[float]) -> float:
    """0 if any factor is 0, even beside an infinite one: what was not reached is never hidden."""
    return 0.0 if 0.0 in factors else math.prod(factors) ** (1.0 / len(factors))
