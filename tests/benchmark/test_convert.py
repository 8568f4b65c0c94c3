"""The conversions of a space: every configuration survives the way to another library and back."""

from __future__ import annotations

import importlib
import math
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.benchmark.space import Categorical, Configuration, Float, Integer, Parameter, Space
from harness.errors import SpaceError, UsageError
from protocols.jahs.space import FIDELITIES, SPACE

LIBRARIES = {
    "configspace": "ConfigSpace",
    "optuna": "optuna",
    "skopt": "skopt",
    "ax": "ax",
    "nevergrad": "nevergrad",
    "pymoo": "pymoo",
}
"""The conversions, with the modules of their libraries."""
BY_VALUE = ("configspace", "optuna", "skopt", "ax", "nevergrad")
"""The conversions that hand a real number on as it is."""
EDGES = Space(
    (
        Float("one", 0.5, 0.5),
        Float("tiny", 1e-16, 1e-14, log=True),
        Float("negative", -3.0, -1.0),
        Integer("always", 7, 7),
        Integer("below", -5, 5),
        Categorical("single", ("only",)),
        Categorical("rank", ("single",), ordered=True),
        Categorical("level", (0.25, 0.5, 1.0), ordered=True),
        Categorical("mixed", (True, 1, "1", 1.5, False, 0)),
        Categorical("shape", ((1, 2), (3,))),
        Categorical("flag", (True, False)),
    ),
    constants={"Optimizer": "SGD"},
)
"""One of every kind of parameter that a library may stumble over."""


def floats(name: str) -> st.SearchStrategy[Float]:
    ends = st.tuples(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6)).map(lambda at: (at[0], at[0] + at[1]))
    decades = st.tuples(st.floats(1e-8, 1e3), st.floats(1.01, 1e8)).map(lambda at: (at[0], at[0] * at[1]))
    return st.one_of(
        ends.map(lambda end: Float(name, *end)), decades.map(lambda end: Float(name, *end, log=True))
    )  # fmt: skip


def parameters(name: str) -> st.SearchStrategy[Parameter]:
    choices = st.lists(
        st.one_of(st.booleans(), st.integers(-3, 3), st.text(max_size=2), st.floats(-2, 2)),
        min_size=1, max_size=5, unique_by=lambda choice: (type(choice), choice),
    )  # fmt: skip
    whole = st.tuples(st.integers(-50, 50), st.integers(0, 300))
    return st.one_of(
        floats(name),
        whole.map(lambda at: Integer(name, at[0], at[0] + at[1])),
        st.tuples(choices, st.booleans()).map(lambda made: Categorical(name, tuple(made[0]), made[1])),
    )


spaces = st.tuples(parameters("a"), parameters("b"), parameters("c")).map(Space)


def ways(name: str, space: Space) -> tuple[Callable[..., Any], Callable[..., Configuration]]:
    return getattr(space, f"to_{name}"), getattr(space, f"from_{name}")


def same(one: Configuration, other: Configuration) -> bool:
    """Equal in values and in their types, where True is not 1."""
    return one == other and [type(value) for value in one.values()] == [type(value) for value in other.values()]


def some(space: Space, count: int = 30) -> list[Configuration]:
    rng = np.random.default_rng(5)
    return [space.sample(rng) for _ in range(count)]


@pytest.mark.parametrize("name", [*LIBRARIES, "unit_cube"])
@pytest.mark.parametrize("space", [SPACE, FIDELITIES, EDGES], ids=["jahs", "fidelities", "edges"])
def test_a_sample_comes_back_as_it_was(name: str, space: Space) -> None:
    there, back = ways(name, space)
    for configuration in some(space, 300):
        assert same(back(there(configuration)), configuration)


@given(space=spaces, seed=st.integers(0, 2**32))
@settings(deadline=None, max_examples=150)
def test_a_sample_of_any_space_comes_back_from_every_library(space: Space, seed: int) -> None:
    configuration = space.sample(np.random.default_rng(seed))
    for name in (*LIBRARIES, "unit_cube"):
        there, back = ways(name, space)
        assert same(back(there(configuration)), configuration), name


