"""Grids of times, on which scores over time are given."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from harness.errors import UsageError
from harness.scores.metrics import Floats


def grid_of(times: ArrayLike, points: int | None = None) -> Floats:
    """``times`` as an array. UsageError unless they are finite, ascending, and (if given) as many as ``points``."""
    grid = _numbers(times)
    if grid.ndim != 1 or not len(grid) or not np.isfinite(grid).all() or (np.diff(grid) <= 0).any():
        raise UsageError("a grid must be finite times in ascending order, at least one")
    if points is not None and len(grid) != points:
        raise UsageError(f"there are {points} scores over time but {len(grid)} times; give one time per score")
    return grid


def grid_from_start(times: Any) -> Floats:
    """Times of a run from an array, a list or an iterator. UsageError unless they are finite, at least 0, and none is
    before the one that precedes it.
    """
    try:
        given: Any = times if isinstance(times, str) else list(times)
    except TypeError:  # one number
        given = ()
    grid = _numbers(given)
    if grid.ndim != 1 or not len(grid) or not np.isfinite(grid).all() or (np.diff(grid) < 0.0).any() or grid[0] < 0.0:
        raise UsageError("a grid must be finite times from 0 on in ascending order, at least one")
    return grid


def _numbers(times: ArrayLike) -> Floats:
    """An array of numbers; of no dimension, which is no grid, where ``times`` are none."""
    try:
        return np.asarray(times, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return np.zeros(())
