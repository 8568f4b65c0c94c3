"""The graphs of cells without their operations, up to isomorphism.

A *drawing* is an upper-triangular graph whose vertices are all on paths from input to output. Drawings of one graph
differ by a permutation of the inner vertices. The drawing with the least code is the graph's *form*. A *labeling* gives
each inner vertex an operation. If a symmetry of the form maps one labeling to another, both are the same cell. The
first of such labelings represents the cell.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from protocols.nasbench101 import coding

LABELS = 3
"""The number of operations that an inner vertex may have."""
_NONE = np.uint32(0xFFFFFFFF)


@dataclass(frozen=True)
class Family:
    """All graphs of a number of vertices; labelings are in lexicographic order, the first inner vertex slowest.

    ``drawings`` uint32 (d,) ascending; ``form`` int32 (d,), the form of each, and ``moves`` uint8 (d,), the row of
    ``inner_permutations`` that leads to it; ``forms`` uint32 (f,) ascending; ``labelings`` int8 (3^k, k) for k inner
    vertices; ``relabel`` uint8 (k!, 3^k), the labeling after each permutation; ``first`` uint8 (f, 3^k), the labeling
    that names the cell of each form and labeling.
    """

    vertices: int
    drawings: NDArray[np.uint32]
    form: NDArray[np.int32]
    moves: NDArray[np.uint8]
    forms: NDArray[np.uint32]
    labelings: NDArray[np.int8]
    relabel: NDArray[np.uint8]
    first: NDArray[np.uint8]


@cache
def family(vertices: int, max_edges: int) -> Family:
    """The graphs of 2 to 7 ``vertices`` with at most ``max_edges`` edges."""
    drawings = _drawings(vertices, max_edges)
    least = np.full(len(drawings), _NONE)
    moves = np.zeros(len(drawings), dtype=np.uint8)
    permutations = inner_permutations(vertices - 2)
    for move, permutation in enumerate(permutations):
        codes = _permuted(drawings, vertices, permutation)
        moves[codes < least] = move
        np.minimum(least, codes, out=least)
    forms, form = np.unique(least, return_inverse=True)
    labelings = _labelings(vertices - 2)
    relabel = _relabelings(permutations, labelings)
    first = np.broadcast_to(np.arange(len(labelings), dtype=np.uint8), (len(forms), len(labelings))).copy()
    for move, permutation in enumerate(permutations):
        symmetric = np.flatnonzero(_permuted(forms, vertices, permutation) == forms)
        first[symmetric] = np.minimum(first[symmetric], relabel[move])
    return Family(vertices, drawings, form.astype(np.int32), moves, forms, labelings, relabel, first)


def inner_permutations(inner: int) -> list[tuple[int, ...]]:
    """All permutations of the inner vertices: ``p[k]`` is where inner vertex k goes."""
    return list(itertools.permutations(range(inner)))


def _drawings(vertices: int, max_edges: int) -> NDArray[np.uint32]:
    codes = np.arange(1 << vertices * (vertices - 1) // 2, dtype=np.uint32)
    codes = codes[coding.bit_count(codes) <= max_edges]
    return np.compress(coding.live_vertices_of(codes, vertices) == (1 << vertices) - 1, codes)


def _permuted(codes: NDArray[np.uint32], vertices: int, permutation: tuple[int, ...]) -> NDArray[np.uint32]:
    """The codes after the permutation. If an edge of a graph would lead backwards, all bits of its code are set."""
    place = (0, *(p + 1 for p in permutation), vertices - 1)
    moved = np.zeros_like(codes)
    for target in range(1, vertices):
        for source in range(target):
            edge = codes >> coding.edge_bit(source, target) & 1
            i, j = place[source], place[target]
            moved |= edge << coding.edge_bit(i, j) if i < j else edge * _NONE
    return moved


def _labelings(inner: int) -> NDArray[np.int8]:
    every = list(itertools.product(range(LABELS), repeat=inner))
    return np.array(every, dtype=np.int8).reshape(LABELS**inner, inner)


def _relabelings(permutations: list[tuple[int, ...]], labelings: NDArray[np.int8]) -> NDArray[np.uint8]:
    inner = labelings.shape[1]
    weights = LABELS ** np.arange(inner - 1, -1, -1)
    rows = [labelings @ weights[list(permutation)] for permutation in permutations]
    return np.array(rows, dtype=np.uint8).reshape(len(permutations), len(labelings))
