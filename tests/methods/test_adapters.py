"""Adapters of libraries, where the conformance suite does not reach: odd losses, odd spaces, the library left alone."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from harness.benchmark.method import Method, Problem
from harness.benchmark.methods import MethodEntry
from harness.benchmark.space import Categorical, Float, Integer, Space
from harness.errors import UsageError
from optimizers import METHODS
from optimizers.fence import Fence
from support.driving import drive, odd, problem

NAMES = (
    "catcma", "catcma-margin", "dehb", "botorch-logei", "botorch-logehvi", "hyperopt-tpe", "pymoo-sms-emoa",
    "pymoo-moead", "nevergrad-ngopt", "nevergrad-discrete-lengler", "syne-tune-cqr", "syne-tune-bore",
    "syne-tune-asha",
)  # fmt: skip
MIXED = Space(
    (
        Float("rate", 1e-3, 1.0, log=True), Float("size", -1.0, 3.0), Integer("depth", 2, 9),
        Categorical("op", ("a", "b")), Categorical("level", (1, 2, 4), ordered=True), Categorical("fixed", (True,)),
    ),
    {"constant": 1},
)  # fmt: skip


def available(entry: MethodEntry) -> bool:
    try:
        entry.require()
    except UsageError:
        return False
    return True


every_adapter = pytest.mark.parametrize(
    "entry",
    [
        pytest.param(
            METHODS[name], id=name,
            marks=[
                pytest.mark.skipif(not available(METHODS[name]), reason=f"for {name}, a library is not installed"),
                *([pytest.mark.slow] if METHODS[name].slow else []),
            ],
        )
        for name in NAMES
    ],
)  # fmt: skip


def posed(entry: MethodEntry, **given: Any) -> Problem:
    """A problem that the method can do."""
    can = entry.capabilities
    setting = next(s for s in ("bb", "mf") if s in can.settings)
    return problem(setting, can.objectives[-1], ("epoch",) if can.axis else (), **given)


def made(entry: MethodEntry, given: Problem, seed: int = 1) -> Method:
    early = {"n_startup_trials": 5} if entry.extra == "botorch" else {}  # so that the model is soon trained
    method: Method = entry.load()(given, seed, **entry.preset, **early)
    return method


def size(entry: MethodEntry) -> int:
    """Proposals enough for the model of a slow one, or for several generations."""
    return 9 if entry.slow else 60


@every_adapter
def test_odd_losses_are_survived(entry: MethodEntry) -> None:
    given = posed(entry)
    n = len(given.objectives)
    assert len(drive(made(entry, given), given, size(entry), lambda p: odd(p, n))) == size(entry)


@every_adapter
def test_equal_losses_are_survived(entry: MethodEntry) -> None:
    given = posed(entry)
    equal = (1.0,) * len(given.objectives)
    assert len(drive(made(entry, given), given, size(entry), lambda _: equal)) == size(entry)


@every_adapter
def test_every_kind_of_parameter_is_searched(entry: MethodEntry) -> None:
    given = posed(entry, space=MIXED)
    n = len(given.objectives)
    proposals = drive(
        made(entry, given), given, size(entry), lambda p: (p.configuration["rate"], p.configuration["size"])[:n]
    )
    values = [p.configuration for p in proposals]
    assert {type(c["depth"]) for c in values} == {int}
    assert all(len({c[name] for c in values}) > 1 for name in ("rate", "size", "depth", "op", "level"))
    assert {(c["fixed"], c["constant"]) for c in values} == {(True, 1)}


@every_adapter
@pytest.mark.parametrize(
    "space",
    [
        Space((Categorical("op", ("a", "b", "c")),)), Space((Float("rate", 0.0, 1.0),)), Space((Integer("n", 1, 3),)),
        Space((Integer("n", 1, 500), Float("rate", 0.0, 1.0))),
    ],
    ids=("a-choice", "a-real", "a-whole", "a-wide-whole"),
)  # fmt: skip
def test_spaces_of_few_parameters_are_searched(entry: MethodEntry, space: Space) -> None:
    if entry.name == "nevergrad-ngopt" and {type(p) for p in space.values()} == {Float}:
        pytest.skip("with NumPy 2.4, Nevergrad 1.0.12 itself fails on a space of real numbers alone")
    given = posed(entry, space=space)
    n = len(given.objectives)
    (name, *_) = space
    value = (lambda v: "abc".index(v)) if isinstance(space[name], Categorical) else float
    proposals = drive(
        made(entry, given),
        given,
        size(entry),
        lambda p: (value(p.configuration[name]), -value(p.configuration[name]))[:n],
    )
    every = {str(p.configuration) for p in proposals}
    assert len(proposals) == size(entry) or len(every) == 3  # an evolution may end when there is nothing new


@every_adapter
def test_the_global_random_state_is_neither_read_nor_changed(entry: MethodEntry) -> None:
    given, count = posed(entry), min(size(entry), 15)

    class Disturbed:
        def __init__(self, method: Method) -> None:
            self.method = method

        def ask(self) -> Any:
            random.seed(1)
            np.random.seed(1)  # noqa: NPY002
            answer = self.method.ask()
            assert (random.random(), np.random.random()) == (0.13436424411240122, 0.417022004702574)  # noqa: NPY002
            return answer

        def tell(self, told: Any) -> None:
            self.method.tell(told)

    first = (0.5,) * len(given.objectives)
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    disturbed = drive(Disturbed(made(entry, given, 3)), given, count, lambda _: first)
    random.setstate(python)
    np.random.set_state(numpy)  # noqa: NPY002
    assert disturbed == drive(made(entry, given, 3), given, count, lambda _: first)


def test_a_fence_keeps_two_random_states_apart_whichever_generator_is_installed() -> None:
    fence, alone = Fence(5), Fence(5)
    with alone.own():
        expected = [(random.random(), np.random.random()) for _ in range(4)]  # noqa: NPY002
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    drawn = []
    for turn in range(4):
        random.seed(turn)
        with fence.own():
            drawn.append((random.random(), np.random.random()))  # noqa: NPY002
    random.setstate(python)
    assert drawn == expected
    state = np.random.get_state()  # noqa: NPY002
    assert isinstance(numpy, tuple)
    assert isinstance(state, tuple)
    assert all(np.array_equal(a, b) for a, b in zip(numpy, state, strict=True))
