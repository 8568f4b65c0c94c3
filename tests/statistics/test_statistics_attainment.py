"""Attainment surfaces against brute force on every cell that the points' coordinates draw."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from harness.errors import UsageError
from harness.statistics import attainment_surfaces

RUNS = st.lists(
    hnp.arrays(float, st.tuples(st.integers(1, 5), st.just(2)), elements=st.integers(0, 6).map(float)),
    min_size=1,
    max_size=7,
)
MINIMISED = (False, False)


def test_three_runs_by_hand() -> None:
    runs = [[[1.0, 5.0], [3.0, 3.0]], [[2.0, 4.0]], [[5.0, 1.0], [4.0, 9.0]]]
    best, median, worst = attainment_surfaces(runs, maximize=MINIMISED, fractions=(1 / 3, 2 / 3, 1.0))
    assert best.tolist() == [[1.0, 5.0], [2.0, 4.0], [3.0, 3.0], [5.0, 1.0]]
    assert median.tolist() == [[2.0, 5.0], [3.0, 4.0], [5.0, 3.0]]
    assert worst.tolist() == [[4.0, 9.0], [5.0, 4.0]]


def attained(runs: Any, x: float, y: float) -> int:
    return sum(any(a <= x and b <= y for a, b in run) for run in runs)


@given(RUNS, st.sampled_from([0.25, 0.3, 0.5, 0.75, 1.0]))
def test_against_counting_runs(runs: Any, fraction: float) -> None:
    (surface,) = attainment_surfaces(runs, maximize=MINIMISED, fractions=[fraction])
    for x in range(7):
        for y in range(7):
            inside = any(a <= x and b <= y for a, b in surface)
            assert inside == (attained(runs, x, y) >= fraction * len(runs))
    assert (np.diff(surface[:, 0]) > 0).all()
    assert (np.diff(surface[:, 1]) < 0).all()


@given(RUNS, st.permutations(range(7)))
def test_the_order_of_runs_and_points_does_not_matter(runs: Any, order: Any) -> None:
    shuffled = [runs[i][::-1] for i in order if i < len(runs)]
    for one, two in zip(
        attainment_surfaces(runs, maximize=MINIMISED), attainment_surfaces(shuffled, maximize=MINIMISED), strict=True
    ):
        assert one.tolist() == two.tolist()


def test_directions_are_those_of_the_objectives() -> None:
    """Accuracy up, latency down; corners begin with the best accuracy."""
    runs = [[[90.0, 5.0], [80.0, 1.0]], [[85.0, 3.0]]]
    (surface,) = attainment_surfaces(runs, maximize=(True, False), fractions=[1.0])
    assert surface.tolist() == [[85.0, 5.0], [80.0, 3.0]]


def test_runs_without_evaluations_attain_nothing() -> None:
    runs: list[Any] = [[[1.0, 1.0]], [], np.empty((0, 2))]
    low, high = attainment_surfaces(runs, maximize=MINIMISED, fractions=[1 / 3, 0.5])
    assert low.tolist() == [[1.0, 1.0]]
    assert high.shape == (0, 2)


def test_the_input_is_left_alone() -> None:
    run = np.array([[1.0, 2.0], [2.0, 1.0]])
    attainment_surfaces([run], maximize=(True, True))
    assert run.tolist() == [[1.0, 2.0], [2.0, 1.0]]


@pytest.mark.parametrize(
    ("runs", "fractions"),
    [
        ([], [0.5]),
        ([[[math.nan, 1.0]]], [0.5]),
        ([[[1.0, 1.0, 1.0]]], [0.5]),
        ([[[1.0, 1.0]]], [0.0]),
        ([[[1.0, 1.0]]], [50.0]),
    ],
)
def test_nonsense_is_refused(runs: Any, fractions: list[float]) -> None:
    with pytest.raises(UsageError):
        attainment_surfaces(runs, maximize=MINIMISED, fractions=fractions)
