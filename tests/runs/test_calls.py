"""Methods that fail in the process of the harness: each is a failed seed with a bounded reason, whatever it raises."""

# ruff: noqa: ARG001 - fixtures that are given, not used

from __future__ import annotations

import bdb
import json
import math
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import registry
from harness.runs.calls import LONGEST, TRACE, MethodFailed, at_home, bounded, called, one_line
from harness.runs.pairing import pair
from harness.runs.run import Run
from harness.runs.runner import run
from harness.sources.models.surrogates import SurrogateSet
from support import hostile_methods
from support.commands import Answer, harness_command

HARM = Path(hostile_methods.__file__)
Command = Callable[..., Answer]
HERE = {
    "LeavesTheFolder": "raised ValueError: elsewhere",
    "ReplacesNumPy": "ReplacesNumPy",
    "ReplacesWhatTheRunnerUses": "changed math.isfinite; then TypeError: ",
    "RaisesABaseException": "raised Odd: very",
    "ExitsPolitely": "raised SystemExit: 0",
    "RaisesMuch": "raised ValueError: xxxxxxxx",
    "RaisesTheUnprintable": "raised Unprintable: (its text cannot be had: ValueError)",
    "RaisesControlCharacters": r"raised ValueError: \x1b[2J\udc80 red",
    "Recurses": "raised RecursionError: ",
    "LeavesAtOnce": "raised SystemExit: os._exit(0)",
}


def ran(source: SurrogateSet, name: str) -> Run:
    board = registry.leaderboard("cifar10", "single", "bb")
    return run(pair(board, source, registry.method(f"{HARM}:{name}")), 0)


@pytest.mark.parametrize("name", HERE)
def test_what_a_method_raises_is_a_failed_seed_with_a_bounded_reason(toy_set: SurrogateSet, name: str) -> None:
    folder, leave = Path.cwd(), os._exit
    outcome = ran(toy_set, name)
    assert outcome.status == "failed"
    assert HERE[name] in str(outcome.reason)
    assert len(str(outcome.reason)) <= LONGEST
    assert str(outcome.reason).isprintable()
    assert 0 < len(outcome.traceback or "") <= TRACE
    assert callable(np.array)
    assert callable(math.isfinite)
    assert Path.cwd() == folder
    assert os._exit is leave
    json.dumps([outcome.reason, outcome.traceback]).encode()
    assert ran(toy_set, "Sound").status == "complete"


def test_a_folder_that_a_method_removed_does_no_harm(toy_set: SurrogateSet, tmp_path: Path) -> None:
    with at_home():
        os.chdir(tmp_path)
    assert Path.cwd() != tmp_path
    before = Path.cwd()
    (tmp_path / "gone").mkdir()
    os.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    try:
        assert ran(toy_set, "Sound").status == "complete"
    finally:
        os.chdir(before)


@pytest.mark.parametrize("error", [KeyboardInterrupt, bdb.BdbQuit])
def test_ctrl_c_and_the_end_of_a_debugger_are_the_users(error: type[BaseException]) -> None:
    def function() -> None:
        raise error

    with pytest.raises(error):
        called("it", function)


def test_names_of_classes_are_not_what_a_class_says() -> None:
    class Meta(type):
        @property
        def __name__(cls) -> str:  # type: ignore[override]
            raise SystemExit

    class Liar(Exception, metaclass=Meta):
        pass

    def function() -> None:
        raise Liar("x")

    with pytest.raises(MethodFailed, match="it raised Liar: x"):
        called("it", function)


def test_cutting_is_done_once() -> None:
    for text in ("short", "x" * 10 * LONGEST, "word " * LONGEST, "\x1b" * LONGEST):
        assert one_line(one_line(text)) == one_line(text)
        assert len(one_line(text)) <= LONGEST
    for text in ("short\n", "x" * TRACE, "x" * (TRACE + 1), "line\n" * TRACE):
        assert bounded(bounded(text)) == bounded(text)
        assert len(bounded(text)) <= TRACE


def test_a_copy_of_the_process_may_leave(toy_set: SurrogateSet) -> None:
    if not hasattr(os, "fork"):
        pytest.skip("copies of processes are POSIX's")
    with at_home():
        copy = os.fork()
        if copy == 0:
            os._exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1]) == 3


RUN = ("run", "--task", "cifar10", "--setting", "bb", "--surrogates", "toy", "--seeds", "3", "--json")


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_method_that_leaves_the_process_does_not_end_the_command(
    command: Command, toy_set: SurrogateSet, tmp_path: Path, jobs: int
) -> None:
    words: list[Any] = ["--method", f"{HARM}:LeavesAtOnce", "--method", "random-search", "--jobs", jobs]
    answer = command(*RUN, *words, "--results", tmp_path)
    assert answer.code == 1
    assert [json.loads(line)["failed"] for line in answer.out.splitlines()] == [3, 0]
    again = command(*RUN, "--method", "random-search", "--results", tmp_path)
    assert (again.code, again.err) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param("Crashes", "was ended by SIGSEGV", marks=pytest.mark.slow),
        ("LeavesBelowPython", "ended with exit code 0"),
    ],
)
def test_a_method_that_takes_its_process_down_is_a_failed_seed_with_several_processes(
    command: Command, toy_set: SurrogateSet, tmp_path: Path, name: str, reason: str
) -> None:
    words: list[Any] = ["--method", f"{HARM}:{name}", "--method", "random-search", "--jobs", 2]
    answer = command(*RUN, *words, "--results", tmp_path)
    assert answer.code == 1
    assert [json.loads(line)["failed"] for line in answer.out.splitlines()] == [3, 0]
    told = f"failed: {name} took its process down: a process {reason}"
    assert answer.err.count(told) == 3
    assert not list(tmp_path.rglob("*.parts"))


@pytest.mark.parametrize("name", ["ProposesTheUnprintable", "ProposesAHugeNumber"])
def test_a_value_that_cannot_be_written_out_is_named_all_the_same(toy_set: SurrogateSet, name: str) -> None:
    outcome = ran(toy_set, name)
    assert outcome.status == "failed"
    assert "LearningRate = <a " in str(outcome.reason)
    assert "is outside its range" in str(outcome.reason)


def test_a_shipped_method_costs_no_look_at_the_process(toy_set: SurrogateSet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its code is the harness's own."""
    board = registry.leaderboard("cifar10", "single", "bb")
    monkeypatch.setattr("harness.runs.calls.Household", None)
    assert run(pair(board, toy_set, registry.method("random-search")), 0).status == "complete"
    with pytest.raises(TypeError):
        ran(toy_set, "Sound")


@pytest.mark.slow
def test_a_thread_that_outlives_its_method_does_not_keep_the_command_from_ending(tmp_path: Path) -> None:
    words = ("run", "--task", "cifar10", "--setting", "bb", "--method", f"{HARM}:StartsThreads", "--seeds", 1)
    done = harness_command(*words, "--results", tmp_path)
    assert done.code == 0, done.err
    assert "StartsThreads" in done.out
