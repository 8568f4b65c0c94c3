"""Graphs of up to 7 vertices as integers.

The *code* of an upper-triangular graph has bit ``i + j (j - 1) / 2`` set for an edge from vertex i to vertex j > i.
The predecessors of j are then the j bits from ``j (j - 1) / 2`` on, whatever the number of vertices.
A *set* of vertices is an integer with bit v set for vertex v.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

OFFSETS = tuple(j * (j - 1) // 2 for j in range(64))
"""Vertex -> the first bit of its predecessors in a code."""


def edge_bit(source: int, target: int) -> int:
    """The bit of the edge from ``source`` to ``target`` > ``source``."""
    return source + OFFSETS[target]


def edge_list(code: int, vertices: int) -> list[tuple[int, int]]:
    """The edges (source, target), by target, then source."""
    return [(i, j) for j in range(1, vertices) for i in range(j) if code >> edge_bit(i, j) & 1]


def neighbours(code: int, vertices: int) -> tuple[list[list[int]], list[list[int]]]:
    """Predecessors and successors of every vertex."""
    before: list[list[int]] = [[] for _ in range(vertices)]
    after: list[list[int]] = [[] for _ in range(vertices)]
    for source, target in edge_list(code, vertices):
        before[target].append(source)
        after[source].append(target)
    return before, after


def live_vertices(code: int, vertices: int) -> int:
    """The set of vertices on a path from the first to the last vertex; empty if there is no such path."""
    before = [code >> OFFSETS[v] & (1 << v) - 1 for v in range(vertices)]
    reached, needed = 1, 1 << vertices - 1
    for v in range(1, vertices):
        if before[v] & reached:
            reached |= 1 << v
    for v in range(vertices - 1, 0, -1):
        if needed >> v & 1:
            needed |= before[v]
    return reached & needed if reached >> vertices - 1 & 1 else 0


def restrict(code: int, keep: int, vertices: int) -> int:
    """The code of the graph on the vertices of the set ``keep`` alone, which keep their order."""
    restricted = target = 0
    for v in range(vertices):
        if keep >> v & 1:
            restricted |= _compress(code >> OFFSETS[v] & (1 << v) - 1, keep & (1 << v) - 1) << OFFSETS[target]
            target += 1
    return restricted


@lru_cache(maxsize=1 << 14)
def _compress(bits: int, mask: int) -> int:
    """The bits of ``bits`` at the positions of ``mask``, moved together."""
    packed = position = 0
    while mask:
        low = mask & -mask
        if bits & low:
            packed |= 1 << position
        position += 1
        mask ^= low
    return packed


def live_vertices_of(codes: NDArray[np.uint32], vertices: int) -> NDArray[np.uint8]:
    """``live_vertices`` of many codes of at most 8 vertices, shape (n,)."""
    before = [(codes >> OFFSETS[v] & (1 << v) - 1).astype(np.uint8) for v in range(vertices)]
    reached = np.ones(len(codes), dtype=np.uint8)
    needed = np.full(len(codes), 1 << vertices - 1, dtype=np.uint8)
    for v in range(1, vertices):
        reached |= ((before[v] & reached) != 0).astype(np.uint8) << v
    for v in range(vertices - 1, 0, -1):
        needed |= np.where(needed >> v & 1, before[v], 0).astype(np.uint8)
    return np.where(reached >> vertices - 1 & 1, reached & needed, 0).astype(np.uint8)


def bit_count(codes: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """The number of set bits of each code (of edges, or of vertices); NumPy 1 has no such function."""
    counts: NDArray[np.uint8] = _BITS[codes & 0xFFFF] + _BITS[codes >> 16]
    return counts


_BITS = np.unpackbits(np.arange(1 << 16, dtype=">u2").view(np.uint8).reshape(-1, 2), axis=1).sum(1, dtype=np.uint8)