@given(parameter=floats("x"), at=st.floats(0, 1))
@settings(deadline=None, max_examples=300)
def test_any_real_number_comes_back(parameter: Float, at: float) -> None:
    """To the bit where the library has the number itself, else to a few units in the last place."""
    space = Space((parameter,))
    value = min(max(parameter.low + at * (parameter.high - parameter.low), parameter.low), parameter.high)
    for name in BY_VALUE:
        there, back = ways(name, space)
        if name not in ("configspace", "ax") or parameter.high - parameter.low > 1e-3:  # narrow ranges are placed
            assert back(there({"x": value})) == {"x": value}, name
    for name in ("pymoo", "unit_cube"):
        there, back = ways(name, space)
        scale = max(abs(parameter.low), abs(parameter.high)) if not parameter.log else value
        again = back(there({"x": value}))
        assert again["x"] == pytest.approx(value, rel=1e-14, abs=1e-14 * scale)
        assert back(there(again)) == again, "and then it stays"


@pytest.mark.parametrize("name", [*LIBRARIES, "unit_cube"])
def test_the_ends_come_back_to_the_bit(name: str) -> None:
    there, back = ways(name, SPACE)
    for end in ("low", "high"):
        rates = {key: getattr(SPACE[key], end) for key in ("LearningRate", "WeightDecay")}
        configuration = {**some(SPACE, 1)[0], **rates}
        assert back(there(configuration)) == configuration


@given(space=spaces, data=st.data())
@settings(deadline=None, max_examples=100)
def test_a_uniform_point_of_the_cube_is_the_sample_of_these_random_numbers(space: Space, data: st.DataObject) -> None:
    seed = data.draw(st.integers(0, 2**32))
    point = np.random.default_rng(seed).random(len(space))
    assert same(space.from_unit_cube(point), space.sample(np.random.default_rng(seed)))


@given(space=spaces)
@settings(deadline=None, max_examples=50)
def test_every_corner_of_the_cube_is_legal(space: Space) -> None:
    for corner in (0.0, 1.0):
        configuration = space.from_unit_cube([corner] * len(space))
        assert same(space.check(configuration), configuration)


def proposals(name: str, space: Space, count: int) -> list[Any]:
    """Points that the library itself draws from the space it was given."""
    pytest.importorskip(LIBRARIES[name])
    made = ways(name, space)[0]()
    if name == "configspace":
        return [made.sample_configuration() for _ in range(count)]
    if name == "optuna":
        optuna = importlib.import_module("optuna")
        optuna.logging.set_verbosity(optuna.logging.CRITICAL)
        study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=3))
        return [study.ask(made).params for _ in range(count)]
    if name == "skopt":
        found: list[Any] = importlib.import_module("skopt.space").Space(made).rvs(count, random_state=3)
        return found
    if name == "nevergrad":
        made.random_state.seed(3)
        return [made.sample().value for _ in range(count)]
    if name == "ax":
        client = importlib.import_module("ax.api.client").Client(random_seed=3)
        client.configure_experiment(parameters=made)
        client.configure_optimization(objective="loss")
        client.configure_generation_strategy(method="random_search")
        return [point for _ in range(count) for point in client.get_next_trials(max_trials=1).values()]
    variables = importlib.import_module("pymoo.core.mixed").MixedVariableSampling()
    problem = importlib.import_module("pymoo.core.problem").Problem(vars=made, n_obj=1)
    np.random.seed(3)  # noqa: NPY002 - versions of pymoo that draw from the global generator
    return [individual.X for individual in variables(problem, count)]


@pytest.mark.parametrize("name", LIBRARIES)
@pytest.mark.parametrize("space", [SPACE, FIDELITIES, EDGES], ids=["jahs", "fidelities", "edges"])
def test_what_a_library_draws_from_its_own_space_is_legal(name: str, space: Space) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the libraries' own
        drawn = proposals(name, space, 40)
    _, back = ways(name, space)
    seen = [back(point) for point in drawn]
    assert len(seen) == 40
    for configuration in seen:
        assert same(space.check(configuration), configuration)
    for parameter in space.values():
        if isinstance(parameter, Categorical) and 1 < len(parameter.choices) < 4:
            found = {parameter.choices.index(configuration[parameter.name]) for configuration in seen}
            assert found == set(range(len(parameter.choices))), f"every choice of {parameter.name} is drawn"


