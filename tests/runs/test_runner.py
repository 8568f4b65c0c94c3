"""Stories of one run: a hand-written method on the set ``clockwork``, where an epoch takes a second.

A full evaluation takes 200 s and the budget is 20,000 s, so every log can be checked in the head.
"""

# ruff: noqa: ARG002 - fixtures and methods whose arguments are given, not used

from __future__ import annotations

import contextlib
import dataclasses
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import registry
from harness.benchmark.columns import LEDGER_COLUMNS
from harness.benchmark.method import Observation, Problem, Proposal
from harness.benchmark.source import Source
from harness.errors import SurrogateError, UnknownName, UsageError
from harness.registry import load_surrogates
from harness.runs.pairing import Choices, pair
from harness.runs.run import Run
from protocols.jahs.leaderboards import TASKS
from support.handwritten import handwritten
from support.made_sets import AT, clockwork_models, write_set
from support.stories import CONSTANTS, Script, at, config, log, play, script


def test_a_training_is_continued_another_one_starts_anew(clockwork: Source) -> None:
    result = play(script(at(2), at(7), at(7), at(5, rate=0.25), at(200)), clockwork)
    assert (result.status, result.stopped, result.repairs) == ("complete", "method", 0)
    assert log(result) == [
        "0-2 worker 0 trial 0 epoch 2: 2",
        "2-7 worker 0 trial 0 epoch 7: 5 after 2",
        "7-14 worker 0 trial 0 epoch 7: 7",
        "14-19 worker 0 trial 1 epoch 5: 5",
        "19-212 worker 0 trial 0 epoch 200: 193 after 7",
    ]


def test_from_scratch_pays_every_epoch_again(clockwork: Source) -> None:
    result = play(script(at(2), at(7), at(200)), clockwork, from_scratch=True)
    assert log(result) == [
        "0-2 worker 0 trial 0 epoch 2: 2",
        "2-9 worker 0 trial 0 epoch 7: 7",
        "9-209 worker 0 trial 0 epoch 200: 200",
    ]


def test_a_method_without_checkpoints_pays_from_scratch(clockwork: Source) -> None:
    result = play(script(at(2), at(7)), clockwork, capabilities={"continuation": False})
    assert log(result) == ["0-2 worker 0 trial 0 epoch 2: 2", "2-9 worker 0 trial 0 epoch 7: 7"]


def test_a_change_of_resolution_is_a_new_training(clockwork: Source) -> None:
    result = play(script(at(2), at(7, Resolution=0.5), at(9)), clockwork, setting="multi-mf")
    assert log(result) == [
        "0-2 worker 0 trial 0 epoch 2: 2",
        "2-9 worker 0 trial 0 epoch 7: 7",
        "9-16 worker 0 trial 0 epoch 9: 7 after 2",
    ]


def test_a_hundred_full_evaluations_end_exactly_at_the_budget_and_all_count(clockwork: Source) -> None:
    method = script(*[config()] * 150)
    result = play(method, clockwork, setting="bb")
    assert (result.status, result.stopped) == ("complete", "budget")
    assert len(method.told) == 100
    assert len(result.columns["end"]) == 100
    assert result.columns["end"][-1] == 20_000.0
    assert all(result.columns["counted"])


def test_what_ends_after_the_budget_is_recorded_not_counted_and_not_told(clockwork: Source) -> None:
    method = script(at(1), *[config()] * 150)
    result = play(method, clockwork, from_scratch=True)
    assert log(result)[-2:] == [
        "19601-19801 worker 0 trial 0 epoch 200: 200",
        "19801-20001 worker 0 trial 0 epoch 200: 200, cut off",
    ]
    assert len(method.told) == 100
    assert result.stopped == "budget"


def test_two_workers_cut_off_at_the_budget(clockwork: Source) -> None:
    result = play(script(at(1), *[config()] * 300), clockwork, from_scratch=True, workers=2)
    assert log(result)[:4] == [
        "0-1 worker 0 trial 0 epoch 1: 1",
        "0-200 worker 1 trial 0 epoch 200: 200",
        "1-201 worker 0 trial 0 epoch 200: 200",
        "200-400 worker 1 trial 0 epoch 200: 200",
    ]
    assert log(result)[-2:] == [
        "19800-20000 worker 1 trial 0 epoch 200: 200",
        "19801-20001 worker 0 trial 0 epoch 200: 200, cut off",
    ]


