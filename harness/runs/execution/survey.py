"""A results folder as it stands: what is done, failed and missing of each record, and the commands that fill it.

Only headers are read, so that a folder of thousands of runs is surveyed while others are written.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.base.files import PATIENCE
from harness.base.timing import timestamp
from harness.errors import RecordError, UsageError
from harness.runs import records
from harness.runs.execution.plans import Plan, is_alive, missing_of, plans, texts
from harness.runs.results import record_paths


@dataclass(frozen=True)
class Row:
    """A record. ``failed``: the header of each failed seed; ``running``: how many seeds a running command has still to
    do; ``missing``: those that an interrupted one wanted and nobody does; ``parts``: runs not joined into the record
    yet; ``age``: seconds since the last one was written, None if none was.
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
    """A command that is not at its end. ``age`` and ``silence``: seconds since its start and last sign of life."""

    plan: Plan
    alive: bool
    age: float
    silence: float


@dataclass(frozen=True)
class Survey:
    """What ``survey`` found; ``errors`` are the files that could not be read."""

    folder: Path
    rows: tuple[Row, ...]
    commands: tuple[Command, ...]
    errors: tuple[RecordError, ...]

    def as_dict(self) -> dict[str, Any]:
        """For scripts: seeds as texts such as ``0-4,7``, times in seconds."""
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


def survey(folder: Path) -> Survey:
    """UsageError if there is nothing: it says how to fill the folder."""
    folder, now = Path(folder), timestamp()
    found = plans(folder) if folder.is_dir() else []
    paths = record_paths(folder) if folder.is_dir() else []
    if not paths and not found:
        raise UsageError(f"there are no results in {folder}; fill it with: harness run --results {folder}")
    errors: list[RecordError] = []
    heads: dict[str, dict[int, dict[str, Any]]] = {}
    names: dict[str, tuple[str, str]] = {}
    ages: dict[str, tuple[int, float | None]] = {}
    for path in paths:
        key = path.relative_to(folder).as_posix()
        for where, file, seeds in _heads(path, errors):
            heads.setdefault(key, {}).update(seeds)
            names[key] = where
            parts, age = ages.get(key, (0, None))
            since = _age(file, now)
            age = since if age is None or (since is not None and since < age) else age
            ages[key] = parts + (len(seeds) if file != path else 0), age
    complete = {
        key: {seed for seed, head in runs.items() if head.get("status") == "complete"} for key, runs in heads.items()
    }
    commands: list[Command] = []
    missing: dict[str, set[int]] = {}
    running: dict[str, set[int]] = {}
    for file, plan in found:
        alive = is_alive(file, plan)
        # A failed seed has been run; only what has neither failed nor succeeded is still to do.
        left = missing_of(plan.wanted, {key: set(runs) for key, runs in heads.items()})
        for item in plan.wanted:
            names.setdefault(item.path, (item.leaderboard, item.method))
        if not alive and not any(left.values()):
            continue  # another command has done it since
        commands.append(Command(plan, alive, now - plan.started, now - plan.beat))
        for key, undone in left.items():
            (running if alive else missing).setdefault(key, set()).update(undone)
    rows = []
    for key in sorted(names):
        runs = heads.get(key, {})
        parts, age = ages.get(key, (0, None))
        failed = {seed: head for seed, head in sorted(runs.items()) if head.get("status") != "complete"}
        rows.append(
            Row(*names[key], key.partition("/")[0], tuple(sorted(complete.get(key, ()))), failed,
                tuple(sorted(missing.get(key, set()) - running.get(key, set()))), len(running.get(key, ())), parts, age)
        )  # fmt: skip
    return Survey(folder, tuple(rows), tuple(commands), tuple(errors))


def _heads(path: Path, errors: list[RecordError]) -> list[tuple[tuple[str, str], Path, dict[int, dict[str, Any]]]]:
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
            continue  # a command has just joined it into the record: look again
        break
    errors += wrong
    return found


def _age(file: Path, now: float) -> float | None:
    try:
        return max(0.0, now - file.stat().st_mtime)
    except FileNotFoundError:
        return None
