"""Ordering evaluations by one or several losses (all minimised)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def best_first(losses: Sequence[tuple[float, ...]]) -> list[int]:
    """Indices from best to worst. A single loss is ordered ascending. Several losses are ordered by non-dominated
    front, and within a front by crowding distance, the largest first (NSGA-II, Deb et al., 2002, Section III). Ties
    keep the given order.
    """
    if len(losses[0]) == 1:  # without NumPy, whose calls take longer than sorting a few numbers
        single = [math.inf if math.isnan(loss) else loss for (loss,) in losses]
        return sorted(range(len(single)), key=single.__getitem__)
    values = np.asarray(losses, dtype=np.float64)
    values = np.where(np.isnan(values), np.inf, values)
    fronts = _fronts(values)
    crowding = np.zeros(len(values))
    for front in np.unique(fronts):
        members = np.flatnonzero(fronts == front)
        crowding[members] = _crowding(values[members])
    return [int(i) for i in np.lexsort((np.arange(len(values)), -crowding, fronts))]


def _fronts(values: NDArray[np.float64]) -> NDArray[np.int64]:
    weakly = (values[:, None, :] <= values[None, :, :]).all(axis=2)
    dominates = np.asarray(weakly & (values[:, None, :] < values[None, :, :]).any(axis=2))
    front = np.full(len(values), -1)
    level = 0
    while (front < 0).any():
        left = front < 0
        first = left & ~np.asarray(dominates[left].any(axis=0))
        front[first] = level
        level += 1
    return front


def _crowding(values: NDArray[np.float64]) -> NDArray[np.float64]:
    total = np.zeros(len(values))
    for column in values.T:
        order = np.argsort(column, kind="stable")
        low, high = column[order[0]], column[order[-1]]
        total[order[[0, -1]]] = np.inf
        if np.isfinite(high) and low < high:
            total[order[1:-1]] += (column[order[2:]] - column[order[:-2]]) / (high - low)
    return total