def test_three_workers_and_their_completions_in_order(clockwork: Source) -> None:
    method = script(at(3, 0.5), at(1, 0.25), at(3, 0.125), at(2, 0.0625), at(5, 0.03125))
    result = play(method, clockwork, workers=3)
    assert log(result) == [
        "0-3 worker 0 trial 0 epoch 3: 3",
        "0-1 worker 1 trial 1 epoch 1: 1",
        "0-3 worker 2 trial 2 epoch 3: 3",
        "1-3 worker 1 trial 3 epoch 2: 2",
        "3-8 worker 0 trial 4 epoch 5: 5",
    ]
    assert [observation.trial for observation in method.told] == [1, 0, 2, 3, 4]


def test_all_completions_of_one_instant_are_told_before_the_next_question(clockwork: Source) -> None:
    events: list[str] = []

    class Listener(Script):
        answers = (at(4, 0.5), at(4, 0.25), at(1, 0.125))

        def ask(self) -> Any:
            events.append("ask")
            return super().ask()

        def tell(self, observation: Observation) -> None:
            events.append(f"tell {observation.trial}")

    play(Listener, clockwork, workers=2)
    assert events == ["ask", "ask", "tell 0", "tell 1", "ask", "ask", "tell 2", "ask"]


def test_a_training_can_only_be_continued_once_it_has_ended(clockwork: Source) -> None:
    result = play(script(at(2), at(7)), clockwork, workers=2)
    assert log(result) == ["0-2 worker 0 trial 0 epoch 2: 2", "0-7 worker 1 trial 0 epoch 7: 7"]


class OneAtATime:
    """Answers None while anything is pending, and thrice in all."""

    def __init__(self, problem: Problem, seed: int) -> None:
        self.left, self.pending = 3, False

    def ask(self) -> Any:
        if self.pending or not self.left:
            return None
        self.left, self.pending = self.left - 1, True
        return at(10)

    def tell(self, observation: Observation) -> None:
        self.pending = False


def test_nothing_now_leaves_workers_idle_until_the_next_completion(clockwork: Source) -> None:
    result = play(OneAtATime, clockwork, workers=4)
    assert log(result) == [f"{s}-{s + 10} worker 0 trial 0 epoch 10: 10" for s in (0, 10, 20)]
    assert (result.status, result.stopped) == ("complete", "method")


def test_a_method_that_never_proposes_anything_has_failed(clockwork: Source) -> None:
    result = play(script(), clockwork)
    assert (result.status, log(result)) == ("failed", [])
    assert "stalled" in str(result.reason)


@pytest.mark.parametrize(
    ("setting", "cost"), [("bb", None), ("ca", 200.0), ("mf", 200.0), ("multi-mf", 200.0)], ids=lambda v: str(v)
)
def test_the_cost_is_told_in_every_setting_but_the_black_box(
    clockwork: Source, setting: str, cost: float | None
) -> None:
    method = script(config())
    play(method, clockwork, setting=setting)
    assert [observation.cost for observation in method.told] == [cost]


def test_the_cost_told_is_the_charge_not_the_price(clockwork: Source) -> None:
    method = script(at(2), at(7))
    play(method, clockwork)
    assert [observation.cost for observation in method.told] == [2.0, 5.0]


def test_losses_are_minimised_in_the_order_of_the_objectives(clockwork: Source) -> None:
    single, multi = script(config(0.25)), script(config(0.25))
    play(single, clockwork, setting="bb")
    play(multi, clockwork, setting="bb", objective="multi")
    assert single.told[0].losses == (-25.0,)
    assert multi.told[0].losses == (-25.0, 1.0000000474974513)


