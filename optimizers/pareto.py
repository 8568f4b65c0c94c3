"""Ordering evaluations by one or several losses (all minimised)."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float, int]
"""Two losses and a number."""


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
        crowding[members] = crowding_distances(values[members])
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


def crowding_distances(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The crowding distance of every row of a front, shape (n,); infinite at the ends of a loss."""
    total = np.zeros(len(values))
    for column in values.T:
        order = np.argsort(column, kind="stable")
        low, high = column[order[0]], column[order[-1]]
        total[order[[0, -1]]] = np.inf
        if np.isfinite(high) and low < high:
            total[order[1:-1]] += (column[order[2:]] - column[order[:-2]]) / (high - low)
    return total


def epsilon_net(values: NDArray[np.float64], count: int) -> list[int]:
    """The first ``count`` rows of a front, shape (n, losses), as an epsilon net (Schmucker et al., arXiv:2106.12639):
    the row with the lowest first loss, then always the row farthest from the rows before it. A loss is divided by its
    range in the front; a loss that is not finite counts as the nearest finite loss.
    """
    finite = np.isfinite(values)
    low = np.where(finite, values, np.inf).min(axis=0)
    high = np.where(finite, values, -np.inf).max(axis=0)
    low, high = np.where(np.isfinite(low), low, 0.0), np.where(np.isfinite(high), high, 0.0)
    places = (np.clip(values, low, high) - low) / np.where(high > low, high - low, 1.0)
    chosen = [int(np.argmin(values[:, 0]))]
    nearest = np.full(len(values), np.inf)
    while len(chosen) < min(count, len(values)):
        nearest = np.minimum(nearest, np.square(places - places[chosen[-1]]).sum(axis=1))
        nearest[chosen[-1]] = -1.0
        chosen.append(int(np.argmax(nearest)))
    return chosen


class Fronts:
    """The non-dominated fronts of points of two losses that come one after the other.

    ``levels``: per front its points by rising first loss, so the second loss falls.
    Equal points share a front. A new point enters the first front that does not dominate it. The points that it
    dominates there are neighbours, and move together to the next front, where they displace neighbours in turn.
    """

    def __init__(self) -> None:
        self.levels: list[list[Point]] = []

    def add(self, losses: tuple[float, ...], number: int) -> None:
        """Adds a point. NaN counts as the worst loss."""
        x, y = (math.inf if math.isnan(loss) else loss for loss in losses)
        level = bisect_left(self.levels, True, key=lambda front: not _dominates(front, x, y))
        moving = [(x, y, number)]
        while moving:
            if level == len(self.levels):
                self.levels.append([])
            front = self.levels[level]
            start = stop = bisect_left(front, moving[0][0], key=_first)
            if not (start < len(front) and front[start][:2] == (x, y)):
                while stop < len(front) and front[stop][1] >= moving[-1][1]:
                    stop += 1
            moving, front[start:stop] = front[start:stop], moving
            level += 1


def _first(point: Point) -> float:
    return point[0]


def _dominates(front: list[Point], x: float, y: float) -> bool:
    """Whether a point of the front dominates (x, y). Only the last point whose first loss is at most x needs a look:
    among these points it has the lowest second loss.
    """
    at = bisect_right(front, x, key=_first) - 1
    return at >= 0 and front[at][1] <= y and front[at][:2] != (x, y)
