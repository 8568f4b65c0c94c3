"""The rungs of multi-fidelity methods: ladders whose values are known in closed form."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.benchmark.ladder import ladder, rungs
from harness.benchmark.parameters import Categorical, Float, Integer, Parameter
from support.driving import problem


def epochs(high: int, low: int = 1) -> Integer:
    return Integer("epoch", low, high)


def levels(*values: Any) -> Categorical:
    return Categorical("level", values, ordered=True)


@pytest.mark.parametrize(
    ("eta", "expected"), [(3, [2, 7, 22, 66, 200]), (4, [3, 12, 50, 200]), (2, [1, 3, 6, 12, 25, 50, 100, 200])]
)
def test_the_ladders_of_the_protocol(eta: int, expected: list[int]) -> None:
    assert ladder(epochs(200), 200, eta) == expected


@pytest.mark.parametrize(
    ("axis", "full", "eta", "expected"),
    [
        (epochs(52), 52, 3, [1, 5, 17, 52]),
        (epochs(27), 27, 3, [1, 3, 9, 27]),
        (epochs(81), 81, 3, [1, 3, 9, 27, 81]),
        (epochs(1), 1, 3, [1]),
        (epochs(2), 2, 3, [2]),
        (epochs(200), 200, 1000, [200]),
        (epochs(1000), 1000, 10, [1, 10, 100, 1000]),
        (epochs(200, low=7), 200, 3, [7, 22, 66, 200]),  # a least fidelity on a rung
        (epochs(200, low=8), 200, 3, [22, 66, 200]),  # and between rungs
        (epochs(9, low=0), 9, 3, [1, 3, 9]),  # nothing is trained for 0 epochs
        (epochs(200), 100, 3, [1, 3, 11, 33, 100]),  # from the full fidelity, not from the end of the range
        (epochs(3**39), 3**39, 3, [3**k for k in range(40)]),
        (Float("share", 0.1, 0.9), 0.9, 3, [0.1, 0.3, 0.9]),  # 0.9 / 9 is below 0.1 by a rounding
        (Float("share", 0.25, 1.0), 1.0, 2, [0.25, 0.5, 1.0]),
        (Float("share", 0.3, 1.0), 1.0, 2, [0.5, 1.0]),
        (Float("share", 0.0, 1.0), 1.0, 10, [0.001, 0.01, 0.1, 1.0]),
        (levels(1, 3, 5), 5, 3, [1, 3, 5]),
        (levels(0.25, 0.5, 1.0), 1.0, 4, [0.25, 0.5, 1.0]),
        (levels(4, 12, 36, 108), 108, 3, [4, 12, 36, 108]),
        (levels(4, 12, 36, 108), 108, 4, [4, 12, 108]),  # 27 is rounded down to 12, 6.75 to 4
        (levels(4, 12, 36, 108), 36, 3, [4, 12, 36]),
        (levels(0.01, 0.03, 0.09, 0.27, 0.81), 0.81, 3, [0.01, 0.03, 0.09, 0.27, 0.81]),
        (levels(1, 10, 100, 1000, 10000), 10000, 2, [1, 10, 100, 1000, 10000]),
        (levels(*range(1, 53)), 52, 3, [1, 5, 17, 52]),
        (levels("tiny", "small", "base", "large"), "large", 3, ["tiny", "small", "base", "large"]),
    ],
)
def test_ladders_in_closed_form(axis: Parameter, full: Any, eta: int, expected: list[Any]) -> None:
    made = ladder(axis, full, eta)
    assert made == pytest.approx(expected, rel=1e-15) if isinstance(axis, Float) else made == expected


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(2, 50))
def test_whole_rungs_exist_and_differ(high: int, low: int, eta: int) -> None:
    axis = epochs(high, min(low, high))
    made = ladder(axis, high, eta)
    assert made[-1] == high
    assert made == sorted(set(made))
    assert all(axis.check(step) == step == high // eta ** (len(made) - 1 - k) for k, step in enumerate(made))
    assert high // eta ** len(made) < max(axis.low, 1)


@given(st.floats(1e-3, 1.0), st.floats(1.0, 1e6), st.integers(2, 20))
def test_real_rungs_exist_and_differ(low: float, high: float, eta: int) -> None:
    axis = Float("share", low, high)
    made = ladder(axis, high, eta)
    assert [axis.check(step) for step in made] == made == sorted(set(made))
    assert made[-1] == high
    assert made[0] < low * eta * (1 + 1e-6)


def test_several_axes_take_as_many_rungs_as_the_shortest_has() -> None:
    posed = problem("multi-mf", axes=("N", "Resolution", "epoch"))
    assert rungs(posed) == [
        {"N": 1, "Resolution": 0.25, "epoch": 22},
        {"N": 3, "Resolution": 0.5, "epoch": 66},
        {"N": 5, "Resolution": 1.0, "epoch": 200},
    ]
    assert [rung["epoch"] for rung in rungs(posed, 2)] == [50, 100, 200]


@pytest.mark.parametrize("eta", [1, 0, -2])
def test_an_eta_below_two_is_refused(eta: int) -> None:
    with pytest.raises(ValueError, match=f"eta = {eta} must be at least 2"):
        ladder(epochs(200), 200, eta)