def test_a_method_is_told_what_its_leaderboard_allows_and_nothing_else(clockwork: Source) -> None:
    seen: list[Any] = []

    class Curious(Script):
        answers = (at(3),)

        def __init__(self, problem: Problem, seed: int) -> None:
            super().__init__(problem, seed)
            seen.append(problem)

        def tell(self, observation: Observation) -> None:
            seen.append(observation)

    play(Curious, clockwork)
    problem, observation = seen
    assert {f.name for f in dataclasses.fields(problem)} == {
        "space", "objectives", "setting", "fidelities", "full", "axes", "budget", "full_cost", "workers",
        "continuation",
    }  # fmt: skip
    assert {f.name for f in dataclasses.fields(observation)} == {
        "trial", "configuration", "fidelity", "losses", "cost", "failed",
    }  # fmt: skip
    everything = repr(problem) + repr(observation)
    for secret in ("cifar", "colorectal", "fashion", "test-acc", "train-acc", "clockwork", "runtime"):
        assert secret not in everything.lower()
    assert "45.0" not in everything  # the test accuracy of this evaluation
    assert (problem.budget, problem.full_cost, problem.axes, problem.workers) == (20_000.0, 200.0, ("epoch",), 1)


def failure(made: Callable[..., Any], surrogates: Source, **options: Any) -> str:
    """The reason of a run that must fail."""
    result = play(made, surrogates, **options)
    assert (result.status, result.stopped) == ("failed", "error")
    assert result.reason is not None
    assert "\n" not in result.reason
    return result.reason


@pytest.mark.parametrize("setting", ["bb", "ca"])
def test_a_lower_fidelity_in_a_full_fidelity_setting_is_a_failed_run(clockwork: Source, setting: str) -> None:
    reason = failure(script(at(100)), clockwork, setting=setting)
    assert "epoch = 100" in reason
    assert setting in reason


@pytest.mark.parametrize("setting", ["bb", "ca", "mf", "multi-mf"])
def test_the_full_fidelity_may_be_spelled_out_everywhere(clockwork: Source, setting: str) -> None:
    result = play(script(Proposal(config(), {"N": 5, "W": 16, "Resolution": 1, "epoch": 200})), clockwork, setting)
    assert log(result) == ["0-200 worker 0 trial 0 epoch 200: 200"]


@pytest.mark.parametrize("second", [{"N": 1}, {"W": 4}, {"Resolution": 0.25}])
def test_a_second_fidelity_axis_in_mf_is_a_failed_run(clockwork: Source, second: dict[str, Any]) -> None:
    reason = failure(script(at(10), at(10, **second)), clockwork)
    name, value = next(iter(second.items()))
    assert f"{name} = {value}" in reason
    assert "epoch" in reason


def test_the_declared_axis_is_the_only_one(clockwork: Source) -> None:
    assert play(script(Proposal(config(), {"N": 3})), clockwork, axis="N").status == "complete"
    assert "epoch = 10" in failure(script(at(10)), clockwork, axis="N")


def test_any_axis_may_vary_in_multi_mf(clockwork: Source) -> None:
    assert play(script(at(10, N=1, W=4, Resolution=0.25)), clockwork, setting="multi-mf").status == "complete"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (config(2.0), ["LearningRate", "2.0", "[0.001, 1]"]),
        (config(Op3=7), ["Op3", "7", "{0, 1, 2, 3, 4}"]),
        (config(Momentum=0.9), ["Momentum"]),
        ({"LearningRate": 0.5}, ["WeightDecay", "missing"]),
        (at(0), ["epoch", "0", "{1..200}"]),
        (at(10, N=2), ["N", "2", "{1, 3, 5}"]),
        (at(10, Depth=2), ["Depth"]),
        (Proposal(config(), [("epoch", 3)]), ["list", "mapping"]),  # type: ignore[arg-type]
        (Proposal(None), ["mapping", "None"]),  # type: ignore[arg-type]
        ("a string", ["mapping", "a string"]),
        (17, ["mapping", "17"]),
        (config(np.array([[1.0, 2.0], [3.0, 4.0]])), ["LearningRate"]),  # type: ignore[arg-type]
    ],
    ids=range(12),
)
def test_a_proposal_outside_the_space_is_a_failed_run_with_the_reason(
    clockwork: Source, answer: Any, words: list[str]
) -> None:
    reason = failure(script(config(), answer), clockwork)
    assert all(word in reason for word in words), reason
    assert "proposed" in reason


