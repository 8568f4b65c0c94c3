"""The state of a results folder: the finished, failed and missing seeds of each record, and the commands that fill it.

Only headers are read, so a folder of thousands of runs can be surveyed while a command writes more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.base.files import PATIENCE
from harness.base.timing import timestamp
from harness.errors import RecordError, UsageError
from harness.runs import records
from harness.runs.execution.plans import Plan, is_alive, missing_of, plans, texts
from harness.runs.results import record_paths


@dataclass(frozen=True)
class RecordState:
    """The state of one record. ``done``: the seeds that are complete; ``failed``: the header of each failed seed;
    ``running``: how many seeds a running command has still to do; ``missing``: the seeds that an interrupted command
    wanted and no running one does; ``parts``: how many runs are not joined into the record yet; ``age``: seconds since
    the latest of the record's files was written, None if there is no file.
    """

    leaderboard: str
    method: str
    surrogates: str
    done: tuple[int, ...]
    failed: dict[int, dict[str, Any]]
    missing: tuple[int, ...]
    running: int
    parts: int
    age: float | None


@dataclass(frozen=True)
class Command:
    """A command with runs left to do. ``age``, ``silence``: seconds since its start and since its last sign of life."""

    plan: Plan
    alive: bool
    age: float
    silence: float


@dataclass(frozen=True)
class Survey:
    """The state of a results folder; ``errors`` has one error for each file that could not be read."""

    folder: Path
    rows: tuple[RecordState, ...]
    commands: tuple[Command, ...]
    errors: tuple[RecordError, ...]

    def as_dict(self) -> dict[str, Any]:
        """The survey for scripts: seeds as texts such as ``0-4,7``, times in seconds."""
        return {
            "folder": str(self.folder),
            "records": [
                {"leaderboard": r.leaderboard, "method": r.method, "surrogates": r.surrogates, "done": len(r.done),
                 "running": r.running, "failed": len(r.failed), "missing": len(r.missing),
                 "seeds_done": texts(r.done), "seeds_failed": texts(r.failed), "seeds_missing": texts(r.missing),
                 "parts": r.parts, "age": r.age}
                for r in self.rows
            ],
            "commands": [
                {"state": "running" if c.alive else "interrupted", "why": None if c.alive else c.plan.state,
                 "host": c.plan.host, "pid": c.plan.pid, "age": c.age, "silence": c.silence,
                 "resume": c.plan.resume(), **c.plan.progress}
                for c in self.commands
            ],
            "errors": [str(error) for error in self.errors],
        }  # fmt: skip


@dataclass
class _Found:
    """What the headers of one record's files say, gathered file by file."""

    names: tuple[str, str] = ("", "")
    """Leaderboard and method."""
    heads: dict[int, dict[str, Any]] = field(default_factory=dict)
    parts: int = 0
    age: float | None = None

    def add(self, names: tuple[str, str], heads: dict[int, dict[str, Any]], is_part: bool, age: float | None) -> None:
        """Adds a file. A file that has vanished since it was read has no age."""
        self.names = names
        self.heads |= heads
        self.parts += len(heads) if is_part else 0
        if age is not None:
            self.age = age if self.age is None else min(age, self.age)

    def state(self, surrogates: str, running: set[int], missing: set[int]) -> RecordState:
        """The record's state; ``running`` and ``missing``: the seeds that running and interrupted commands want."""
        done = tuple(sorted(seed for seed, head in self.heads.items() if head.get("status") == "complete"))
        failed = {seed: head for seed, head in sorted(self.heads.items()) if head.get("status") != "complete"}
        return RecordState(
            *self.names, surrogates, done, failed, tuple(sorted(missing - running)), len(running), self.parts, self.age
        )


def survey(folder: Path) -> Survey:
    """The state of a results folder. UsageError if there are no results, which says how to make some."""
    folder, now = Path(folder), timestamp()
    announced = plans(folder) if folder.is_dir() else []
    paths = record_paths(folder) if folder.is_dir() else []
    if not paths and not announced:
        raise UsageError(f"there are no results in {folder}; fill it with: harness run --results {folder}")
    errors: list[RecordError] = []
    found: dict[str, _Found] = {}
    for path in paths:
        key = path.relative_to(folder).as_posix()
        for names, file, heads in _heads(path, errors):
            found.setdefault(key, _Found()).add(names, heads, file != path, _age(file, now))
    commands: list[Command] = []
    missing: dict[str, set[int]] = {}
    running: dict[str, set[int]] = {}
    # A failed seed has been run; a seed is still to do if it has neither failed nor succeeded.
    have = {key: set(record.heads) for key, record in found.items()}
    for file, plan in announced:
        alive = is_alive(file, plan)
        left = missing_of(plan.wanted, have)
        for item in plan.wanted:
            found.setdefault(item.path, _Found((item.leaderboard, item.method)))
        if not alive and not any(left.values()):
            continue  # another command has done the runs since
        commands.append(Command(plan, alive, now - plan.started, now - plan.beat))
        for key, undone in left.items():
            (running if alive else missing).setdefault(key, set()).update(undone)
    states = [
        record.state(key.partition("/")[0], running.get(key, set()), missing.get(key, set()))
        for key, record in sorted(found.items())
    ]
    return Survey(folder, tuple(states), tuple(commands), tuple(errors))


def _heads(path: Path, errors: list[RecordError]) -> list[tuple[tuple[str, str], Path, dict[int, dict[str, Any]]]]:
    """For each file of a record: leaderboard and method, the file, and its headers. Adds to ``errors``."""
    for _ in range(PATIENCE):
        found = []
        wrong: list[RecordError] = []
        try:
            for file in records.files_of(path):
                try:
                    spec, runs = records.heads(file)
                    found.append(((spec.leaderboard, spec.label), file, runs))
                except records.Gone:
                    raise
                except RecordError as error:
                    wrong.append(error)
        except records.Gone:
            continue  # a command has just joined this part into the record: look again
        break
    errors += wrong
    return found


def _age(file: Path, now: float) -> float | None:
    try:
        return max(0.0, now - file.stat().st_mtime)
    except FileNotFoundError:
        return None
