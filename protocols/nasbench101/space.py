"""The space that a method searches: the paper's encoding of a cell (Section 2.2), with its parameters' usual names.

``edge_0`` .. ``edge_20`` are the entries above the diagonal of the 7 x 7 matrix, row by row. ``op_node_0`` ..
``op_node_4`` are the operations of the inner vertices. This makes 2^21 * 3^5 = 510 million configurations, of which 27
% are valid. As in the paper's experiments, edges are counted before pruning: a configuration with more than 9 edges is
invalid, even if pruning would leave fewer. ``draw(configuration).checked`` counts edges after pruning, as the
benchmark's interface does; then 73 % are valid. ``MINI`` is the same encoding with 6 vertices, for NAS-Bench-Mini
(Section 4.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from harness.benchmark.space import Categorical, Configuration, Space
from protocols.nasbench101 import coding
from protocols.nasbench101.cells import MAX_VERTICES, OPERATIONS, Cell, check_edges
from protocols.nasbench101.errors import TooManyVertices

_NUMBERS = {name: number for number, name in enumerate(OPERATIONS)}


class Encoding:
    """Cells of up to ``vertices`` vertices as configurations of a space of binary edges and operations."""

    def __init__(self, vertices: int) -> None:
        self.vertices = vertices
        pairs = list(combinations(range(vertices), 2))
        self.edges = tuple(f"edge_{k}" for k in range(len(pairs)))
        self.nodes = tuple(f"op_node_{k}" for k in range(vertices - 2))
        self.space = Space(
            (
                *(Categorical(name, (0, 1)) for name in self.edges),
                *(Categorical(name, OPERATIONS) for name in self.nodes),
            )
        )
        self._names = dict(zip(pairs, self.edges, strict=True))
        self._bits = [(name, 1 << coding.edge_bit(*pair)) for pair, name in self._names.items()]

    def draw(self, configuration: Mapping[str, Any]) -> Cell:
        """The cell that a checked configuration describes, with all its vertices, neither pruned nor validated."""
        edges = 0
        for name, bit in self._bits:
            if configuration[name]:
                edges |= bit
        return Cell(edges, tuple([_NUMBERS[configuration[name]] for name in self.nodes]))

    def decode(self, configuration: Mapping[str, Any]) -> Cell:
        """The pruned cell of a checked configuration; raises ``TooManyEdges`` or ``Disconnected`` if it is invalid."""
        cell = self.draw(configuration)
        check_edges(cell)
        return cell.pruned

    def encode(self, cell: Cell) -> Configuration:
        """A configuration that decodes to the valid ``cell``. Vertices that the cell lacks get no edges and the first
        operation.

        Raises ``InvalidCell``, also if the cell has more vertices than the encoding.
        """
        pruned = cell.checked
        if pruned.vertices > self.vertices:
            raise TooManyVertices(f"the cell has {pruned.vertices} vertices; this space has {self.vertices}")
        configuration: Configuration = dict.fromkeys(self.edges, 0) | dict.fromkeys(self.nodes, OPERATIONS[0])
        for node, operation in zip(self.nodes, pruned.operations, strict=False):
            configuration[node] = OPERATIONS[operation]
        for source, target in coding.edge_list(pruned.edges, pruned.vertices):
            last = self.vertices - 1 if target == pruned.vertices - 1 else target
            configuration[self._names[source, last]] = 1
        return configuration


FULL, MINI = Encoding(MAX_VERTICES), Encoding(MAX_VERTICES - 1)
