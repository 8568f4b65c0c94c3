"""Speedup: how much sooner a method reaches a baseline's final score (Tables 9 and 10 of JAHS-Bench-201).

It is the budget divided by the time at which the method's mean over seeds reaches the baseline's final mean. With a
speedup of 20, the method needs a 20th of the budget.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from harness.errors import UsageError
from harness.scores.grid import grid_of
from harness.scores.metrics import Floats
from harness.statistics.intervals import LEVEL, RESAMPLES, Interval, percentile_interval, resample
from harness.statistics.steps import time_to_reach


@dataclass(frozen=True)
class Speedup:
    """A speedup over one task or several.

    ``factor``: budget / time with its interval; ``targets``: per task the baseline's final mean; ``times``: per task
    the time at which the method's mean reaches it, in the unit of the grid, infinite if not within the budget;
    ``missed``: the fraction of resamples in which the method did not reach the baseline's final mean on every task.

    An infinite time makes the factor 0, in the estimate as in its bounds: it was not measured, and is known only to be
    below 1. A time of 0 makes the factor infinite.
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
    the time is one of its times, see ``time_to_reach``. Raises TooFewSeeds if either has fewer than 2 seeds.
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

    ``tasks``: per task (baseline, method), each of shape (seeds, grid) on the same grid. If the method does not reach
    the baseline's final mean on one task, the factor is 0. The seeds of each task and method are a stratum. Raises the
    errors of ``speedup``.
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
    """The baseline's final mean, and the time at which the method's mean reaches it."""
    target = baseline.mean(axis=0)[-1]
    return float(target), float(time_to_reach(method.mean(axis=0), clock, target, maximize=maximize))


def _factor(clock: Floats, time: float) -> float:
    return float(clock[-1]) / time if time else math.inf


def _geometric_mean(factors: Sequence[float]) -> float:
    """0 if any factor is 0, even beside an infinite one, so that a target not reached is never hidden."""
    return 0.0 if 0.0 in factors else math.prod(factors) ** (1.0 / len(factors))
