"""Pure functions from evaluations to numbers: incumbents, hypervolume, step functions, mean and standard error."""

from __future__ import annotations

import bisect
import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def incumbent_indices(losses: Floats) -> NDArray[np.int64]:
    """For every evaluation, in order, the index of the best one so far; the earliest wins ties. NaN never wins."""
    clean = np.where(np.isnan(losses), np.inf, losses)
    running = np.minimum.accumulate(clean)
    new = np.concatenate([[True], clean[1:] < running[:-1]]) if len(clean) else np.zeros(0, bool)
    return np.maximum.accumulate(np.where(new, np.arange(len(clean)), 0))


def running_hypervolume(points: Floats, reference: Floats, ideal: Floats) -> Floats:
    """Hypervolume dominated by the first k points, k = 1..n, as a fraction of the ideal-reference rectangle.

    ``points`` has shape (n, 2), both objectives to be minimised. Points beyond the reference contribute nothing, points
    beyond the ideal count as the ideal, so the result lies in [0, 1].
    """
    scaled = (points - ideal) / (reference - ideal)
    front_x: list[float] = []  # ascending, with front_y strictly descending
    front_y: list[float] = []
    total, totals = 0.0, np.empty(len(points))
    for k, (x, y) in enumerate(np.maximum(scaled, 0.0).tolist()):
        if x < 1.0 and y < 1.0:
            total += _gain(front_x, front_y, x, y)
        totals[k] = min(total, 1.0)
    return totals


def _gain(front_x: list[float], front_y: list[float], x: float, y: float) -> float:
    """Inserts (x, y) into the front and returns the area it adds below (1, 1)."""
    left = bisect.bisect_right(front_x, x)
    ceiling = front_y[left - 1] if left else 1.0
    if ceiling <= y:
        return 0.0
    gain, at, end = 0.0, x, left
    if left and front_x[left - 1] == x:
        left -= 1
    while end < len(front_x) and front_y[end] >= y:
        gain += (front_x[end] - at) * (ceiling - y)
        at, ceiling = front_x[end], front_y[end]
        end += 1
    stop = front_x[end] if end < len(front_x) else 1.0
    gain += (stop - at) * (ceiling - y)
    front_x[left:end], front_y[left:end] = [x], [y]
    return gain


def step_function(times: Floats, values: Floats, start: float, grid: Floats) -> Floats:
    """The last value at or before each grid time, ``start`` before the first; never interpolated, never backwards."""
    index = np.searchsorted(times, grid, side="right")
    return np.concatenate([[start], values])[index]


def busy_time(starts: Floats, ends: Floats, budget: float) -> float:
    """Worker-seconds spent on evaluations until ``budget``; an evaluation that it cuts off counts until then."""
    return float(np.sum(np.minimum(ends, budget) - starts))


def mean_and_error(values: Floats, axis: int = 0) -> tuple[Floats, Floats]:
    """Mean and standard error (ddof = 1, divided by sqrt n) over ``axis``; the error of fewer than 2 values is NaN."""
    n = values.shape[axis]
    mean = values.mean(axis=axis) if n else np.full(np.delete(values.shape, axis), np.nan)
    if n < 2:
        return mean, np.full_like(mean, np.nan)
    return mean, values.std(axis=axis, ddof=1) / math.sqrt(n)
