"""Cells of NAS-Bench-101: what is one, what it is called, how many there are."""

from __future__ import annotations

import itertools
import json
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.benchmark.space import Configuration
from protocols.nasbench101 import coding
from protocols.nasbench101.cells import CONV1, CONV3, MAX_EDGES, OPERATIONS, POOL, Cell
from protocols.nasbench101.columns import Cells, hash_order
from protocols.nasbench101.enumerate import CellIndex, enumerate_cells
from protocols.nasbench101.errors import (
    Disconnected,
    InvalidCell,
    MalformedCell,
    NotUpperTriangular,
    TooManyEdges,
    TooManyVertices,
    UnknownCell,
    UnknownOperation,
)
from protocols.nasbench101.graphs import family
from protocols.nasbench101.space import FULL, MINI
from support.nasbench101_cells import DATA, chain, complete, drawings, needs_data, redrawn

INCEPTION = (
    [
        [0, 1, 1, 1, 0, 1, 0],
        [0, 0, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 1, 0, 0],
        [0, 0, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0, 0, 0],
    ],
    ["input", OPERATIONS[1], OPERATIONS[0], OPERATIONS[0], OPERATIONS[0], OPERATIONS[2], "output"],
)
"""The Inception-like cell of the benchmark's own example."""


@cache
def published() -> pd.DataFrame:
    return pd.read_parquet(DATA)


@needs_data
def test_every_published_cell_has_its_published_hash() -> None:
    table = published()
    cells = [Cell.of(json.loads(m), json.loads(o)) for m, o in zip(table.adjacency, table.labels, strict=True)]
    assert [cell.hash for cell in cells] == table.hash.tolist()
    assert all(cell.checked == cell for cell in cells)
    assert len(set(table.hash)) == 2532


@needs_data
def test_the_labels_are_the_operations_they_are_said_to_be() -> None:
    """A 3x3 convolution has more weights than a 1x1 convolution, and that more than a pooling."""
    parameters = published().drop_duplicates("hash").set_index("hash")["parameters"]
    sizes = [parameters[chain(operation).hash] for operation in (CONV3, CONV1, POOL)]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == 3


@needs_data
@pytest.mark.parametrize(("vertices", "count", "where"), [(4, 91, "4V9E"), (5, 2532, "5V9E")])
def test_the_enumeration_is_the_published_set(vertices: int, count: int, where: str) -> None:
    cells = enumerate_cells(vertices)
    table = published()
    assert len(cells) == count
    assert {cells.hash(row) for row in range(count)} == set(table.hash[table.space == where])


@needs_data
def test_the_enumeration_draws_cells_as_published() -> None:
    """Least code, then first operations: the order in which the authors met them."""
    cells = enumerate_cells(5)
    table = published().drop_duplicates("hash").set_index("hash")
    for row in range(len(cells)):
        there = table.loc[cells.hash(row)]
        assert cells.cell(row) == Cell.of(json.loads(there.adjacency), json.loads(there.labels))


def test_a_hash_worked_out_by_hand() -> None:
    """Input -> output: two vertices, two rounds, by the definition in Supplement S1."""
    from hashlib import md5

    def digest(text: str) -> str:
        return md5(text.encode()).hexdigest()

    first, last = digest("(1, 0, -1)"), digest("(0, 1, -2)")
    for _ in range(2):
        first, last = digest(f"|{last}|{first}"), digest(f"{first}||{last}")
    assert Cell(1, ()).hash == digest(str(sorted([first, last])))


def test_the_benchmarks_example_is_valid() -> None:
    cell = Cell.of(*INCEPTION)
    assert cell.checked == cell
    assert (cell.vertices, cell.edge_count) == (7, 9)
    assert cell.matrix.tolist() == INCEPTION[0]
    assert list(cell.names) == INCEPTION[1]
    assert Cell.of(*INCEPTION).hash == Cell.of(np.array(INCEPTION[0]), cell.labels).hash


@given(drawings(), st.permutations(range(7)))
def test_isomorphic_cells_share_hash_and_number(cell: Cell, order: list[int]) -> None:
    other = redrawn(cell, order)
    assert other.hash == cell.hash
    index = CellIndex()
    assert index.row(other) == index.row(cell)


@given(drawings(5), drawings(5))
def test_cells_with_one_hash_have_one_number(one: Cell, other: Cell) -> None:
    index = CellIndex()
    assert (one.hash == other.hash) == (index.row(one) == index.row(other))


def test_what_is_on_no_path_is_pruned() -> None:
    # 1 hangs off the input, 2 leads only to the output, 3 is the path.
    matrix = np.zeros((5, 5), dtype=int)
    for i, j in [(0, 1), (2, 4), (0, 3), (3, 4)]:
        matrix[i, j] = 1
    cell = Cell.of(matrix, [-1, CONV3, CONV1, POOL, -2])
    assert cell.pruned == chain(POOL)
    assert cell.hash == chain(POOL).hash


