"""The 24 leaderboards as data: ids, what each allows and tells, and how it is scored."""

from __future__ import annotations

import dataclasses
from itertools import product

import numpy as np
import pytest

import harness
from harness import registry
from harness.errors import UnknownName
from protocols.jahs import LEADERBOARDS, SETTINGS, TASKS
from protocols.jahs.leaderboards import METRICS, set_constants
from support.commands import harness_command

IDS = [
    f"{task}/{objective}/{setting}"
    for task, objective, setting in product(
        ["cifar10", "colorectal_histology", "fashion_mnist"], ["single", "multi"], ["bb", "ca", "mf", "multi-mf"]
    )
]


def test_there_are_24_leaderboards() -> None:
    assert list(LEADERBOARDS) == IDS
    assert harness.leaderboards() == IDS
    assert [board.id for board in LEADERBOARDS.values()] == IDS


@pytest.mark.parametrize("name", IDS)
def test_each_is_found_by_its_parts_and_by_its_id(name: str) -> None:
    assert registry.leaderboard(*name.split("/")) is registry.leaderboard_of(name) is LEADERBOARDS[name]


def test_the_number_of_classes_of_each_task() -> None:
    assert {task: facts["classes"] for task, facts in TASKS.items()} == {
        "cifar10": 10, "colorectal_histology": 8, "fashion_mnist": 10,
    }  # fmt: skip


def test_what_each_setting_allows_and_tells() -> None:
    assert {s.name: (s.axes, s.tells_cost) for s in SETTINGS.values()} == {
        "bb": ("none", False), "ca": ("none", True), "mf": ("one", True), "multi-mf": ("all", True),
    }  # fmt: skip


@pytest.mark.parametrize("name", IDS)
def test_every_leaderboard_charges_runtime_for_a_hundred_mean_full_evaluations(name: str) -> None:
    board = LEADERBOARDS[name]
    assert (board.price, board.continues, board.budget, board.seeds) == ("runtime", "epoch", 100.0, 10)
    assert board.floor == 1e-6
    assert board.full == {"N": 5, "W": 16, "Resolution": 1.0, "epoch": 200}
    assert board.fidelities.check(board.full) == board.full
    assert board.metrics == METRICS
    assert "test-acc" in board.metrics
    assert board.price in board.metrics


@pytest.mark.parametrize("name", IDS)
def test_objectives_declare_their_direction_and_never_use_test_metrics(name: str) -> None:
    board = LEADERBOARDS[name]
    expected = [("valid-acc", True)] + ([("latency", False)] if "/multi/" in name else [])
    assert [(o.metric, o.maximize) for o in board.objectives] == expected
    assert (board.score.name, board.score.maximize) == (
        ("hypervolume", True) if "/multi/" in name else ("error", False)
    )


@pytest.mark.parametrize("name", IDS)
def test_scores_start_with_guessing_or_nothing(name: str) -> None:
    board = LEADERBOARDS[name]
    start = board.score.start(board, {})
    guessing = 87.5 if "colorectal" in name else 90.0
    assert start == ({"value": 0.0} if "/multi/" in name else {"value": guessing, "test_error": guessing})


@pytest.mark.parametrize("name", IDS)
def test_a_score_function_names_what_its_start_names(name: str) -> None:
    board = LEADERBOARDS[name]
    columns = {metric: np.array([50.0, 60.0]) for metric in board.metrics}
    running = board.score.function(columns, board, {"latency_p99": 100.0})
    assert running.keys() == board.score.start(board, {}).keys() == {"value", *board.score.companions}
    assert all(values.shape == (2,) for values in running.values())


def test_leaderboards_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        LEADERBOARDS[IDS[0]].budget = 1.0  # type: ignore[misc]


def test_the_constants_of_a_set_are_a_mean_and_a_99th_percentile() -> None:
    latency, runtime = np.arange(1.0, 102.0), np.array([1.0, 2.0, 6.0])
    assert set_constants(latency, runtime) == {"mean_runtime": 3.0, "latency_p99": 100.0}


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (("cifar", "single", "mf"), "unknown task 'cifar' .did you mean 'cifar10'.*fashion_mnist"),
        (("cifar10", "both", "mf"), "unknown objective 'both'.*single, multi"),
        (("cifar10", "single", "multi_mf"), "unknown setting 'multi_mf' .did you mean 'multi-mf'"),
    ],
)
def test_an_unknown_part_is_named_with_the_valid_ones(parts: tuple[str, str, str], words: str) -> None:
    with pytest.raises(UnknownName, match=words):
        registry.leaderboard(*parts)


def test_harness_list_names_all_24() -> None:
    answer = harness_command("list", "leaderboards")
    assert (answer.code, answer.err) == (0, "")
    assert [line.split()[0] for line in answer.out.splitlines()] == IDS
