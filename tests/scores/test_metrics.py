"""Metrics against closed forms and brute force."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from harness.scores.metrics import incumbent_indices, mean_and_error, running_hypervolume, step_function

ONE, ZERO = np.ones(2), np.zeros(2)


def area(points: list[tuple[float, float]]) -> float:
    """The volume below (1, 1) that the points dominate, cell by cell of the grid their coordinates draw."""
    xs = sorted({0.0, 1.0, *(min(max(x, 0.0), 1.0) for x, _ in points)})
    ys = sorted({0.0, 1.0, *(min(max(y, 0.0), 1.0) for _, y in points)})
    total = 0.0
    for x0, x1 in pairwise(xs):
        for y0, y1 in pairwise(ys):
            if any(x <= x0 and y <= y0 for x, y in points):
                total += (x1 - x0) * (y1 - y0)
    return total


def test_one_point_dominates_its_rectangle() -> None:
    assert running_hypervolume(np.array([[0.25, 0.5]]), ONE, ZERO).tolist() == [0.375]


def test_a_staircase_of_three_points() -> None:
    # 0.25*0.5 + 0.5*0.5 + 0.75*0.25 overlap: columns [.25,.5) under .75, [.5,.75) under .5, [.75,1) under .25
    points = np.array([[0.5, 0.5], [0.25, 0.75], [0.75, 0.25]])
    assert running_hypervolume(points, ONE, ZERO).tolist() == [0.25, 0.3125, 0.375]


def test_directions_and_scale_come_from_reference_and_ideal() -> None:
    # accuracy 55 % of 10..100 (negated), latency 2 of 0..8
    volume = running_hypervolume(np.array([[-55.0, 2.0]]), np.array([-10.0, 8.0]), np.array([-100.0, 0.0]))
    assert volume.tolist() == [0.5 * 0.75]


def test_points_at_or_beyond_the_reference_contribute_nothing() -> None:
    points = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, -1.0], [-1.0, 2.0], [np.nan, 0.5]])
    assert running_hypervolume(points, ONE, ZERO).tolist() == [0.0] * 5


def test_a_point_at_or_beyond_the_ideal_covers_everything() -> None:
    assert running_hypervolume(np.array([[-3.0, 0.0]]), ONE, ZERO).tolist() == [1.0]


def test_no_points_no_volume() -> None:
    assert running_hypervolume(np.zeros((0, 2)), ONE, ZERO).shape == (0,)


coarse = st.sampled_from([-0.5, 0.0, 0.125, 0.25, 0.5, 0.75, 0.875, 1.0, 1.5])
clouds = st.lists(st.tuples(coarse | st.floats(-0.2, 1.2), coarse | st.floats(-0.2, 1.2)), min_size=1, max_size=12)


@given(clouds)
def test_hypervolume_equals_a_cell_by_cell_count_after_every_point(cloud: list[tuple[float, float]]) -> None:
    running = running_hypervolume(np.array(cloud), ONE, ZERO)
    for k in range(len(cloud)):
        assert running[k] == pytest.approx(area(cloud[: k + 1]), abs=1e-12)


@given(clouds)
def test_hypervolume_never_falls_and_stays_in_the_unit_interval(cloud: list[tuple[float, float]]) -> None:
    running = running_hypervolume(np.array(cloud), ONE, ZERO)
    assert (np.diff(running) >= 0).all()
    assert running.min() >= 0
    assert running.max() <= 1


@given(clouds, st.randoms(use_true_random=False))
def test_hypervolume_does_not_depend_on_the_order(cloud: list[tuple[float, float]], random: object) -> None:
    shuffled = list(cloud)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    first, second = (running_hypervolume(np.array(c), ONE, ZERO)[-1] for c in (cloud, shuffled))
    assert first == pytest.approx(second, abs=1e-12)


def test_the_earliest_of_equal_incumbents_stays() -> None:
    assert incumbent_indices(np.array([3.0, 2.0, 2.0, 4.0, 1.0, 1.0])).tolist() == [0, 1, 1, 1, 4, 4]


def test_a_missing_value_never_becomes_the_incumbent() -> None:
    assert incumbent_indices(np.array([5.0, np.nan, 4.0])).tolist() == [0, 0, 2]


def test_no_evaluations_no_incumbents() -> None:
    assert incumbent_indices(np.zeros(0)).tolist() == []


@given(st.lists(st.integers(0, 9).map(float), min_size=1, max_size=30))
def test_the_incumbent_is_the_first_minimum_so_far(losses: list[float]) -> None:
    expected = [losses.index(min(losses[: k + 1])) for k in range(len(losses))]
    assert incumbent_indices(np.array(losses)).tolist() == expected


def test_a_step_function_holds_the_last_value_and_starts_with_the_start() -> None:
    grid = np.array([0.0, 0.9, 1.0, 1.5, 2.0, 9.0])
    steps = step_function(np.array([1.0, 2.0, 2.0]), np.array([50.0, 40.0, 30.0]), 90.0, grid)
    assert steps.tolist() == [90.0, 90.0, 50.0, 50.0, 30.0, 30.0]


def test_a_step_function_of_nothing_is_its_start() -> None:
    assert step_function(np.zeros(0), np.zeros(0), 87.5, np.array([0.0, 100.0])).tolist() == [87.5, 87.5]


@given(st.lists(st.floats(0.0, 100.0), min_size=1, max_size=20).map(sorted), st.floats(0.0, 100.0))
def test_a_step_function_never_looks_ahead(times: list[float], now: float) -> None:
    """Whatever ends after ``now`` may be changed at will; the value at ``now`` stays."""
    values = np.arange(1.0, len(times) + 1)
    changed = np.where(np.array(times) > now, -1.0, values)
    at = [step_function(np.array(times), v, 0.0, np.array([now])).item() for v in (values, changed)]
    assert at[0] == at[1] == sum(t <= now for t in times)


@given(hnp.arrays(np.float64, st.tuples(st.integers(2, 12), st.integers(1, 5)), elements=st.floats(-1e3, 1e3)))
def test_mean_and_standard_error_are_those_of_scipy(values: np.ndarray) -> None:
    stats = pytest.importorskip("scipy.stats")
    mean, error = mean_and_error(values)
    np.testing.assert_allclose(mean, values.sum(axis=0) / len(values), rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(error, stats.sem(values, axis=0, ddof=1), rtol=1e-12, atol=1e-9)


def test_the_standard_error_divides_by_n_minus_one_and_the_root_of_n() -> None:
    mean, error = mean_and_error(np.array([1.0, 2.0, 3.0, 4.0]))
    assert float(mean) == 2.5
    assert float(error) == pytest.approx(math.sqrt(5 / 3) / 2)


def test_one_seed_has_a_mean_and_no_error_and_none_has_neither() -> None:
    mean, error = mean_and_error(np.array([7.0]))
    assert float(mean) == 7.0
    assert math.isnan(error)
    mean, error = mean_and_error(np.zeros(0))
    assert math.isnan(mean)
    assert math.isnan(error)
