"""Cells, their validity and their names (paper, Sections 2.1 and 2.2).

Terms
-----
cell       a directed acyclic graph whose vertices are in topological order: the first is the input, the last the
           output, each inner one has an operation. Its matrix is upper triangular.
label      -1 for the input, -2 for the output, else the operation's number in ``OPERATIONS``.
pruned     a cell without the vertices that are on no path from input to output. Those vertices do not change the
           network.
valid      a path leads to the output, and the pruned cell has at most 7 vertices and 9 edges. This is the rule of the
           benchmark's own interface; ``space.decode`` counts edges before pruning, as the paper's experiments did.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from protocols.nasbench101 import coding
from protocols.nasbench101.errors import (
    Disconnected,
    MalformedCell,
    NotUpperTriangular,
    TooManyEdges,
    TooManyVertices,
    UnknownOperation,
)
from protocols.nasbench101.hashing import graph_hash

MAX_VERTICES = 7
MAX_EDGES = 9
MAX_MATRIX = 32
"""The most vertices that a matrix may have before pruning."""
OPERATIONS = ("conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3")
CONV3, CONV1, POOL = range(3)
INPUT, OUTPUT = -1, -2

_LABELS: dict[Any, int] = {"input": INPUT, INPUT: INPUT, "output": OUTPUT, OUTPUT: OUTPUT}
_LABELS |= {key: label for label, name in enumerate(OPERATIONS) for key in (label, name)}


@dataclass(frozen=True)
class Cell:
    """A cell by the code of its edges (``coding``) and the operations of its inner vertices, in order.

    Two cells are equal if their edges and operations are. Isomorphic cells may be unequal, but share their ``hash``.
    """

    edges: int
    operations: tuple[int, ...]

    @staticmethod
    def of(matrix: Any, operations: Sequence[Any]) -> Cell:
        """The cell of a V x V matrix (array or nested lists) and V operations, by name or by label.

        Raises ``MalformedCell``, ``NotUpperTriangular`` or ``UnknownOperation``. Size and paths are not checked.
        """
        return Cell.with_edges(_edges(matrix, len(operations)), operations)

    @staticmethod
    def with_edges(edges: Iterable[tuple[int, int]], operations: Sequence[Any]) -> Cell:
        """The cell of edges (source, target) among the V vertices of the operations; raises as ``of`` does."""
        code = 0
        for source, target in edges:
            if source >= target:
                raise NotUpperTriangular(
                    f"the edge from vertex {source} to vertex {target} is not above the diagonal; number the vertices "
                    "so that every edge leads to a later one"
                )
            code |= 1 << coding.edge_bit(source, target)
        return Cell(code, _inner(operations))

    @property
    def vertices(self) -> int:
        """The number of vertices, input and output included."""
        return len(self.operations) + 2

    @property
    def edge_count(self) -> int:
        """The number of edges."""
        return self.edges.bit_count()

    @property
    def matrix(self) -> NDArray[np.int8]:
        """The adjacency matrix, shape (V, V)."""
        matrix = np.zeros((self.vertices, self.vertices), dtype=np.int8)
        for source, target in coding.edge_list(self.edges, self.vertices):
            matrix[source, target] = 1
        return matrix

    @property
    def labels(self) -> tuple[int, ...]:
        """The labels of all V vertices."""
        return (INPUT, *self.operations, OUTPUT)

    @property
    def names(self) -> tuple[str, ...]:
        """The benchmark's names of the operations of all V vertices."""
        return ("input", *(OPERATIONS[operation] for operation in self.operations), "output")

    @property
    def pruned(self) -> Cell:
        """The cell without vertices that are on no path from input to output; raises ``Disconnected``."""
        keep = coding.live_vertices(self.edges, self.vertices)
        if not keep:
            raise Disconnected("no path leads from the cell's input to its output; add edges that make one")
        if keep == (1 << self.vertices) - 1:
            return self
        left = tuple(operation for v, operation in enumerate(self.operations, start=1) if keep >> v & 1)
        return Cell(coding.restrict(self.edges, keep, self.vertices), left)

    @property
    def checked(self) -> Cell:
        """The pruned cell if it is valid; raises ``Disconnected``, ``TooManyVertices`` or ``TooManyEdges``."""
        pruned = self.pruned
        if pruned.vertices > MAX_VERTICES:
            raise TooManyVertices(
                f"the cell has {pruned.vertices} vertices on paths from input to output; at most {MAX_VERTICES} are "
                "allowed"
            )
        check_edges(pruned)
        return pruned

    @cached_property
    def hash(self) -> str:
        """The benchmark's hash (32 hexadecimal digits) of the pruned cell; raises ``Disconnected``."""
        pruned = self.pruned
        return graph_hash(*coding.neighbours(pruned.edges, pruned.vertices), pruned.labels)


def check_edges(cell: Cell) -> None:
    """Raises ``TooManyEdges`` if the cell, not pruned, has more than 9 edges."""
    if cell.edge_count > MAX_EDGES:
        raise TooManyEdges(f"the cell has {cell.edge_count} edges; at most {MAX_EDGES} are allowed")


def _edges(matrix: Any, vertices: int) -> list[tuple[int, int]]:
    """The edges in a square matrix, which must have this number of vertices."""
    try:
        array = np.asarray(matrix)
        binary = array.dtype.kind in "biuf" and bool(((array == 0) | (array == 1)).all())
    except ValueError:
        raise MalformedCell("the adjacency matrix must be square, of zeros and ones") from None
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        raise MalformedCell(f"the adjacency matrix must be square, of zeros and ones; its shape is {array.shape}")
    if not binary:
        raise MalformedCell("the adjacency matrix must be of zeros and ones; it has other entries")
    if not 2 <= len(array) <= MAX_MATRIX:
        raise MalformedCell(f"a cell has 2 to {MAX_MATRIX} vertices before pruning, not {len(array)}")
    if len(array) != vertices:
        raise MalformedCell(f"a matrix of {len(array)} vertices needs as many operations, not {vertices}")
    return [(source, target) for source, target in np.argwhere(array).tolist()]


def _inner(operations: Sequence[Any]) -> tuple[int, ...]:
    labels = [_label(operation) for operation in operations]
    if labels[0] != INPUT or labels[-1] != OUTPUT:
        raise UnknownOperation(
            f"the first operation must be 'input' and the last 'output', not {operations[0]!r} and {operations[-1]!r}"
        )
    for operation, label in zip(operations[1:-1], labels[1:-1], strict=True):
        if label < 0:
            raise UnknownOperation(f"{operation!r} is no operation of an inner vertex; valid: {', '.join(OPERATIONS)}")
    return tuple(labels[1:-1])


def _label(operation: Any) -> int:
    value = operation.item() if isinstance(operation, np.generic) else operation
    if isinstance(value, str | int) and not isinstance(value, bool) and value in _LABELS:
        return _LABELS[value]
    raise UnknownOperation(f"unknown operation {operation!r}; valid: {', '.join(OPERATIONS)}")
