"""Step functions on a grid of times: a score holds from its time until the next one. Nothing is interpolated."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from harness.errors import UsageError
from harness.scores.metrics import Floats


def grid_of(times: ArrayLike, points: int | None = None) -> Floats:
    """``times`` as an array. UsageError unless they are finite, ascending, and (if given) as many as ``points``."""
    grid = np.asarray(times, dtype=np.float64)
    if grid.ndim != 1 or not len(grid) or not np.isfinite(grid).all() or (np.diff(grid) <= 0).any():
        raise UsageError("a grid must be finite times in ascending order, at least one")
    if points is not None and len(grid) != points:
        raise UsageError(f"there are {points} scores over time but {len(grid)} times; give one time per score")
    return grid


def time_to_reach(values: ArrayLike, grid: ArrayLike, target: ArrayLike, *, maximize: bool) -> Floats:
    """The first time at which a score is at least as good as ``target``; infinite if it never is.

    ``values``: shape (..., grid); ``target``: a number, or an array that fits their leading shape. The answer has that
    shape and the unit of ``grid``. It is a time of ``grid``, so it is late by less than one step if the score improved
    in between.
    """
    scores = np.asarray(values, dtype=np.float64)
    times = grid_of(grid, scores.shape[-1])
    goal = np.asarray(target, dtype=np.float64)[..., None]
    reached = scores >= goal if maximize else scores <= goal
    first = times[reached.argmax(axis=-1)]
    return np.where(reached.any(axis=-1), first, np.inf)


def area_under_curve(values: ArrayLike, grid: ArrayLike) -> Floats:
    """The exact integral of step functions from the first to the last time of ``grid``.

    ``values``: shape (..., grid). The answer has the leading shape; its unit is the unit of the values times the unit
    of the grid. A value holds until the next time, so the last one has no width. Divided by ``grid[-1] - grid[0]``, the
    integral is the mean over time.
    """
    scores = np.asarray(values, dtype=np.float64)
    times = grid_of(grid, scores.shape[-1])
    return np.asarray((scores[..., :-1] * np.diff(times)).sum(axis=-1), dtype=np.float64)
