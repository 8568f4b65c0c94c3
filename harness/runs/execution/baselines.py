"""The baselines: every registered method on every leaderboard it supports, with its default settings.

A method of a library runs in a process of its own for every seed (``harness.runs.isolation``). The others are plain
Python of this repository, and a process would take ten times longer to start than their run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from harness import registry
from harness.benchmark.leaderboard import Leaderboard
from harness.benchmark.methods import MethodEntry
from harness.benchmark.source import Source
from harness.errors import UnknownName, UsageError
from harness.runs.execution.job import Job
from harness.runs.isolation.entry import apart
from harness.runs.pairing import pair

NOWHERE = "supports none of these leaderboards"


@dataclass(frozen=True)
class BaselinePlan:
    """The jobs to run, in this order. ``left_out``: name of each method that is not run -> the reason."""

    jobs: tuple[Job, ...]
    left_out: dict[str, str]


def plan(
    source: Source,
    seeds: Sequence[int],
    *,
    methods: Collection[str] = (),
    leave_out: Collection[str] = (),
    tasks: Collection[str] = (),
    objectives: Collection[str] = (),
    settings: Collection[str] = (),
) -> BaselinePlan:
    """The jobs of the baselines, cheap methods first; an empty choice means all.

    Methods without a library come first, then methods with one, then methods marked ``slow``; among equals the order is
    the registry's. So most tables are filled early, if the command is stopped. UnknownName for a choice that does not
    exist.
    """
    known = registry.methods()
    for kind, chosen, valid in (
        ("method", methods, known),
        ("method", leave_out, known),
        *_choices(tasks, objectives, settings),
    ):
        for name in chosen:
            if name not in valid:
                raise UnknownName(kind, name, valid)
    boards = [
        board for board in registry.suite().leaderboards.values()
        if board.task in (tasks or source.tasks)
        and (not objectives or board.objective in objectives)
        and (not settings or board.setting.name in settings)
    ]  # fmt: skip
    jobs: list[Job] = []
    left_out: dict[str, str] = {}
    for entry in sorted(known.values(), key=lambda e: (e.slow, bool(e.libraries))):
        if methods and entry.name not in methods:
            continue
        reason, found = _jobs(entry, boards, source, tuple(seeds), entry.name in leave_out)
        jobs += found
        if reason and (reason != NOWHERE or entry.name in methods):  # a method that nobody asked for is not reported
            left_out[entry.name] = reason
    return BaselinePlan(tuple(jobs), left_out)


def _choices(
    tasks: Collection[str], objectives: Collection[str], settings: Collection[str]
) -> Iterable[tuple[str, Collection[str], Collection[str]]]:
    suite = registry.suite()
    return (
        ("task", tasks, suite.tasks),
        ("objective", objectives, suite.objectives),
        ("setting", settings, suite.settings),
    )


def _jobs(
    entry: MethodEntry, boards: Iterable[Leaderboard], source: Source, seeds: tuple[int, ...], unwanted: bool
) -> tuple[str, list[Job]]:
    """Why the method is left out (empty if it is not), and its jobs."""
    can = entry.capabilities
    fitting = [b for b in boards if b.setting.name in can.settings and b.objective in can.objectives]
    if unwanted:
        return "as asked", []
    if not fitting:
        return NOWHERE, []
    try:
        entry.require()
    except UsageError as error:
        return str(error).removeprefix(f"{entry.name} "), []
    if entry.libraries:  # a library may keep threads and global state, or crash, and takes seconds to start anyway
        entry = apart(entry)
    return "", [Job(pair(board, source, entry), seeds) for board in fitting]