def test_the_optimizer_is_no_choice_of_the_method(clockwork: Source) -> None:
    assert "Optimizer" in failure(script(config(Optimizer="Adam")), clockwork)
    assert play(script(config(Optimizer="SGD")), clockwork).status == "complete"


class Raises(Script):
    """Raises in one of its three methods."""

    where = "ask"

    def __init__(self, problem: Problem, seed: int) -> None:
        super().__init__(problem, seed)
        self.waiting = [config()] * 3
        self.explode("init")

    def ask(self) -> Any:
        if len(self.waiting) == 1:
            self.explode("ask")
        return super().ask()

    def tell(self, observation: Observation) -> None:
        self.explode("tell")

    def explode(self, where: str) -> None:
        if where == self.where:
            raise RuntimeError("the fuse\nis blown")


@pytest.mark.parametrize(("where", "finished"), [("init", 0), ("ask", 2), ("tell", 1)])
def test_a_method_that_raises_is_a_failed_run_with_its_traceback(clockwork: Source, where: str, finished: int) -> None:
    result = play(type("Raises", (Raises,), {"where": where}), clockwork)
    assert (result.status, result.stopped) == ("failed", "error")
    assert "RuntimeError" in str(result.reason)
    assert "the fuse" in str(result.reason)
    assert result.traceback is not None
    assert "in explode" in result.traceback
    assert len(result.columns["trial"]) == finished
    assert len({len(column) for column in result.columns.values()}) == 1


def test_a_reason_is_one_line_whatever_the_method_raises(clockwork: Source) -> None:
    failure(Raises, clockwork)


def test_a_method_that_exits_the_process_fails_its_run_only(clockwork: Source) -> None:
    class Exits(Script):
        def ask(self) -> Any:
            raise SystemExit(3)

    assert "SystemExit" in failure(Exits, clockwork)


def test_an_interrupt_is_the_users_not_the_methods(clockwork: Source) -> None:
    class Interrupted(Script):
        def ask(self) -> Any:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        play(Interrupted, clockwork)


class Vandal(Script):
    """Changes everything it is given or has given away."""

    def __init__(self, problem: Problem, seed: int) -> None:
        super().__init__(problem, seed)
        self.mine = [dict(config(0.5)), {"epoch": 2}]
        self.proposed = 0
        with contextlib.suppress(TypeError):
            problem.full["epoch"] = 1  # type: ignore[index]
        problem.space.constants["Optimizer"] = "Adam"
        problem.space.constants["Momentum"] = 0.9
        problem.fidelities.constants["Depth"] = 3

    def ask(self) -> Any:
        self.proposed += 1
        self.mine[0]["LearningRate"] = 0.5
        self.mine[1]["epoch"] = 2 * self.proposed
        return Proposal(*self.mine) if self.proposed <= 3 else None

    def tell(self, observation: Observation) -> None:
        self.mine[0]["LearningRate"] = 0.001
        self.mine[1]["epoch"] = 199
        observation.configuration["LearningRate"] = 0.999
        observation.configuration["Op1"] = 4
        observation.fidelity["epoch"] = 200
        observation.fidelity.clear()
        with pytest.raises(dataclasses.FrozenInstanceError):
            observation.cost = 0.0  # type: ignore[misc]


def test_a_method_cannot_alter_the_record_by_changing_what_it_was_given(clockwork: Source) -> None:
    result = play(Vandal, clockwork)
    assert result.status == "complete", result.reason
    assert log(result) == [
        "0-2 worker 0 trial 0 epoch 2: 2",
        "2-4 worker 0 trial 0 epoch 4: 2 after 2",
        "4-6 worker 0 trial 0 epoch 6: 2 after 4",
    ]
    assert result.columns["LearningRate"] == [0.5] * 3
    assert result.columns["valid-acc"] == [50.0] * 3
    assert result.columns["Op1"] == [0] * 3
    assert result.columns["N"] == [5] * 3


