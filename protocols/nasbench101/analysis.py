"""How smooth the space is: random-walk autocorrelation and fitness-distance correlation (paper, Section 3.3).

*Fitness* is any number per cell, such as its mean test accuracy. *Shift* is a number of steps of a walk. A walk of s
random steps ends at a distance of about the square root of s, so the paper draws both curves over one axis.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from protocols.nasbench101.cells import MAX_VERTICES, OPERATIONS, Cell
from protocols.nasbench101.columns import INNER
from protocols.nasbench101.enumerate import CellIndex
from protocols.nasbench101.errors import Disconnected, UnknownCell

_BITS = MAX_VERTICES * (MAX_VERTICES - 1) // 2
Numbers = NDArray[np.floating[Any]]


def random_walk(index: CellIndex, steps: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """The numbers (``CellIndex.row``) of the cells visited by a walk of ``steps`` changes, shape (steps + 1,).

    The walk goes through the paper's encoding: a step flips one of the 21 edges or changes one of the 5 operations,
    each of the 26 with equal chance. The walk starts at a uniform random valid point. A step to a cell outside the
    index (an invalid cell, or a cell with too many vertices or edges for the index) is drawn anew.
    """
    edges, operations = 0, [0] * INNER
    row = None
    while row is None:
        edges, operations = int(rng.integers(1 << _BITS)), rng.integers(len(OPERATIONS), size=INNER).tolist()
        row = _number(index, edges, operations)
    walk = np.empty(steps + 1, dtype=np.int64)
    walk[0] = row
    for step in range(1, steps + 1):
        found = None
        while found is None:
            position = int(rng.integers(_BITS + INNER))
            code, labels = edges, list(operations)
            if position < _BITS:
                code ^= 1 << position
            else:
                node = position - _BITS
                labels[node] = (labels[node] + int(rng.integers(1, len(OPERATIONS)))) % len(OPERATIONS)
            found = _number(index, code, labels)
        edges, operations, walk[step] = code, labels, found
    return walk


def autocorrelation(values: Numbers, max_shift: int) -> Numbers:
    """Correlation of a walk's values with its values s steps later, for s = 0 .. ``max_shift``, shape (max_shift + 1,).

    For each pair of values s steps apart, the deviations from the mean are multiplied. The mean of these products is
    divided by the variance (Weinberger, 1990). ValueError if the walk is not longer than ``max_shift``, or if all
    values are equal.
    """
    deviations = np.asarray(values, dtype=np.float64) - np.mean(values, dtype=np.float64)
    length = len(deviations)
    if not 0 <= max_shift < length:
        raise ValueError(f"a walk of {length} values has no pairs {max_shift} steps apart; walk further")
    variance = float(deviations @ deviations) / length
    if variance == 0.0:
        raise ValueError("a walk of equal values has no autocorrelation; walk further")
    products = [float(deviations[: length - s] @ deviations[s:]) / (length - s) for s in range(max_shift + 1)]
    return np.array(products) / variance


def fitness_distance_correlation(fitness: Numbers, distances: NDArray[Any]) -> float:
    """Pearson's correlation of fitness with the distance to the nearest optimum (Jones and Forrest, 1995).

    Near -1 if fitness rises towards the optimum. ValueError if all fitnesses or all distances are equal.
    """
    one = np.asarray(fitness, dtype=np.float64) - np.mean(fitness, dtype=np.float64)
    other = np.asarray(distances, dtype=np.float64) - np.mean(distances, dtype=np.float64)
    spread = float(np.sqrt((one @ one) * (other @ other)))
    if spread == 0.0:
        raise ValueError("a correlation needs values that differ, but all fitnesses or all distances are equal")
    return float(one @ other) / spread


def by_distance(fitness: Numbers, distances: NDArray[np.uint8]) -> tuple[Numbers, NDArray[np.int64]]:
    """Mean fitness at every distance from 0 to the largest (NaN where there is no cell), and the number of cells."""
    counts = np.bincount(distances)
    sums = np.bincount(distances, weights=np.asarray(fitness, dtype=np.float64))
    means = np.divide(sums, counts, out=np.full(len(counts), np.nan), where=counts > 0)
    return means, counts


def distance_correlation(fitness: Numbers, distances: NDArray[np.uint8]) -> Numbers:
    """Correlation with the optimum at each distance: the mean deviation from the average fitness at this distance,
    divided by the mean deviation at distance 0.

    It is 1 at the optimum, and about 0 at distances where fitness is no better than average (the FDC curve of Figure
    6). The shape is as in ``by_distance``. ValueError if no cell is at distance 0, or if the fitness there is the
    average.
    """
    means, counts = by_distance(fitness, distances)
    deviations = means - np.mean(fitness, dtype=np.float64)
    if not counts[0] or deviations[0] == 0.0:
        raise ValueError("no cell at distance 0 is better than the average; give the distances to the best cell")
    correlations: Numbers = deviations / deviations[0]
    return correlations


def _number(index: CellIndex, edges: int, operations: list[int]) -> int | None:
    try:
        return index.row(Cell(edges, tuple(operations)).pruned)
    except (Disconnected, UnknownCell):
        return None
