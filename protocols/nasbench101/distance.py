"""The edit distance of cells (paper, Section 3.3): the smallest number of changes that turn one into the other.

A change adds or removes an edge, or changes the operation of a vertex. Isomorphic cells are the same cell, so the
minimum is taken over all assignments of the inner vertices. Both cells are given five inner vertices; added vertices
have no edges. A vertex without edges has no operation, so a changed operation only counts if the vertex keeps an edge.
Defined this way, the distance is the length of the shortest path through all graphs on seven vertices, valid or not. So
it is a metric.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from protocols.nasbench101 import coding
from protocols.nasbench101.cells import MAX_VERTICES, Cell
from protocols.nasbench101.columns import INNER, Cells
from protocols.nasbench101.graphs import inner_permutations

BLOCK = 1 << 15
"""The number of cells that are compared at a time."""
_OUTPUT = MAX_VERTICES - 1


def edit_distance(one: Cell, other: Cell) -> int:
    """The number of changes between two valid cells; 0 for isomorphic ones."""
    return int(edit_distances(one, Cells.of([other.checked]))[0])


def edit_distances(cell: Cell, cells: Cells) -> NDArray[np.uint8]:
    """The edit distance of each of many pruned cells from a valid ``cell``, uint8 (n,)."""
    target = Cells.of([cell.checked])
    edges, operations = _arcs(target)[0], target.operations[0]
    found = np.empty(len(cells), dtype=np.uint8)
    for i in range(0, len(cells), BLOCK):
        part = cells.take(np.arange(i, min(i + BLOCK, len(cells))))
        found[i : i + BLOCK] = _nearest(edges, operations, _arcs(part), part.operations)
    return found


def _nearest(
    edges: NDArray[np.bool_], operations: NDArray[np.int8], others: NDArray[np.bool_], labels: NDArray[np.int8]
) -> NDArray[np.uint8]:
    packed = _pack(others)
    least = np.full(len(others), 255, dtype=np.uint8)
    for permutation in inner_permutations(INNER):
        place = np.array([0, *(p + 1 for p in permutation), _OUTPUT])
        ours = _pack(edges[np.ix_(place, place)][None])[0]
        changes = _count(packed ^ ours)
        common = packed & ours
        for vertex, operation in enumerate(operations[list(permutation)].tolist(), start=1):
            changes += ((common & _TOUCHING[vertex]) != 0) & (labels[:, vertex - 1] != operation)
        np.minimum(least, changes, out=least)
    return least


def _arcs(cells: Cells) -> NDArray[np.bool_]:
    """Adjacency matrices on all seven vertices, bool (n, 7, 7), the output of every cell last."""
    arcs = np.zeros((len(cells), MAX_VERTICES, MAX_VERTICES), dtype=np.bool_)
    for target in range(1, MAX_VERTICES):
        for source in range(target):
            there = (cells.edges >> coding.edge_bit(source, target) & 1).astype(np.bool_)
            last = cells.vertices == target + 1
            arcs[:, source, _OUTPUT] |= there & last
            if target < _OUTPUT:
                arcs[:, source, target] |= there & ~last
    return arcs


_ARCS = np.arange(MAX_VERTICES**2, dtype=np.uint64).reshape(MAX_VERTICES, MAX_VERTICES)


def _pack(arcs: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Matrices as integers: bit 7 i + j is the edge from i to j, for i < j and for i > j."""
    packed: NDArray[np.uint64] = (arcs.astype(np.uint64) << _ARCS).sum(axis=(1, 2), dtype=np.uint64)
    return packed


def _count(bits: NDArray[np.uint64]) -> NDArray[np.uint8]:
    low = coding.bit_count((bits & np.uint64(0xFFFFFFFF)).astype(np.uint32))
    return low + coding.bit_count((bits >> np.uint64(32)).astype(np.uint32))


def _touching() -> list[np.uint64]:
    """For each vertex, the bits of all edges that begin or end there."""
    matrices = np.zeros((MAX_VERTICES, MAX_VERTICES, MAX_VERTICES), dtype=np.bool_)
    for vertex in range(MAX_VERTICES):
        matrices[vertex, vertex, :] = matrices[vertex, :, vertex] = True
    return list(_pack(matrices))


_TOUCHING = _touching()