def test_a_vandal_leaves_the_next_run_alone(clockwork: Source) -> None:
    before = play(script(at(2), at(7)), clockwork)
    play(Vandal, clockwork)
    assert play(script(at(2), at(7)), clockwork).columns["end"] == before.columns["end"]


class Wanders(Script):
    """Random configurations at random epochs, from its own seed."""

    def __init__(self, problem: Problem, seed: int) -> None:
        self.problem, self.rng = problem, np.random.default_rng(seed)

    def ask(self) -> Any:
        return Proposal(self.problem.space.sample(self.rng), {"epoch": int(self.rng.integers(1, 201))})

    def tell(self, observation: Observation) -> None:
        pass


def without_clock(result: Run) -> dict[str, list[Any]]:
    """All columns but the measured seconds."""
    return {name: column for name, column in result.columns.items() if name != "method_seconds"}


@pytest.mark.parametrize("workers", [1, 4])
def test_the_same_seed_gives_the_same_run_whatever_the_global_random_state(toy_set: Source, workers: int) -> None:
    random.seed(1)
    first = play(Wanders, toy_set, seed=3, workers=workers)
    random.seed(2)
    np.random.seed(2)  # noqa: NPY002 - that it does not matter is the point
    second = play(Wanders, toy_set, seed=3, workers=workers)
    assert without_clock(first) == without_clock(second)
    assert without_clock(play(Wanders, toy_set, seed=4, workers=workers)) != without_clock(first)


def test_the_seed_of_a_method_depends_on_leaderboard_set_method_and_seed_alone(
    toy_set: Source, clockwork: Source
) -> None:
    seeds: list[int] = []

    class Tells(Script):
        def __init__(self, problem: Problem, seed: int) -> None:
            super().__init__(problem, seed)
            seeds.append(seed)

    cases: tuple[tuple[Source, str, int, dict[str, Any]], ...] = (
        (clockwork, "mf", 0, {}),
        (clockwork, "mf", 0, {"workers": 3, "from_scratch": True}),
        (clockwork, "mf", 1, {}),
        (clockwork, "bb", 0, {}),
        (toy_set, "mf", 0, {}),
    )
    for surrogates, setting, seed, options in cases:
        play(Tells, surrogates, setting, seed=seed, **options)
    assert seeds[0] == seeds[1]
    assert len(set(seeds)) == 4
    # SHA-256 of the names: the same on every machine and in every version of Python.
    assert seeds[0] == 3817876146


def test_every_column_of_a_row_belongs_to_one_evaluation(toy_set: Source) -> None:
    """The whole ledger, recomputed from the surrogates and the rules, row by row."""
    result = play(Wanders, toy_set, seed=1, workers=3)
    board = registry.leaderboard("cifar10", "single", "mf")
    constants = toy_set.constants("cifar10")
    columns = result.columns
    assert set(columns) == {"trial", *board.space, *board.fidelities, *board.metrics, *LEDGER_COLUMNS}
    assert len(columns["trial"]) > 100
    for i, trial in enumerate(columns["trial"]):
        row = {name: columns[name][i] for name in (*board.space, *board.fidelities)}
        predicted = toy_set.query("cifar10", row)
        assert {m: columns[m][i] for m in board.metrics} == predicted
        assert columns["price"][i] == predicted["runtime"]
        assert columns["charge"][i] == columns["price"][i] - columns["credit"][i]
        assert columns["end"][i] == columns["start"][i] + columns["charge"][i]
        assert columns["counted"][i] == (columns["end"][i] <= 100.0 * constants["mean_runtime"])
        assert trial == i  # every configuration is new
        assert columns["method_seconds"][i] >= 0.0


def test_the_same_configuration_is_the_same_trial(clockwork: Source) -> None:
    result = play(script(config(0.5), config(0.25), config(0.5), config(0.5, Op6=1)), clockwork)
    assert result.columns["trial"] == [0, 1, 0, 2]


