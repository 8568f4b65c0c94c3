"""Function methods: handed over in a fixed order, ended with the run, and failed seeds like any other."""

# ruff: noqa: ARG001 - functions whose arguments are given, not used

from __future__ import annotations

import bdb
import pickle
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from harness import registry
from harness.benchmark import exchange, handover
from harness.benchmark.handover import FunctionMethod, ObjectiveFunction
from harness.errors import BudgetExhausted
from harness.runs.execution.execute import in_memory
from harness.runs.isolation.entry import Limits
from harness.runs.pairing import Choices, pair
from harness.runs.records import MEASURED
from harness.runs.run import Run
from harness.runs.runner import run
from harness.runs.selection import Selection
from harness.sources.models.surrogates import SurrogateSet
from harness.testing import CHECKS, Subject
from support import function_methods
from support.function_methods import FAILING, SOUND, RandomSearchClass

FILE = Path(function_methods.__file__)


def ran(source: SurrogateSet, method: Any, setting: str = "bb", workers: int | None = None, **settings: Any) -> Run:
    board = registry.leaderboard("cifar10", "single", setting)
    return run(pair(board, source, registry.method(method), Choices(settings, workers=workers)), 0)


def named(name: str) -> Any:
    return getattr(function_methods, name)


def trace(outcome: Run) -> dict[str, Any]:
    return {name: list(values) for name, values in outcome.columns.items() if name != MEASURED}


@pytest.mark.parametrize("function", SOUND, ids=lambda function: str(function.__name__))
def test_a_function_runs_to_the_end_of_the_budget_and_leaves_no_thread(toy_set: SurrogateSet, function: Any) -> None:
    before = threading.active_count()
    outcome = ran(toy_set, function)
    assert (outcome.status, outcome.stopped, outcome.reason) == ("complete", "budget", None)
    assert threading.active_count() == before


@pytest.mark.parametrize("name", FAILING)
def test_a_function_that_fails_is_a_failed_seed_and_leaves_no_thread(toy_set: SurrogateSet, name: str) -> None:
    before = threading.active_count()
    outcome = ran(toy_set, named(name))
    assert outcome.status == "failed"
    assert FAILING[name] in str(outcome.reason)
    assert threading.active_count() == before


def test_a_function_and_a_class_with_the_same_name_give_the_same_trace(toy_set: SurrogateSet) -> None:
    def made(problem: Any, seed: int) -> Any:
        return RandomSearchClass(problem, seed)

    def twin(objective: Any, problem: Any, seed: int) -> None:
        function_methods.catches_exceptions(objective, problem, seed)

    vars(made)["name"] = "twin"
    one, other = ran(toy_set, made), ran(toy_set, twin)
    assert trace(one) == trace(other)
    assert len(one.columns["trial"]) > 50


@pytest.mark.parametrize(
    "name", ["random_search", "batches", "raises", "illegal", "catches_everything", "fails_after_the_end"]
)
def test_a_run_gives_the_same_with_and_without_a_process_of_its_own(toy_set: SurrogateSet, name: str) -> None:
    found = []
    for limits in (None, Limits()):
        (record,) = in_memory(Selection("cifar10", "bb", (f"{FILE}:{name}",), 1, isolate=limits).jobs(toy_set))
        found.append(record)
    one, other = found
    assert one.spec == other.spec
    assert one.table.drop_columns([MEASURED]).equals(other.table.drop_columns([MEASURED]))
    assert one.runs == other.runs


def test_a_batch_keeps_every_worker_busy_and_answers_in_order(toy_set: SurrogateSet) -> None:
    outcome = ran(toy_set, function_methods.batches, workers=4)
    assert (outcome.status, max(outcome.columns["worker"])) == ("complete", 3)


def test_a_function_may_vary_the_fidelity(toy_set: SurrogateSet) -> None:
    assert ran(toy_set, function_methods.successive, "mf").status == "complete"


