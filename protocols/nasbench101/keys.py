"""The key of a configuration: the number of its cell among all unique cells (``enumerate.CellIndex``).

Three facts are computed once for every adjacency matrix of the space (2^21 matrices of 7 vertices): whether the matrix
is valid, which vertices pruning keeps, and which graph remains. Matrices that agree in the last two facts have the same
*shape*. Each shape has a row of cell numbers for all labelings. So two look-ups give the key of a configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import combinations, product
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.benchmark.levels import Levels
from protocols.nasbench101 import coding
from protocols.nasbench101.cells import MAX_EDGES, OPERATIONS
from protocols.nasbench101.enumerate import CellIndex
from protocols.nasbench101.errors import InvalidCell
from protocols.nasbench101.space import Encoding

GROUP = 7
"""The number of matrix entries that are looked up together."""
_NONE = -1
_OPERATIONS = Levels(OPERATIONS)


@cache
def cell_keys(vertices: int) -> CellKeys:
    """The keys of the space with this number of vertices, made once in a process."""
    return CellKeys(Encoding(vertices))


class CellKeys:
    """Computes the key of a configuration, -1 for an invalid one; ``Encoding.decode`` defines which are invalid."""

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        vertices = encoding.vertices
        inner = vertices - 2
        bits = [1 << coding.edge_bit(i, j) for i, j in combinations(range(vertices), 2)]
        self._bits = dict(zip(encoding.edges, bits, strict=True))
        self._nodes = encoding.nodes
        self._labelings = len(OPERATIONS) ** inner
        shapes, numbers = _shapes(vertices)
        self._shapes, self._numbers = shapes, numbers
        self._shape: memoryview[Any] = memoryview(shapes)  # type: ignore[arg-type]
        self._number: memoryview[Any] = memoryview(numbers.reshape(-1))  # type: ignore[arg-type]
        self._groups = []
        for at in range(0, len(bits), GROUP):
            chosen = encoding.edges[at : at + GROUP]
            parts = {ones: sum(b for one, b in zip(ones, bits[at : at + GROUP], strict=True) if one)
                     for ones in product((0, 1), repeat=len(chosen))}  # fmt: skip
            self._groups.append((_getter(chosen), parts))
        self._operations = _getter(self._nodes)
        self._labels = {names: number for number, names in enumerate(product(OPERATIONS, repeat=inner))}

    def one(self, row: Mapping[str, Any]) -> int:
        """The key of a checked configuration; further entries of the mapping are ignored."""
        code = 0
        for take, parts in self._groups:
            code += parts[take(row)]
        shape = self._shape[code]
        if shape < 0:
            return _NONE
        number: int = self._number[shape * self._labelings + self._labels[self._operations(row)]]
        return number

    def why(self, row: Mapping[str, Any]) -> str:
        """The error message of ``Encoding.decode`` for an invalid configuration; empty for a valid configuration."""
        try:
            self._encoding.decode(row)
        except InvalidCell as error:
            return str(error)
        return ""

    def many(self, rows: Mapping[str, NDArray[Any]]) -> NDArray[np.int64]:
        """The keys of many configurations, given as columns of equal length."""
        codes = sum(np.asarray(rows[name]).astype(np.int64) * bit for name, bit in self._bits.items())
        labels = np.zeros_like(codes)
        for name in self._nodes:
            labels = labels * len(OPERATIONS) + _OPERATIONS.codes(np.asarray(rows[name]))
        shape = self._shapes[codes]
        return np.where(shape < 0, _NONE, self._numbers[np.maximum(shape, 0), labels]).astype(np.int64)


def _getter(names: tuple[str, ...]) -> Any:
    """A function from a mapping to the tuple of its values under the names. ``itemgetter`` alone gives no tuple for a
    single name.
    """
    return itemgetter(*names) if len(names) > 1 else lambda row: (row[names[0]],)


def _shapes(vertices: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The shape of every matrix, -1 for an invalid one, and cell numbers (shapes, labelings of all inner vertices)."""
    index, inner = CellIndex(vertices), vertices - 2
    codes = np.arange(1 << vertices * (vertices - 1) // 2, dtype=np.uint32)
    shapes = np.full(len(codes), _NONE, dtype=np.int32)
    codes = codes[coding.bit_count(codes) <= MAX_EDGES]
    live = coding.live_vertices_of(codes, vertices)
    labelings = np.array(list(product(range(len(OPERATIONS)), repeat=inner)), dtype=np.int64)
    labelings = labelings.reshape(len(OPERATIONS) ** inner, inner)
    tables: list[NDArray[np.int32]] = []
    for keep in np.unique(live[live != 0]).tolist():
        own = codes[live == keep]
        kept = [v for v in range(vertices) if keep >> v & 1]
        left = np.zeros(len(own), dtype=np.uint32)
        for target in range(1, len(kept)):
            for source in range(target):
                edge = own >> coding.edge_bit(kept[source], kept[target]) & 1
                left |= edge << coding.edge_bit(source, target)
        graphs, which = np.unique(left, return_inverse=True)
        shapes[own] = which + len(tables)
        weights = len(OPERATIONS) ** np.arange(len(kept) - 3, -1, -1)
        columns = [v - 1 for v in kept[1:-1]]
        label = labelings[:, columns] @ weights if columns else np.zeros(len(labelings), np.int64)
        tables += [index.numbers(len(kept), graph)[label] for graph in graphs.tolist()]
    return shapes, np.stack(tables)
