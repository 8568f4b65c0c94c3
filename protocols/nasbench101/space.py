"""The space a method searches: the paper's encoding of a cell (Section 2.2), with the names its users know.

``edge_0`` .. ``edge_20`` are the entries above the diagonal of the 7 x 7 matrix, row by row; ``op_node_0`` ..
``op_node_4`` the operations of the inner vertices. Of its 2^21 * 3^5 = 510 million configurations 27 % are valid.
As in the paper's experiments, edges are counted before pruning: a configuration of more than 9 has failed, even if
pruning would leave fewer. ``draw(configuration).checked`` counts them after it, as the benchmark's interface does
(73 % are valid then).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np

from harness.space import Categorical, Configuration, Space
from protocols.nasbench101 import coding
from protocols.nasbench101.cells import MAX_EDGES, MAX_VERTICES, OPERATIONS, Cell, check_edges
from protocols.nasbench101.columns import INNER
from protocols.nasbench101.errors import InvalidCell

_BITS = {f"edge_{k}": 1 << coding.edge_bit(i, j) for k, (i, j) in enumerate(combinations(range(MAX_VERTICES), 2))}
EDGES = tuple(_BITS)
NODES = tuple(f"op_node_{k}" for k in range(INNER))
_NUMBERS = {name: number for number, name in enumerate(OPERATIONS)}

SPACE = Space((*(Categorical(name, (0, 1)) for name in EDGES), *(Categorical(name, OPERATIONS) for name in NODES)))


def draw(configuration: Mapping[str, Any]) -> Cell:
    """The cell of 7 vertices that a checked configuration writes down, neither pruned nor validated."""
    edges = sum(bit for name, bit in _BITS.items() if configuration[name])
    return Cell(edges, tuple(_NUMBERS[configuration[name]] for name in NODES))


def decode(configuration: Mapping[str, Any]) -> Cell:
    """The pruned cell of a checked configuration; raises ``TooManyEdges`` or ``Disconnected`` if it is not valid."""
    cell = draw(configuration)
    check_edges(cell)
    return cell.pruned


def encode(cell: Cell) -> Configuration:
    """A configuration that decodes to the valid ``cell``; vertices it lacks get no edges and the first operation."""
    pruned = cell.checked
    configuration: Configuration = dict.fromkeys(EDGES, 0) | dict.fromkeys(NODES, OPERATIONS[0])
    configuration |= {NODES[k]: OPERATIONS[operation] for k, operation in enumerate(pruned.operations)}
    for source, target in coding.edge_list(pruned.edges, pruned.vertices):
        last = MAX_VERTICES - 1 if target == pruned.vertices - 1 else target
        configuration[_NAMES[coding.edge_bit(source, last)]] = 1
    return configuration


_NAMES = {bit.bit_length() - 1: name for name, bit in _BITS.items()}


def valid_fraction(rng: np.random.Generator, draws: int) -> float:
    """The fraction of valid configurations among ``draws`` uniform random ones."""
    return sum(_is_valid(SPACE.sample(rng)) for _ in range(draws)) / draws


def exact_valid_fraction(*, pruned: bool = False) -> float:
    """The fraction of valid configurations among all; with ``pruned``, if edges were counted after pruning."""
    codes = np.arange(1 << len(EDGES), dtype=np.uint32)
    live = coding.live_vertices_of(codes, MAX_VERTICES)
    if pruned:
        # The edges that pruning takes away are those with an end outside the live set.
        kept = np.zeros_like(codes)
        for i, j in combinations(range(MAX_VERTICES), 2):
            bit = coding.edge_bit(i, j)
            kept |= (codes >> bit & live >> i & live >> j & 1) << bit
        codes = kept
    return float(((live != 0) & (coding.bit_count(codes) <= MAX_EDGES)).mean())


def _is_valid(configuration: Configuration) -> bool:
    try:
        decode(configuration)
    except InvalidCell:
        return False
    return True