def test_a_library_that_minimises_a_function_runs(toy_set: SurrogateSet) -> None:
    pytest.importorskip("scipy", "1.15")
    outcome = ran(toy_set, function_methods.scipys, popsize="2")
    assert (outcome.status, outcome.stopped) == ("complete", "budget")


def test_a_function_that_returns_early_has_what_it_evaluated(toy_set: SurrogateSet) -> None:
    outcome = ran(toy_set, function_methods.returns_early)
    assert (outcome.status, outcome.stopped, len(outcome.columns["trial"])) == ("complete", "method", 5)


def test_the_blocks_of_a_function_end(toy_set: SurrogateSet) -> None:
    function_methods.ENDED.clear()
    ran(toy_set, function_methods.cleans_up)
    assert function_methods.ENDED == ["finally"]


def test_a_traceback_has_the_users_lines(toy_set: SurrogateSet) -> None:
    found = ran(toy_set, function_methods.raises).traceback or ""
    assert f'File "{FILE}"' in found
    assert 'raise KeyError("mine")' in found


def test_no_exception_of_a_library_is_the_end() -> None:
    assert not issubclass(BudgetExhausted, Exception)


def test_the_end_of_a_debugger_and_ctrl_c_reach_the_user(toy_set: SurrogateSet) -> None:
    for error in (bdb.BdbQuit, KeyboardInterrupt):

        def stops(objective: Any, problem: Any, seed: int, error: Any = error) -> None:
            objective(problem.space.sample(__import__("numpy").random.default_rng(seed)))
            raise error

        with pytest.raises(error):
            ran(toy_set, stops)


def test_a_debugger_stops_in_the_function(toy_set: SurrogateSet) -> None:
    """Its breakpoints hold in the function's thread."""
    seen = []

    class Debugger(bdb.Bdb):
        def user_line(self, frame: Any) -> None:
            seen.append(frame.f_code.co_name)
            self.set_continue()

    if sys.gettrace() is not None:
        pytest.skip("the tests are being traced")
    debugger = Debugger()
    line = function_methods.returns_early.__code__.co_firstlineno + 2
    assert debugger.set_break(str(FILE), line) is None
    debugger.runcall(ran, toy_set, function_methods.returns_early)
    assert "returns_early" in seen


def test_a_method_that_nobody_ends_ends_its_function() -> None:
    done = threading.Event()

    def function(objective: ObjectiveFunction, problem: Any, seed: int) -> None:
        try:
            objective({})
        finally:
            done.set()

    method: Any = FunctionMethod(function, None, 0, {})  # type: ignore[arg-type]
    assert method.ask() == {}
    del method
    assert done.wait(10)


def test_a_function_that_computes_on_is_stopped_when_its_run_is_abandoned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "PATIENCE", 0.03)

    def function(objective: ObjectiveFunction, problem: Any, seed: int) -> None:
        try:
            objective({})
        except BaseException:
            while True:
                seed += 1

    method = FunctionMethod(function, None, 0, {})  # type: ignore[arg-type]
    method.ask()
    with pytest.raises(RuntimeError, match="goes on after BudgetExhausted"):
        method.finish()
    method.abandon()
    assert not any(t.name == "harness-function-method" for t in threading.enumerate())


def test_the_objective_stays_where_it_is() -> None:
    with pytest.raises(TypeError, match=r"objective\.batch"):
        pickle.dumps(ObjectiveFunction(exchange.Exchange()))


def test_the_conformance_suite_says_which_declaration_is_missing() -> None:
    results = {
        check.name: check.result(Subject(function_methods.one_thread, 8))
        for check in CHECKS
        if check.name in ("declared", "several-pending")
    }
    assert results["declared"].status == "ok"
    assert results["several-pending"].status == "failed"
    assert "Capabilities(workers=1)" in results["several-pending"].text


def test_a_function_passes_the_checks_of_what_it_declares() -> None:
    subject = Subject(f"{FILE}:successive", 6)
    results = [check.result(subject) for check in CHECKS if not check.slow]
    assert {result.status for result in results} <= {"ok", "not applicable"}, results
