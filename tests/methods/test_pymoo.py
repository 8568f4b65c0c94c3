"""pymoo's methods: they propose what the library proposes by itself, told the same."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

pytest.importorskip("pymoo", reason="pymoo is not installed")

from pymoo.algorithms.moo import nsga2
from pymoo.core.mixed import (
    MixedVariableDuplicateElimination,
    MixedVariableGA,
    MixedVariableMating,
    MixedVariableSampling,
)
from pymoo.core.problem import ElementwiseProblem
from pymoo.core.variable import Choice, Real
from pymoo.operators.selection.tournament import TournamentSelection
from pymoo.optimize import minimize

from harness.benchmark.method import Method, Proposal
from harness.benchmark.space import Categorical, Float, Integer, Space
from optimizers.pymoo_methods import GA, NSGA2
from protocols.jahs.space import SPACE
from support.driving import asked, drive, observation, odd, problem, smooth, two


class Recorded(ElementwiseProblem):  # type: ignore[misc]
    """The JAHS space the way a user of pymoo writes it; remembers what is evaluated."""

    def __init__(self, objectives: int) -> None:
        variables: dict[str, Any] = {}
        for name, p in SPACE.items():
            choices = getattr(p, "choices", ())
            variables[name] = Choice(options=list(range(len(choices)))) if choices else Real(bounds=(0.0, 1.0))
        super().__init__(vars=variables, n_obj=objectives)
        self.seen: list[dict[str, Any]] = []

    def _evaluate(self, x: Any, out: Any, *_: Any, **__: Any) -> None:
        found = {n: p.choices[int(x[n])] if isinstance(p, Categorical) else p.at(float(x[n])) for n, p in SPACE.items()}
        self.seen.append(found)
        out["F"] = (smooth if self.n_obj == 1 else two)(Proposal(found))


def library_nsga2(pop_size: int) -> Any:
    duplicates = MixedVariableDuplicateElimination()
    selection = TournamentSelection(func_comp=nsga2.binary_tournament)
    mating = MixedVariableMating(selection=selection, eliminate_duplicates=duplicates)
    return nsga2.NSGA2(
        pop_size=pop_size, sampling=MixedVariableSampling(), mating=mating, eliminate_duplicates=duplicates
    )


@pytest.mark.parametrize(
    ("made", "library", "objective"),
    [
        (GA, lambda: MixedVariableGA(pop_size=10), "single"),
        (NSGA2, lambda: library_nsga2(10), "single"),
        (NSGA2, lambda: library_nsga2(10), "multi"),
    ],
)
@pytest.mark.filterwarnings("ignore:The ``feasible`` property", "ignore:`row_stack` alias")
def test_it_proposes_what_the_library_proposes(made: Any, library: Any, objective: str) -> None:
    posed = problem(objective=objective)
    alone = Recorded(len(posed.objectives))
    before = random.getstate(), np.random.get_state()  # noqa: NPY002
    minimize(alone, library(), ("n_gen", 5), seed=7)
    random.setstate(before[0])
    np.random.set_state(before[1])  # noqa: NPY002
    proposals = drive(made(posed, 7, pop_size=10), posed, 50, smooth if objective == "single" else two)
    assert [{name: p.configuration[name] for name in SPACE} for p in proposals] == alone.seen


def test_a_generation_is_told_when_it_is_complete_whatever_the_order() -> None:
    posed = problem(objective="multi")
    in_order, shuffled = NSGA2(posed, 1, pop_size=10), NSGA2(posed, 1, pop_size=10)
    assert drive(in_order, posed, 40, two) == drive(shuffled, posed, 40, two, pending=20, shuffled=3)
    first = [asked(in_order) for _ in range(10)]
    for proposal in first:
        assert in_order.ask() is None
        assert proposal is not None
        in_order.tell(observation(posed, proposal, two(proposal)))
    assert in_order.ask() is not None


def test_it_improves() -> None:
    posed = problem()
    for method in (GA(posed, 1, pop_size=20), NSGA2(posed, 1, pop_size=20)):
        values = [smooth(p)[0] for p in drive(method, posed, 400)]
        assert min(values) < min(values[:20]) - 1


@pytest.mark.parametrize(("made", "objective"), [(GA, "single"), (NSGA2, "single"), (NSGA2, "multi")])
def test_odd_losses_are_survived(made: Any, objective: str) -> None:
    posed = problem(objective=objective)
    assert len(drive(made(posed, 1, pop_size=8), posed, 60, lambda p: odd(p, len(posed.objectives)))) == 60
    equal = [1.0] * len(posed.objectives)
    assert len(drive(made(posed, 1, pop_size=8), posed, 60, lambda _: tuple(equal))) == 60


def test_the_global_random_state_is_neither_read_nor_changed() -> None:
    posed = problem()

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

    for made in (GA, NSGA2):
        assert drive(Disturbed(made(posed, 3, pop_size=6)), posed, 30) == drive(made(posed, 3, pop_size=6), posed, 30)


def test_every_kind_of_parameter_is_searched() -> None:
    space = Space((Float("rate", 1e-3, 1.0, log=True), Float("size", -1.0, 3.0), Integer("depth", 2, 9),
                   Categorical("op", ("a", "b")), Categorical("fixed", (True,))), {"constant": 1})  # fmt: skip
    posed = problem(space=space)
    for made in (GA, NSGA2):
        proposals = drive(made(posed, 1, pop_size=20), posed, 200, lambda p: (p.configuration["rate"],))
        assert {type(p.configuration["depth"]) for p in proposals} == {int}
        assert len({p.configuration["depth"] for p in proposals}) > 4
        assert proposals[0].configuration["constant"] == 1


def test_it_ends_when_no_new_configuration_can_be_bred() -> None:
    posed = problem(space=Space((Categorical("op", ("a", "b", "c")),)))
    proposals = drive(GA(posed, 1, pop_size=5), posed, 50, lambda _: (1.0,))
    assert sorted(p.configuration["op"] for p in proposals) == ["a", "b", "c"]


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    posed = problem()
    drive(NSGA2(posed, 1, pop_size=6), posed, 20)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("made", [GA, NSGA2])
def test_a_bad_setting_is_named(made: Any) -> None:
    with pytest.raises(ValueError, match=r"^pop_size = 1 must be at least 2$"):
        made(problem(), 0, pop_size=1)


def test_the_notice_setting_of_the_library_is_put_back() -> None:
    from pymoo.config import Config

    before = dict(Config.warnings)
    drive(GA(problem(), 1), problem(), 5)
    assert Config.warnings == before