def held(name: str, space: Space, configuration: Configuration) -> Configuration:
    """A configuration after the library has had it in an object of its own."""
    pytest.importorskip(LIBRARIES[name])
    there, back = ways(name, space)
    made, point = there(), there(configuration)
    if name == "configspace":
        return back(importlib.import_module("ConfigSpace").Configuration(made, values=point))
    if name == "optuna":
        study = importlib.import_module("optuna").create_study()
        study.enqueue_trial(point)
        return back(study.ask(made).params)
    if name == "skopt":
        whole = importlib.import_module("skopt.space").Space(made)
        return back(whole.inverse_transform(whole.transform([point]))[0])
    return back(made.spawn_child(new_value=point).value)


@pytest.mark.parametrize("name", ["configspace", "optuna", "skopt", "nevergrad"])
def test_a_library_takes_the_point_of_a_configuration(name: str) -> None:
    """Real numbers may change by the library's own rounding, ConfigSpace's to 13 decimals."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for configuration in some(SPACE, 10):
            for key, value in held(name, SPACE, configuration).items():
                exact = not isinstance(SPACE.get(key), Float)
                assert (
                    value == configuration[key]
                    if exact
                    else math.isclose(value, configuration[key], rel_tol=1e-12, abs_tol=1e-13)
                )


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_missing_library_is_named_with_the_command_that_installs_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in [key for key in sys.modules if key.split(".")[0] == LIBRARIES[name]]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, LIBRARIES[name], None)
    package = {"skopt": "scikit-optimize", "ax": "ax-platform"}.get(name, LIBRARIES[name])
    there, back = ways(name, SPACE)
    with pytest.raises(UsageError, match=f"^to_{name} needs {package}: pip install {package} "):
        there()
    configuration = some(SPACE, 1)[0]
    assert back(there(configuration)) == configuration, "the values themselves need no library"


def test_a_point_that_is_wrong_is_told_what_is_wrong() -> None:
    good = SPACE.to_optuna(some(SPACE, 1)[0])
    for wrong, message in (
        ({**good, "LearningRate": 5.0}, r"LearningRate = 5.0 is outside its range"),
        ({**good, "LearningRate": math.nan}, r"LearningRate = nan is outside"),
        ({**good, "LearningRate": "fast"}, r"LearningRate = 'fast' is outside"),
        ({**good, "epoch": 3}, r"epoch is no parameter of this space"),
        ({name: value for name, value in good.items() if name != "Op3"}, r"Op3 is missing"),
    ):
        with pytest.raises(SpaceError, match=message):
            SPACE.from_optuna(wrong)
    numbers = SPACE.to_configspace(some(SPACE, 1)[0])
    for number in (3, -1, 0.5, None, "x"):
        with pytest.raises(SpaceError, match="is no number of a choice; choices have the numbers 0 to 2"):
            SPACE.from_configspace({**numbers, "Activation": number})
    with pytest.raises(SpaceError, match=r"a point has 10 values, for LearningRate, .*, not 3"):
        SPACE.from_skopt([1, 2, 3])
    with pytest.raises(SpaceError, match="LearningRate has the coordinate nan; coordinates lie between 0 and 1"):
        SPACE.from_unit_cube([math.nan] * 10)
    with pytest.raises(SpaceError, match=r"LearningRate has the coordinate 1\.1"):
        SPACE.from_unit_cube([1.1] * 10)


def test_a_number_that_rounding_moved_past_the_end_is_the_end() -> None:
    for name in BY_VALUE:
        there, back = ways(name, SPACE)
        point = there({**some(SPACE, 1)[0], "LearningRate": 1.0})
        past = np.float64(1.0000000000000002)
        moved = [past, *point[1:]] if name == "skopt" else {**point, "LearningRate": past}
        assert back(moved)["LearningRate"] == 1.0


def test_the_cube_has_the_bounds_that_scipy_takes() -> None:
    assert SPACE.to_unit_cube() == [(0.0, 1.0)] * 10