def test_a_runtime_below_the_floor_is_repaired_and_counted(data_directory: Path) -> None:
    models = clockwork_models()
    models["runtime"] = models["size_MB"]  # one second, however many epochs
    write_set(data_directory / "sets" / "constant-time", dict.fromkeys(TASKS, models), dict.fromkeys(TASKS, CONSTANTS))
    result = play(script(at(2), at(7), at(7)), load_surrogates("constant-time"))
    assert result.columns["charge"] == [1.0, 1e-6 * 200.0, 1.0]
    assert result.columns["repaired"] == [False, True, False]
    assert result.repairs == 1


def test_a_surrogate_that_predicts_no_number_stops_the_command_not_the_method(data_directory: Path) -> None:
    models = clockwork_models()
    overflows = dataclasses.replace(models["latency"].link, lower=1e308, upper=1e308, weights=((AT["epoch"], 1e308),))
    models["latency"] = dataclasses.replace(models["latency"], link=overflows)
    write_set(data_directory / "sets" / "infinite", dict.fromkeys(TASKS, models), dict.fromkeys(TASKS, CONSTANTS))
    with pytest.raises(SurrogateError, match=r"latency.*inf"):
        play(script(config()), load_surrogates("infinite"))


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"capabilities": {"settings": ("bb",)}}, UsageError, ["mf", "bb"]),
        ({"capabilities": {"objectives": ("multi",)}}, UsageError, ["single", "multi"]),
        ({"capabilities": {"workers": 1}, "workers": 2}, UsageError, ["workers", "1", "2"]),
        ({"workers": 0}, UsageError, ["workers", "0"]),
        ({"axis": "depth"}, UnknownName, ["depth", "epoch", "Resolution"]),
        ({"axis": "N", "setting": "bb"}, UsageError, ["bb"]),
        ({"space": "hpos"}, UnknownName, ["hpos", "did you mean 'hpo'"]),
    ],
)
def test_an_impossible_pairing_is_refused_before_it_runs(
    clockwork: Source, change: dict[str, Any], error: type[Exception], words: list[str]
) -> None:
    with pytest.raises(error) as caught:
        play(script(), clockwork, **change)
    assert all(word in str(caught.value) for word in words)


@pytest.mark.parametrize("space", ["hpo", "nas"])
def test_a_derived_space_is_fixed_per_seed_and_the_same_for_every_method(clockwork: Source, space: str) -> None:
    fixed: list[dict[str, Any]] = []

    class Reads(Script):
        def __init__(self, problem: Problem, seed: int) -> None:
            super().__init__(problem, seed)
            fixed.append(dict(problem.space.constants))
            self.waiting = [problem.space.sample(np.random.default_rng(0))]

    for seed, setting, capabilities in ((0, "bb", {}), (0, "mf", {"settings": ("mf",)}), (1, "bb", {})):
        result = play(Reads, clockwork, setting=setting, seed=seed, space=space, capabilities=capabilities)
        for name, value in fixed[-1].items():
            assert name == "Optimizer" or result.columns[name] == [value]
    assert fixed[0] == fixed[1] != fixed[2]
    expected = registry.suite().spaces[space]
    assert set(fixed[0]) == {*expected, "Optimizer"}


def test_a_method_may_not_leave_its_derived_space(clockwork: Source) -> None:
    class Leaves(Script):
        def __init__(self, problem: Problem, seed: int) -> None:
            super().__init__(problem, seed)
            other = {"Op1": (problem.space.constants["Op1"] + 1) % 5}
            self.waiting = [problem.space.sample(np.random.default_rng(0)) | other]

    assert "Op1" in failure(Leaves, clockwork, space="hpo")


@pytest.mark.parametrize(
    ("options", "label"),
    [
        ({}, "mine"),
        ({"axis": "epoch"}, "mine"),
        ({"axis": "N"}, "mine[axis=N]"),
        ({"from_scratch": True, "workers": 4}, "mine[from-scratch,workers=4]"),
        ({"axis": "W", "from_scratch": True, "space": "nas"}, "mine[axis=W,from-scratch,space=nas]"),
    ],
)
def test_the_label_says_what_differs_from_the_protocol(clockwork: Source, options: dict[str, Any], label: str) -> None:
    board = registry.leaderboard("cifar10", "single", "mf")
    assert pair(board, clockwork, handwritten(script()), Choices(**options)).spec.label == label
