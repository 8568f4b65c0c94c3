"""Edit distance, random walks and their autocorrelation, fitness and distance: closed forms and laws."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.nasbench101.analysis import (
    autocorrelation,
    by_distance,
    distance_correlation,
    fitness_distance_correlation,
    random_walk,
)
from protocols.nasbench101.cells import CONV1, CONV3, POOL, Cell
from protocols.nasbench101.columns import Cells
from protocols.nasbench101.distance import edit_distance, edit_distances
from protocols.nasbench101.enumerate import CellIndex, enumerate_cells
from protocols.nasbench101.errors import TooManyEdges, UnknownCell
from support.nasbench101_cells import chain, complete, drawings, redrawn

EMPTY = Cell(1, ())
"""Input -> output."""


def with_edges(size: int, *edges: tuple[int, int], operations: tuple[int, ...]) -> Cell:
    matrix = np.zeros((size, size), dtype=int)
    for i, j in edges:
        matrix[i, j] = 1
    return Cell.of(matrix, [-1, *operations, -2])


@pytest.mark.parametrize(
    ("one", "other", "changes"),
    [
        (EMPTY, EMPTY, 0),
        (chain(CONV3), chain(CONV1), 1),  # the operation
        (chain(CONV3, CONV1), chain(CONV1, CONV3), 2),  # both operations
        (EMPTY, chain(CONV3), 3),  # one edge goes, two come; a new vertex brings its operation along
        (chain(CONV3), with_edges(3, (0, 1), (1, 2), (0, 2), operations=(CONV3,)), 1),  # one edge
        (chain(CONV3), chain(CONV3, CONV3), 3),  # the edge to the output is led round a second vertex
        # Two branches of one operation each, whichever is drawn first.
        (
            with_edges(4, (0, 1), (0, 2), (1, 3), (2, 3), operations=(CONV3, POOL)),
            with_edges(4, (0, 1), (0, 2), (1, 3), (2, 3), operations=(POOL, CONV3)),
            0,
        ),
        # The edge between the branches turned round: it goes, and another comes; or both operations change.
        (
            with_edges(4, (0, 1), (0, 2), (1, 2), (1, 3), (2, 3), operations=(CONV3, POOL)),
            with_edges(4, (0, 1), (0, 2), (1, 2), (1, 3), (2, 3), operations=(POOL, CONV3)),
            2,
        ),
        (complete(4), EMPTY, 5),  # all edges but that from input to output
    ],
)
def test_edit_distances_worked_out_by_hand(one: Cell, other: Cell, changes: int) -> None:
    assert edit_distance(one, other) == edit_distance(other, one) == changes


@given(drawings(), drawings(), drawings())
@settings(max_examples=60)
def test_edit_distance_is_a_metric(a: Cell, b: Cell, c: Cell) -> None:
    ab, ba, bc, ac = edit_distance(a, b), edit_distance(b, a), edit_distance(b, c), edit_distance(a, c)
    assert ab == ba
    assert (ab == 0) == (a.hash == b.hash)
    assert ac <= ab + bc


@given(drawings(), drawings(), st.permutations(range(7)))
@settings(max_examples=30)
def test_edit_distance_is_of_cells_not_of_drawings(one: Cell, other: Cell, order: list[int]) -> None:
    assert edit_distance(redrawn(one, order), other) == edit_distance(one, other)


ARCS = [(0, 1), (0, 2), (0, 3), (1, 2), (2, 1), (1, 3), (2, 3)]
"""All that a graph on 4 vertices can have, in either order of the inner two."""
State = tuple[frozenset[tuple[int, int]], tuple[int, ...]]
"""Arcs, and the operation of each inner vertex, -1 if it has no arcs."""


def state(arcs: frozenset[tuple[int, int]], operations: tuple[int, ...]) -> State:
    ends = {end for arc in arcs for end in arc}
    return arcs, tuple(operation if v in ends else -1 for v, operation in enumerate(operations, start=1))


def one_change_away(here: State) -> set[State]:
    arcs, operations = here
    free = [[o] if o >= 0 else [CONV3, CONV1, POOL] for o in operations]
    changed = {state(arcs ^ {arc}, (a, b)) for arc in ARCS for a in free[0] for b in free[1]}
    return changed | {
        state(arcs, (*operations[:v], operation, *operations[v + 1 :]))
        for v in range(2)
        for operation in (CONV3, CONV1, POOL)
    }


def drawn(cell: Cell) -> set[State]:
    """A cell on 4 vertices, the output last, with its inner vertices either way round."""
    names = {cell.vertices - 1: 3}
    arcs = [tuple(names.get(int(v), int(v)) for v in arc) for arc in np.argwhere(cell.matrix)]
    operations = (*cell.operations, -1, -1)[:2]
    turn = {0: 0, 1: 2, 2: 1, 3: 3}
    return {
        state(frozenset((i, j) for i, j in arcs), operations),
        state(frozenset((turn[i], turn[j]) for i, j in arcs), operations[::-1]),
    }


@pytest.mark.parametrize("row", [0, 3, 20, 45, 90])
def test_no_way_from_graph_to_graph_is_shorter(row: int) -> None:
    """Breadth first from a cell through all graphs on 4 vertices to every cell of up to 4 vertices."""
    cells = enumerate_cells(4)
    steps = dict.fromkeys(drawn(cells.cell(row)), 0)
    queue = deque(steps)
    while queue:
        here = queue.popleft()
        for there in one_change_away(here):
            if there not in steps:
                steps[there] = steps[here] + 1
                queue.append(there)
    nearest = [min(steps[there] for there in drawn(cells.cell(other))) for other in range(91)]
    assert edit_distances(cells.cell(row), cells).tolist() == nearest


def test_one_against_many_is_each_alone() -> None:
    cells = enumerate_cells(4)
    one = chain(CONV3, POOL)
    assert edit_distances(one, cells).tolist() == [edit_distance(one, cells.cell(row)) for row in range(91)]
    with pytest.raises(TooManyEdges):
        edit_distances(complete(5), cells)


def test_blocks_are_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = enumerate_cells(4)
    whole = edit_distances(chain(CONV3), cells)
    monkeypatch.setattr("protocols.nasbench101.distance.BLOCK", 7)
    assert edit_distances(chain(CONV3), cells).tolist() == whole.tolist()


def test_a_walk_goes_from_cell_to_neighbouring_cell() -> None:
    index = CellIndex()
    walk = random_walk(index, 300, np.random.default_rng(7))
    assert len(walk) == 301
    assert walk.tolist() == random_walk(index, 300, np.random.default_rng(7)).tolist()
    assert len(set(walk.tolist())) > 50
    assert 0 <= walk.min() <= walk.max() < len(index)


def test_a_walk_stays_among_the_cells_of_its_index() -> None:
    """With at most 3 vertices: 7 cells, all visited, most steps changing what is pruned away."""
    walk = random_walk(CellIndex(3), 3000, np.random.default_rng(8))
    assert sorted(set(walk.tolist())) == list(range(7))


def test_the_autocorrelation_of_an_alternation_and_of_a_period() -> None:
    assert autocorrelation(np.array([1.0, -1.0] * 20), 3).tolist() == [1.0, -1.0, 1.0, -1.0]
    wave = np.cos(2 * np.pi * np.arange(600) / 6)
    assert np.allclose(autocorrelation(wave, 6), np.cos(2 * np.pi * np.arange(7) / 6), atol=0.01)


def test_the_autocorrelation_of_an_autoregression() -> None:
    """x[t + 1] = 0.8 x[t] + noise has correlation 0.8^s at shift s."""
    noise = np.random.default_rng(9).normal(size=200_000)
    values = [0.0]
    for step in noise.tolist():
        values.append(0.8 * values[-1] + step)
    assert np.allclose(autocorrelation(np.array(values), 5), 0.8 ** np.arange(6), atol=0.02)


def test_the_autocorrelation_of_a_walk_on_a_line_is_by_definition() -> None:
    values = np.array([1.0, 2.0, 4.0])
    mean, variance = 7 / 3, 14 / 9
    by_hand = [
        1.0,
        ((1 - mean) * (2 - mean) + (2 - mean) * (4 - mean)) / 2 / variance,
        (1 - mean) * (4 - mean) / variance,
    ]
    assert np.allclose(autocorrelation(values, 2), by_hand, rtol=1e-12)
    assert autocorrelation(values.astype(np.float32), 2)[0] == 1.0


def test_no_autocorrelation() -> None:
    with pytest.raises(ValueError, match="no pairs 3 steps apart"):
        autocorrelation(np.arange(3.0), 3)
    with pytest.raises(ValueError, match="of equal values"):
        autocorrelation(np.ones(3), 1)


def test_fitness_that_falls_with_distance() -> None:
    distances = np.array([0, 1, 1, 2, 3], dtype=np.uint8)
    assert fitness_distance_correlation(1.0 - 0.1 * distances, distances) == pytest.approx(-1.0)
    assert fitness_distance_correlation(distances.astype(np.float32), distances) == pytest.approx(1.0)
    assert fitness_distance_correlation(np.array([1.0, 0.0, 1.0, 0.0]), np.array([0, 0, 1, 1])) == 0.0
    with pytest.raises(ValueError, match="all fitnesses or all distances are equal"):
        fitness_distance_correlation(np.ones(3), np.arange(3))


def test_means_at_each_distance() -> None:
    fitness, distances = np.array([0.9, 0.7, 0.5, 0.1, 0.3]), np.array([0, 1, 1, 3, 3], dtype=np.uint8)
    means, counts = by_distance(fitness, distances)
    assert counts.tolist() == [1, 2, 0, 2]
    assert np.allclose(means, [0.9, 0.6, np.nan, 0.2], equal_nan=True)
    curve = distance_correlation(fitness, distances)  # the mean is 0.5
    assert np.allclose(curve, [1.0, 0.25, np.nan, -0.75], equal_nan=True)
    with pytest.raises(ValueError, match="better than the average; give the distances to the best cell"):
        distance_correlation(fitness, distances + np.uint8(1))


def test_a_number_outside_the_index_is_refused_not_guessed() -> None:
    with pytest.raises(UnknownCell):
        CellIndex(3).row(chain(0, 0))
    assert len(edit_distances(EMPTY, Cells.of([EMPTY]))) == 1
