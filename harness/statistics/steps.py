"""Step functions on a grid of times: a score holds from its time until the next one. Nothing is interpolated."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from harness.scores.grid import grid_of
from harness.scores.metrics import Floats


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
