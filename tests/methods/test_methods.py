"""What every method must hold, parametrised from the registry, and the arithmetic of Hyperband."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from harness import registry
from harness.benchmark.ladder import rungs
from harness.benchmark.method import Method, Observation, Problem, Proposal
from harness.benchmark.methods import MethodEntry
from harness.runs.pairing import Choices, pair
from harness.runs.runner import run
from harness.runs.spaces import derived_space
from harness.sources.models.surrogates import SurrogateSet
from optimizers import DEFAULTS, METHODS
from optimizers.hyperband import Hyperband, bracket_sizes
from optimizers.pareto import best_first
from protocols.jahs import LEADERBOARDS, SETTINGS

AXES = ("epoch", "N", "W", "Resolution")


def pairings() -> Iterator[Any]:
    """Every method written here on every setting, objective and declared axis that it supports."""
    for entry in METHODS.values():
        if entry.libraries:
            continue  # whole runs of the libraries' methods take too long; the conformance suite plays them
        can = entry.capabilities
        for setting in can.settings:
            for objective in can.objectives:
                axes = AXES if setting == "mf" and can.axis == "any" else (None,)
                for axis in axes:
                    name = "-".join(filter(None, (entry.name, setting, objective, axis)))
                    yield pytest.param(entry, f"cifar10/{objective}/{setting}", axis, id=name)


every_pairing = pytest.mark.parametrize(("entry", "board_id", "axis"), list(pairings()))


def problem_of(
    entry: MethodEntry, board_id: str, axis: str | None, surrogates: SurrogateSet, space: str = "jahs", workers: int = 1
) -> Problem:
    """The problem as the runner poses it."""
    board = LEADERBOARDS[board_id]
    spec = pair(board, surrogates, entry, Choices(axis=axis, space=space)).spec
    return Problem(
        derived_space(board, "toy", space, 3), board.objectives, board.setting.name, board.fidelities, dict(board.full),
        spec.axes, 1e6, 1e4, workers, entry.capabilities.continuation,
    )  # fmt: skip


def loss(proposal: Proposal, objectives: int) -> tuple[float, ...]:
    """A made-up outcome that depends on the configuration and improves with the fidelity."""
    c = proposal.configuration
    value = np.log(c["LearningRate"]) ** 2 + c["Op1"] + 0.1 * c["Op2"] - 0.01 * proposal.fidelity.get("epoch", 200)
    return (float(value), float(c["Op3"] - np.log(c["WeightDecay"])))[:objectives]


def converse(method: Method, problem: Problem, evaluations: int, pending: int = 1) -> list[Proposal]:
    """Asks and tells, ``pending`` at a time, first come first served; the proposals made."""
    proposals: list[Proposal] = []
    running: list[tuple[int, Proposal]] = []
    trials: dict[str, int] = {}
    while len(proposals) < evaluations:
        while len(running) < pending:
            answer = method.ask()
            if answer is None:
                break
            proposal = answer if isinstance(answer, Proposal) else Proposal(answer)
            proposals.append(copy.deepcopy(proposal))
            running.append((trials.setdefault(repr(proposal.configuration), len(trials)), proposal))
        assert running, "None with nothing pending would end the run"
        trial, proposal = running.pop(0)
        fidelity = {**problem.full, **proposal.fidelity}
        outcome = loss(proposal, len(problem.objectives))
        cost = None if problem.setting == "bb" else 1.0
        method.tell(Observation(trial, dict(proposal.configuration), fidelity, outcome, cost))
    return proposals


def make(entry: MethodEntry, problem: Problem, seed: int) -> Method:
    method: Method = entry.load()(problem, seed, **entry.preset)
    return method


@every_pairing
def test_a_whole_run_completes_on_its_leaderboard(
    entry: MethodEntry, board_id: str, axis: str | None, toy_set: SurrogateSet
) -> None:
    pairing = pair(LEADERBOARDS[board_id], toy_set, entry, Choices(axis=axis))
    result = run(pairing, 0)
    assert (result.status, result.stopped, result.reason) == ("complete", "budget", None)
    assert sum(result.columns["counted"]) > 50
    again = run(pairing, 0)
    assert all(again.columns[k] == v for k, v in result.columns.items() if k != "method_seconds")


def test_the_registry_is_sound() -> None:
    assert all(name == entry.name for name, entry in METHODS.items())
    assert all(entry.summary for entry in METHODS.values())
    for setting, name in DEFAULTS.items():
        assert setting in SETTINGS
        assert setting in METHODS[name].capabilities.settings


def test_the_default_method_of_each_setting() -> None:
    boards = {setting: registry.leaderboard("cifar10", "single", setting) for setting in SETTINGS}
    assert {setting: registry.default_method(board) for setting, board in boards.items()} == {
        "bb": "random-search", "ca": "random-search", "mf": "hyperband", "multi-mf": "hyperband-diagonal",
    }  # fmt: skip


# Hyperband --------------------------------------------------------------------------------------------------------


def test_the_brackets_over_epochs() -> None:
    assert bracket_sizes(5, 3) == [[81, 27, 9, 3, 1], [34, 11, 3, 1], [15, 5, 1], [8, 2], [5]]


def test_the_brackets_over_three_levels() -> None:
    assert bracket_sizes(3, 2) == [[4, 2, 1], [3, 1], [3]]


@pytest.mark.parametrize(
    ("axis", "expected"),
    [
        ("epoch", [{"epoch": e} for e in (2, 7, 22, 66, 200)]),
        ("N", [{"N": n} for n in (1, 3, 5)]),
        ("W", [{"W": w} for w in (4, 8, 16)]),
        ("Resolution", [{"Resolution": r} for r in (0.25, 0.5, 1.0)]),
    ],
)
def test_the_rungs_of_one_axis(axis: str, expected: list[dict[str, Any]], toy_set: SurrogateSet) -> None:
    assert rungs(problem_of(METHODS["hyperband"], "cifar10/single/mf", axis, toy_set)) == expected


def test_the_rungs_of_the_diagonal(toy_set: SurrogateSet) -> None:
    problem = problem_of(METHODS["hyperband-diagonal"], "cifar10/single/multi-mf", None, toy_set)
    names = ("N", "W", "Resolution", "epoch")
    assert [tuple(rung[name] for name in names) for rung in rungs(problem)] == [
        (1, 4, 0.25, 22), (3, 8, 0.5, 66), (5, 16, 1.0, 200),
    ]  # fmt: skip


def levels(proposals: list[Proposal], axis: str) -> list[tuple[Any, int]]:
    """Runs of equal fidelity: (value, how many in a row)."""
    runs: list[tuple[Any, int]] = []
    for proposal in proposals:
        value = proposal.fidelity[axis]
        runs = [*runs[:-1], (value, runs[-1][1] + 1)] if runs and runs[-1][0] == value else [*runs, (value, 1)]
    return runs


@pytest.mark.parametrize("pending", [1, 7])
def test_one_round_over_epochs_rung_by_rung(pending: int, toy_set: SurrogateSet) -> None:
    problem = problem_of(METHODS["hyperband"], "cifar10/single/mf", "epoch", toy_set)
    proposals = converse(Hyperband(problem, 0), problem, 206 + 81, pending)
    assert levels(proposals[:206], "epoch") == [
        (2, 81), (7, 27), (22, 9), (66, 3), (200, 1),
        (7, 34), (22, 11), (66, 3), (200, 1),
        (22, 15), (66, 5), (200, 1),
        (66, 8), (200, 2 + 5),
    ]  # fmt: skip
    assert levels(proposals[206:287], "epoch") == [(2, 81)]  # and begins again


@pytest.mark.parametrize(("setting", "axis", "values"), [("mf", "N", (1, 3, 5)), ("multi-mf", "epoch", (22, 66, 200))])
def test_one_round_over_three_levels(
    setting: str, axis: str, values: tuple[int, int, int], toy_set: SurrogateSet
) -> None:
    name = DEFAULTS[setting]
    problem = problem_of(METHODS[name], f"cifar10/single/{setting}", axis if setting == "mf" else None, toy_set)
    low, mid, high = values
    proposals = converse(Hyperband(problem, 0), problem, 14)
    assert levels(proposals, axis) == [(low, 4), (mid, 2), (high, 1), (mid, 3), (high, 1 + 3)]


def test_the_best_of_a_rung_are_promoted_best_first(toy_set: SurrogateSet) -> None:
    problem = problem_of(METHODS["hyperband"], "cifar10/single/mf", "epoch", toy_set)
    proposals = converse(Hyperband(problem, 0), problem, 121)
    start = 0
    for size, promoted in ((81, 27), (27, 9), (9, 3), (3, 1)):
        rung, following = proposals[start : start + size], proposals[start + size : start + size + promoted]
        best = sorted(rung, key=lambda p: loss(p, 1))[:promoted]
        assert [p.configuration for p in following] == [p.configuration for p in best]
        start += size


def test_no_promotion_before_the_rung_is_complete(toy_set: SurrogateSet) -> None:
    problem = problem_of(METHODS["hyperband"], "cifar10/single/mf", "N", toy_set)
    method = Hyperband(problem, 0)
    asked = [method.ask() for _ in range(5)]
    assert [a is None for a in asked] == [False] * 4 + [True]
    for trial, proposal in enumerate(asked[:4]):
        assert proposal is not None
        assert method.ask() is None
        told = Observation(trial, dict(proposal.configuration), dict(proposal.fidelity), (float(trial),), 1.0)
        method.tell(told)
    promoted = method.ask()
    assert promoted is not None
    assert (promoted.fidelity, promoted.configuration) == ({"N": 3}, asked[0].configuration)  # type: ignore[union-attr]


@pytest.mark.parametrize("eta", [0, 1, -3])
def test_a_promotion_factor_below_two_is_refused(eta: int, toy_set: SurrogateSet) -> None:
    problem = problem_of(METHODS["hyperband"], "cifar10/single/mf", "epoch", toy_set)
    with pytest.raises(ValueError, match="at least 2"):
        Hyperband(problem, 0, eta=eta)


def test_random_search_is_always_at_full_fidelity(toy_set: SurrogateSet) -> None:
    for setting in SETTINGS:
        problem = problem_of(METHODS["random-search"], f"cifar10/single/{setting}", None, toy_set)
        assert all(not p.fidelity for p in converse(make(METHODS["random-search"], problem, 0), problem, 20))


def test_one_loss_is_ordered_by_value_and_ties_by_age() -> None:
    assert best_first([(3.0,), (1.0,), (2.0,), (1.0,)]) == [1, 3, 2, 0]
    assert best_first([(float("nan"),), (5.0,)]) == [1, 0]


def test_two_losses_are_ordered_by_front_then_by_crowding() -> None:
    losses = [(0.0, 4.0), (1.0, 1.0), (4.0, 0.0), (2.0, 2.0), (0.9, 1.2), (5.0, 5.0)]
    # Front 1: 0, 1, 2, 4, its ends first, then by crowding: 1 (3.1 + 1.2 of 4), then 4 (1.0 + 3.0 of 4).
    assert best_first(losses) == [0, 2, 1, 4, 3, 5]


def test_failed_predictions_come_last_with_two_losses() -> None:
    nan = float("nan")
    assert best_first([(nan, nan), (1.0, 1.0), (nan, nan)])[0] == 1
