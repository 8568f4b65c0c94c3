"""Spaces: what is legal, what the message says of what is not, and what is sampled."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.base import exact
from harness.benchmark.space import BLOCK, Categorical, Float, Integer, Space
from harness.errors import SpaceError
from protocols.jahs.space import DERIVED_SPACES, FIDELITIES, FULL, SPACE, columns

PAPER = {
    "LearningRate": 0.1, "WeightDecay": 5e-4, "Activation": "Mish", "TrivialAugment": True,
    "Op1": 0, "Op2": 1, "Op3": 2, "Op4": 3, "Op5": 4, "Op6": 2, "Optimizer": "SGD",
}  # fmt: skip


def test_a_configuration_pasted_from_the_paper_is_legal_and_comes_back_as_it_was() -> None:
    assert SPACE.check(PAPER) == PAPER
    assert list(SPACE.check(dict(reversed(PAPER.items())))) == list(PAPER)


def test_the_optimizer_is_a_constant_that_may_be_left_out() -> None:
    assert SPACE.check({k: v for k, v in PAPER.items() if k != "Optimizer"}) == PAPER


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"LearningRate": 2.0}, ["LearningRate", "2.0", "[0.001, 1]"]),
        ({"LearningRate": 0.00099}, ["LearningRate", "0.00099", "[0.001, 1]"]),
        ({"LearningRate": math.nan}, ["LearningRate", "nan", "[0.001, 1]"]),
        ({"LearningRate": "0.1"}, ["LearningRate", "'0.1'", "[0.001, 1]"]),
        ({"LearningRate": True}, ["LearningRate", "True", "[0.001, 1]"]),
        ({"LearningRate": None}, ["LearningRate", "None", "[0.001, 1]"]),
        ({"LearningRate": [0.1]}, ["LearningRate", "[0.1]", "[0.001, 1]"]),
        ({"WeightDecay": 0.1}, ["WeightDecay", "0.1", "[1e-05, 0.01]"]),
        ({"Activation": "relu"}, ["Activation", "'relu'", "{ReLU, Hardswish, Mish}"]),
        ({"TrivialAugment": 1}, ["TrivialAugment", "1", "{True, False}"]),
        ({"TrivialAugment": "True"}, ["TrivialAugment", "'True'", "{True, False}"]),
        ({"Op1": 5}, ["Op1", "5", "{0, 1, 2, 3, 4}"]),
        ({"Op1": True}, ["Op1", "True", "{0, 1, 2, 3, 4}"]),
        ({"Op1": "2"}, ["Op1", "'2'", "{0, 1, 2, 3, 4}"]),
        ({"Op1": [2]}, ["Op1", "[2]", "{0, 1, 2, 3, 4}"]),
        ({"Optimizer": "Adam"}, ["Optimizer", "'Adam'", "'SGD'"]),
        ({"Momentum": 0.9}, ["Momentum", "no parameter", "LearningRate"]),
    ],
)
def test_the_message_names_the_parameter_its_value_and_its_range(change: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(SpaceError) as caught:
        SPACE.check(PAPER | change)
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert "\n" not in message


PLAIN = Space(
    (Categorical("edge", (0, 1)), Categorical("skip", (True, False)), Categorical("op", ("a", "b"))), {"c": 2.0}
)
GOOD = {"edge": 1, "skip": True, "op": "b", "c": 2.0}


@pytest.mark.parametrize("names", ["edge skip op c", "edge skip op", "c edge op skip", "op skip edge"])
def test_choices_alone_are_checked_in_any_order_and_come_back_in_their_own(names: str) -> None:
    given = {name: GOOD[name] for name in names.split()}
    checked = PLAIN.check(given)
    assert list(checked.items()) == list(GOOD.items())
    assert checked is not given
    assert type(PLAIN.check(given | {"c": 2})["c"]) is float


@pytest.mark.parametrize(
    "change",
    [
        {"edge": True}, {"edge": 1.5}, {"edge": 2}, {"edge": "1"}, {"edge": [1]}, {"edge": None}, {"edge": math.nan},
        {"skip": 1}, {"skip": "True"}, {"op": "c"}, {"op": b"a"}, {"op": 0}, {"c": 2.5}, {"more": 1},
    ],
    ids=str,
)  # fmt: skip
def test_choices_alone_are_as_strict_as_any(change: dict[str, Any]) -> None:
    with pytest.raises(SpaceError, match=next(iter(change))):
        PLAIN.check(GOOD | change)


def test_a_missing_parameter_is_named_with_its_range() -> None:
    with pytest.raises(SpaceError, match=r"Op6 is missing; it takes \{0, 1, 2, 3, 4\}"):
        SPACE.check({k: v for k, v in PAPER.items() if k != "Op6"})


@pytest.mark.parametrize("thing", [None, 3, "abc", ["LearningRate"], [("LearningRate", 0.1)]])
def test_a_configuration_is_a_mapping(thing: Any) -> None:
    with pytest.raises(SpaceError, match="mapping"):
        SPACE.check(thing)


@pytest.mark.parametrize(
    "change", [{"N": 2}, {"W": 0}, {"Resolution": 0.3}, {"epoch": 0}, {"epoch": 201}, {"epoch": 1.5}, {"epoch": True}]
)
def test_a_fidelity_outside_its_range_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(SpaceError, match=next(iter(change))):
        FIDELITIES.check(FULL | change)


def test_numpy_numbers_become_python_numbers() -> None:
    given = PAPER | {"LearningRate": np.float64(0.5), "Op1": np.int64(3), "TrivialAugment": np.bool_(False)}
    checked = SPACE.check(given)
    assert [type(checked[name]) for name in ("LearningRate", "Op1", "TrivialAugment")] == [float, int, bool]
    assert FIDELITIES.check(FULL | {"epoch": np.int32(3), "Resolution": 1})["Resolution"] == 1.0


def test_checking_leaves_the_argument_alone_and_returns_a_new_dict() -> None:
    before = dict(PAPER)
    checked = SPACE.check(before)
    checked["Op1"] = 4
    assert before == PAPER


@given(st.integers(0, 2**32 - 1))
def test_every_sample_is_legal_and_a_function_of_the_generator(seed: int) -> None:
    sample = SPACE.sample(np.random.default_rng(seed))
    assert SPACE.check(sample) == sample
    assert SPACE.sample(np.random.default_rng(seed)) == sample
    fidelity = FIDELITIES.sample(np.random.default_rng(seed))
    assert FIDELITIES.check(fidelity) == fidelity


def test_samples_are_uniform_in_the_logarithm_and_over_the_levels() -> None:
    rng = np.random.default_rng(0)
    samples = [SPACE.sample(rng) for _ in range(4000)]
    for name, low, high in (("LearningRate", -3.0, 0.0), ("WeightDecay", -5.0, -2.0)):
        position = np.sort([(math.log10(s[name]) - low) / (high - low) for s in samples])
        # Kolmogorov-Smirnov at a significance of about 1e-6
        assert np.abs(position - np.arange(4000) / 4000).max() < 2.7 / math.sqrt(4000)
    for name in ("Activation", "TrivialAugment", "Op1", "Op6"):
        choices = getattr(SPACE[name], "choices")  # noqa: B009
        counts = np.array([sum(s[name] == c for s in samples) for c in choices])
        expected = 4000 / len(choices)
        assert np.abs(counts - expected).max() < 5 * math.sqrt(expected)


@given(st.integers(0, 2**32 - 1))
def test_a_space_of_choices_alone_is_sampled_as_parameter_by_parameter(seed: int) -> None:
    space = SPACE.fix({name: SPACE.sample(np.random.default_rng(1))[name] for name in ("LearningRate", "WeightDecay")})
    draws = np.random.default_rng(seed).random(len(space)).tolist()
    expected = {name: parameter.at(u) for (name, parameter), u in zip(space.items(), draws, strict=True)}
    sampled = space.sample(np.random.default_rng(seed))
    assert list(sampled.items()) == list((expected | space.constants).items())
    assert [type(v) for v in sampled.values()] == [type(v) for v in (expected | space.constants).values()]


@pytest.mark.parametrize(
    "fixed", [(), ("Op1",), ("LearningRate", "WeightDecay"), tuple(SPACE)[1:], tuple(SPACE)], ids=len
)
def test_samples_are_those_drawn_one_by_one(fixed: tuple[str, ...]) -> None:
    space = SPACE.fix({name: SPACE.sample(np.random.default_rng(1))[name] for name in fixed})
    rng, many = np.random.default_rng(2), space.samples(np.random.default_rng(2))
    for _ in range(3 * BLOCK):
        one, other = space.sample(rng), next(many)
        assert list(one.items()) == list(other.items())
        assert list(map(type, one.values())) == list(map(type, other.values()))


def test_whole_numbers_reach_both_ends() -> None:
    rng = np.random.default_rng(0)
    space = Space((Integer("k", 1, 3),))
    assert {space.sample(rng)["k"] for _ in range(100)} == {1, 2, 3}


@given(st.floats(0.0, 1.0, exclude_max=True))
def test_every_position_of_the_unit_interval_is_legal(u: float) -> None:
    rate, number = Float("x", 1e-5, 1e-2, log=True), Float("y", -1.0, 3.0)
    for parameter in (rate, number, Integer("k", 1, 200), Categorical("c", ("a", "b", "c"))):
        assert parameter.check(parameter.at(u)) == parameter.at(u)


def test_log_uniform_positions_are_geometric() -> None:
    rate = Float("x", 1e-3, 1.0, log=True)
    assert [rate.at(u) for u in (0.0, 1 / 3, 2 / 3)] == pytest.approx([1e-3, 1e-2, 1e-1])


@given(st.floats(-700.0, 700.0))
def test_the_exponential_is_right_to_two_units_in_the_last_place(x: float) -> None:
    assert abs(exact.exp(x) - math.exp(x)) <= 2 * math.ulp(math.exp(x))


@given(st.floats(-1e3, 1e3))
def test_the_exponential_of_an_array_has_the_same_bits(x: float) -> None:
    assert exact.exp_array(np.array([x, -x])).tolist() == [exact.exp(x), exact.exp(-x)]


def test_fixing_parameters_makes_them_constants() -> None:
    fixed = SPACE.fix({"Op1": 3, "Op2": 0})
    assert list(fixed) == [name for name in SPACE if name not in ("Op1", "Op2")]
    sample = fixed.sample(np.random.default_rng(0))
    assert (sample["Op1"], sample["Op2"], sample["Optimizer"]) == (3, 0, "SGD")
    with pytest.raises(SpaceError, match="Op1 = 4 is fixed to 3"):
        fixed.check(sample | {"Op1": 4})
    with pytest.raises(SpaceError, match="Op1 = 9"):
        SPACE.fix({"Op1": 9})


def test_the_derived_spaces_split_the_joint_one() -> None:
    assert DERIVED_SPACES["jahs"] == ()
    assert sorted(DERIVED_SPACES["hpo"] + DERIVED_SPACES["nas"]) == sorted(SPACE)


def test_the_columns_of_a_surrogate_set_are_the_spaces() -> None:
    described = {c["name"]: c for c in columns()}
    assert set(described) == {*SPACE, *FIDELITIES, *SPACE.constants}
    assert {name: described[name].get("default") for name in FIDELITIES} == FULL
    assert described["LearningRate"] == {"name": "LearningRate", "low": 1e-3, "high": 1.0, "log": True}


@pytest.mark.parametrize("value", [1, 1.0, np.int8(1), np.float32(1.0), np.float64(1.0)])
def test_a_whole_number_is_the_integer(value: Any) -> None:
    for parameter in (Integer("x", 0, 3), Categorical("x", (0, 1, 3))):
        found = parameter.check(value)
        assert found == 1
        assert type(found) is int
    for wrong in (1.5, float("nan"), float("inf"), True, "1"):
        for parameter in (Integer("x", 0, 3), Categorical("x", (0, 1, 3))):
            with pytest.raises(SpaceError):
                parameter.check(wrong)


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Float("x", 0.0, NAN), "x: 0.0 to nan is no range"),
        (lambda: Float("x", -INF, 1.0), "x: -inf to 1.0 is no range"),
        (lambda: Float("x", 1.0, 0.0), "the lower one first"),
        (lambda: Float("x", False, True), "x: False to True is no range"),
        (lambda: Float("x", "0", 1.0), "x: '0' to 1.0 is no range"),  # type: ignore[arg-type]
        (lambda: Float("x", -1e308, 1e308), "wider than any number"),
        (lambda: Float("x", 0.0, 1.0, log=True), "has no logarithms"),
        (lambda: Float("x", 5e-324, 1.0, log=True), "has no logarithms"),
        (lambda: Integer("x", 0, 2**63), "x: 0 to 9223372036854775808 has more than 64 bits"),
        (lambda: Integer("x", 0, 10**5000), "more than 64 bits"),
        (lambda: Integer("x", 0, 2.5), "x: 0 to 2.5 is no range; give two whole numbers"),  # type: ignore[arg-type]
        (lambda: Integer("x", 3, 2), "the lower one first"),
        (lambda: Categorical("x", ()), "must be a tuple of one or more values"),
        (lambda: Categorical("x", "abc"), "must be a tuple of one or more values"),  # type: ignore[arg-type]
        (lambda: Categorical("x", (1.0, NAN)), "x has the choice nan; a number must be finite"),
        (lambda: Categorical("x", (2**64,)), "x has the choice 18446744073709551616; a number has at most 64 bits"),
        (lambda: Categorical("x", (1, 1.0)), "x has the choice 1 twice"),
        (lambda: Categorical("x", ([1], [2])), "cannot be told apart"),
        (lambda: Float("", 0.0, 1.0), "'' is no name of a parameter"),
        (lambda: Integer("a\x1b[2J", 0, 1), r"'a\\x1b\[2J' is no name"),
        (lambda: Categorical(3, (1,)), "3 is no name of a parameter"),  # type: ignore[arg-type]
        (lambda: Space((Float("x", 0.0, 1.0), Integer("x", 0, 1))), "x stands in the space twice"),
        (lambda: Space((Float("x", 0.0, 1.0),), {"x": 1}), "x stands in the space twice"),
        (lambda: Space(("x",)), "'x' is no parameter"),  # type: ignore[arg-type]
    ],
)
def test_a_parameter_that_cannot_be_is_refused_by_name(make: Callable[[], object], words: str) -> None:
    with pytest.raises(SpaceError, match=words) as caught:
        make()
    assert str(caught.value).isprintable()


def test_a_range_of_whole_floats_and_a_list_of_choices_are_taken_as_they_are_meant() -> None:
    assert Integer("x", 0, 3.0) == Integer("x", 0, 3)  # type: ignore[arg-type]
    assert Categorical("x", [1, 2]) == Categorical("x", (1, 2))  # type: ignore[arg-type]