@given(st.integers(2, 7).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, 2 ** (n * (n - 1) // 2) - 1))))
def test_pruning_keeps_exactly_the_vertices_on_paths(drawn: tuple[int, int]) -> None:
    size, code = drawn
    matrix = Cell(code, (0,) * (size - 2)).matrix
    reach = np.linalg.matrix_power(matrix.astype(int) + np.eye(size, dtype=int), size) > 0
    on_path = [v for v in range(size) if reach[0, v] and reach[v, size - 1]]
    live = coding.live_vertices(code, size)
    assert [v for v in range(size) if live >> v & 1] == on_path
    assert coding.live_vertices_of(np.array([code], dtype=np.uint32), size).tolist() == [live]
    if live:
        kept = Cell(coding.restrict(code, live, size), (0,) * (len(on_path) - 2))
        assert kept.matrix.tolist() == matrix[np.ix_(on_path, on_path)].tolist()


@pytest.mark.parametrize(
    ("error", "matrix", "operations", "message"),
    [
        (MalformedCell, [[0, 1, 0]], ["input"] * 3, "must be square"),
        (MalformedCell, [[0, 1], [0]], ["input", "output"], "must be square"),
        (MalformedCell, [[0, 2], [0, 0]], ["input", "output"], "zeros and ones; it has other entries"),
        (MalformedCell, [[0, "x"], [0, 0]], ["input", "output"], "zeros and ones"),
        (MalformedCell, [[0, float("nan")], [0, 0]], ["input", "output"], "zeros and ones"),
        (MalformedCell, [[0]], ["input"], "2 to 32 vertices"),
        (MalformedCell, np.zeros((33, 33)), ["input"] * 33, "2 to 32 vertices"),
        (MalformedCell, [[0, 1], [0, 0]], ["input", OPERATIONS[0], "output"], "as many operations, not 3"),
        (NotUpperTriangular, [[0, 1], [1, 0]], ["input", "output"], "from vertex 1 to vertex 0"),
        (NotUpperTriangular, [[1, 1], [0, 0]], ["input", "output"], "from vertex 0 to vertex 0"),
        (
            UnknownOperation,
            np.eye(3, k=1),
            ["input", "conv5x5", "output"],
            "unknown operation 'conv5x5'; valid: conv3x3",
        ),
        (UnknownOperation, np.eye(3, k=1), ["input", 3, "output"], "unknown operation 3"),
        (UnknownOperation, np.eye(3, k=1), ["input", True, "output"], "unknown operation True"),
        (UnknownOperation, np.eye(3, k=1), ["input", [0], "output"], "unknown operation"),
        (UnknownOperation, np.eye(3, k=1), ["input", "output", "output"], "no operation of an inner vertex"),
        (UnknownOperation, np.eye(3, k=1), ["output", 0, "output"], "the first operation must be 'input'"),
    ],
)
def test_what_is_no_cell_is_named(error: type[InvalidCell], matrix: Any, operations: list[Any], message: str) -> None:
    with pytest.raises(error, match=message):
        Cell.of(matrix, operations)


def test_what_is_not_in_the_benchmark_is_named() -> None:
    with pytest.raises(Disconnected, match="no path leads"):
        Cell.of(np.zeros((3, 3)), [-1, 0, -2]).checked  # noqa: B018
    with pytest.raises(Disconnected):
        Cell.of(np.zeros((2, 2)), [-1, -2]).hash  # noqa: B018
    with pytest.raises(TooManyVertices, match="has 8 vertices"):
        chain(0, 0, 0, 0, 0, 0).checked  # noqa: B018
    with pytest.raises(TooManyEdges, match="has 10 edges; at most 9"):
        complete(5).checked  # noqa: B018
    with pytest.raises(UnknownCell, match="prune and check"):
        CellIndex(4).row(chain(0, 0, 0))
    with pytest.raises(UnknownCell, match="prune and check"):
        CellIndex().row(Cell(0, ()))


def test_eight_vertices_are_fine_if_pruning_leaves_seven() -> None:
    matrix = np.eye(8, k=1, dtype=int)
    matrix[2, 3] = 0
    matrix[2, 4] = 1
    assert Cell.of(matrix, [-1, *[0] * 6, -2]).checked == chain(0, 0, 0, 0, 0)


@pytest.mark.parametrize(("vertices", "count"), [(2, 1), (3, 7), (4, 91), (5, 2532), (6, 64542), (7, 423624)])
def test_how_many_cells_there_are(vertices: int, count: int) -> None:
    """Supplement S1: counted by the symmetries of graphs, without a hash."""
    assert len(CellIndex(vertices)) == count


@pytest.mark.slow
def test_no_two_of_the_cells_up_to_six_vertices_share_a_hash() -> None:
    cells = enumerate_cells(6)
    assert len(cells) == len(np.unique(cells.hashes, axis=0)) == 64542


def test_counting_by_orbits() -> None:
    """Burnside: labelings up to symmetry are the mean number of labelings that a symmetry leaves alone.

    On 5 vertices: the graph whose 3 inner vertices are all between input and output has all 6 permutations as
    symmetries, and (27 + 3 * 9 + 2 * 3) / 6 = 10 cells; the chain has one symmetry and 27.
    """
    graphs = family(5, MAX_EDGES)
    cells = {int(form): len(set(graphs.first[row].tolist())) for row, form in enumerate(graphs.forms)}
    bundle = sum(1 << coding.edge_bit(0, v) | 1 << coding.edge_bit(v, 4) for v in (1, 2, 3))
    assert cells[bundle] == 10
    assert cells[chain(0, 0, 0).edges] == 27


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_enumeration_is_the_same_on_any_number_of_processes(jobs: int) -> None:
    seen: list[tuple[int, int]] = []
    cells = enumerate_cells(5, n_jobs=jobs, progress=lambda done, total: seen.append((done, total)))
    index = CellIndex(5)
    assert [index.row(cells.cell(row)) for row in range(len(cells))] == list(range(2532))
    assert cells.hashes.tobytes() == Cells.of([cells.cell(row) for row in range(len(cells))]).hashes.tobytes()
    assert seen[-1] == (2532, 2532)


def test_hashes_are_ordered_by_all_their_bytes() -> None:
    """Zero bytes at the end of a hash are part of it."""
    hashes = np.array([[1] * 16, [1] * 15 + [0], [0] * 16, [255] * 16], dtype=np.uint8)
    assert hash_order(hashes).tolist() == [2, 1, 0, 3]


def test_the_space_has_the_names_and_values_its_users_know() -> None:
    assert list(FULL.space) == [f"edge_{k}" for k in range(21)] + [f"op_node_{k}" for k in range(5)]
    sizes = [len(parameter.choices) for parameter in FULL.space.values() if hasattr(parameter, "choices")]
    assert int(np.prod(sizes)) == 2**21 * 3**5
    rows, columns = np.triu_indices(7, k=1)
    for k, (i, j) in enumerate(zip(rows.tolist(), columns.tolist(), strict=True)):
        alone = dict.fromkeys(FULL.edges, 0) | dict.fromkeys(FULL.nodes, OPERATIONS[0]) | {f"edge_{k}": 1}
        assert np.argwhere(FULL.draw(alone).matrix).tolist() == [[i, j]]


@given(drawings())
def test_a_cell_decodes_from_what_it_is_encoded_as(cell: Cell) -> None:
    configuration = FULL.encode(cell)
    assert FULL.space.check(configuration) == configuration
    assert FULL.decode(configuration) == cell


def test_an_invalid_configuration_is_named() -> None:
    full = dict.fromkeys(FULL.edges, 1) | dict.fromkeys(FULL.nodes, OPERATIONS[0])
    with pytest.raises(TooManyEdges, match="has 21 edges"):
        FULL.decode(full)
    with pytest.raises(Disconnected):
        FULL.decode(full | dict.fromkeys(FULL.edges, 0))


def test_edges_count_before_pruning() -> None:
    """Input -> output and ten edges among the rest: the paper's experiments count them, the interface prunes first."""
    names = list(itertools.combinations(range(7), 2))
    edges = {f"edge_{k}": int(1 <= i < j <= 5 or (i, j) == (0, 6)) for k, (i, j) in enumerate(names)}
    configuration = edges | dict.fromkeys(FULL.nodes, OPERATIONS[2])
    with pytest.raises(TooManyEdges, match="has 11 edges"):
        FULL.decode(configuration)
    assert FULL.draw(configuration).checked == Cell(1, ())


def is_valid(configuration: Configuration) -> bool:
    try:
        FULL.decode(configuration)
    except InvalidCell:
        return False
    return True


def valid_fraction(*, pruned: bool = False) -> float:
    """The fraction of valid configurations among all; with ``pruned``, if edges were counted after pruning."""
    pairs = list(itertools.combinations(range(7), 2))
    codes = np.arange(1 << len(pairs), dtype=np.uint32)
    live = coding.live_vertices_of(codes, 7)
    if pruned:
        kept = np.zeros_like(codes)
        for i, j in pairs:
            bit = coding.edge_bit(i, j)
            kept |= (codes >> bit & live >> i & live >> j & 1) << bit
        codes = kept
    return float(((live != 0) & (coding.bit_count(codes) <= MAX_EDGES)).mean())


def test_how_much_of_the_space_is_valid() -> None:
    exact = valid_fraction()
    assert round(exact, 2) == 0.27
    assert round(valid_fraction(pruned=True), 2) == 0.73
    rng = np.random.default_rng(101)
    sampled = sum(is_valid(FULL.space.sample(rng)) for _ in range(4000)) / 4000
    assert abs(sampled - exact) < 4 * np.sqrt(exact * (1 - exact) / 4000)


@given(drawings(6))
def test_nas_bench_mini_is_the_same_on_six_vertices(cell: Cell) -> None:
    assert len(MINI.space) == 15 + 4
    assert MINI.decode(MINI.encode(cell)) == FULL.decode(FULL.encode(cell)) == cell


def test_a_cell_too_large_for_a_space_is_named() -> None:
    with pytest.raises(TooManyVertices, match="has 7 vertices; this space has 6"):
        MINI.encode(chain(0, 0, 0, 0, 0))
