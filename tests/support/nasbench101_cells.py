"""Cells of NAS-Bench-101: by hand, drawn by hypothesis, drawn again in another order, and the small published table."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from protocols.nasbench101.cells import MAX_EDGES, Cell
from protocols.nasbench101.errors import Disconnected
from support.paths import SHARED

DATA = SHARED / "data" / "nas" / "nasbench101_small.parquet"
needs_data = pytest.mark.skipif(not DATA.is_file(), reason=f"the small NAS-Bench-101 table is not at {DATA}")


def chain(*operations: int) -> Cell:
    size = len(operations) + 2
    return Cell.of(np.eye(size, k=1, dtype=int), [-1, *operations, -2])


def complete(size: int, operation: int = 0) -> Cell:
    return Cell.of(np.triu(np.ones((size, size), dtype=int), 1), [-1, *[operation] * (size - 2), -2])


@st.composite
def drawings(draw: Any, vertices: int = 7, edges: int = MAX_EDGES) -> Cell:
    """Valid cells of 2 to ``vertices`` vertices, pruned."""
    size = draw(st.integers(2, vertices))
    pairs = list(itertools.combinations(range(size), 2))
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=edges, unique=True))
    matrix = np.zeros((size, size), dtype=int)
    for i, j in chosen:
        matrix[i, j] = 1
    labels = draw(st.lists(st.integers(0, 2), min_size=size - 2, max_size=size - 2))
    try:
        return Cell.of(matrix, [-1, *labels, -2]).pruned
    except Disconnected:
        return Cell(1, ())


def redrawn(cell: Cell, order: list[int]) -> Cell:
    """The same cell with its inner vertices in another topological order, the one nearest to ``order``."""
    matrix, left, placed = cell.matrix, list(range(1, cell.vertices - 1)), [0]
    while left:
        free = [v for v in left if all(u in placed for u in np.flatnonzero(matrix[:, v]))]
        placed.append(min(free, key=lambda v: order[v]))
        left.remove(placed[-1])
    placed.append(cell.vertices - 1)
    return Cell.of(matrix[np.ix_(placed, placed)], [cell.labels[v] for v in placed])
