"""Plans: a running command writes the runs that it wants beside its results, so that ``harness status`` can show them.

A plan is ``<results>/.runs/<id>.json``: the command, its host, the seeds of each record, its progress, and the time of
its last sign of life. A command removes its plan at its end. The plan of a command that was interrupted or killed
stays, and says how to go on. No result is lost with a plan.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import shlex
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from harness.base.documents import read_json
from harness.base.files import write_text
from harness.base.frames import left_debugger
from harness.base.leftovers import remove_stale
from harness.base.timing import timestamp
from harness.errors import OverBudget, StorageError
from harness.runs.execution.tally import Tally

FOLDER = ".runs"
BEAT = 2.0
"""Seconds between two signs of life."""
LONGEST = 10_000
MOST_SEEDS = 1_000_000
"""Of a plan that is read, and characters of a text in it."""
SILENT = 60.0
"""Seconds without a sign of life after which a command on another host counts as dead. On this host a lock tells."""


@dataclass(frozen=True)
class Wanted:
    """The seeds that a command wants of one record. ``path``: the record's path below the results folder."""

    path: str
    leaderboard: str
    method: str
    seeds: tuple[int, ...]


@dataclass
class Plan:
    """A command's plan. ``state``: ``running``, or why it ended early; ``beat``: seconds since 1970."""

    host: str
    pid: int
    folder: str
    command: list[str]
    wanted: list[Wanted]
    started: float
    state: str = "running"
    beat: float = 0.0
    progress: dict[str, Any] = field(default_factory=dict)

    def resume(self) -> str:
        """The command line that does the remaining runs, for a shell in any folder."""
        if not self.command:
            return "the same call again"
        line = shlex.join(self.command)
        return line if Path(self.folder) == Path.cwd() else f"cd {shlex.quote(self.folder)} && {line}"

    def covers(self, other: Plan) -> bool:
        """Whether this plan wants every seed that the other wants."""
        seeds = {item.path: set(item.seeds) for item in self.wanted}
        return all(set(item.seeds) <= seeds.get(item.path, set()) for item in other.wanted)


@contextlib.contextmanager
def announced(results: Path, wanted: Iterable[Wanted], command: Sequence[str], tally: Tally) -> Iterator[None]:
    """Keeps a plan while the block runs. If an exception ends the block, the plan stays and holds its message."""
    began = timestamp()
    plan = Plan(socket.gethostname(), os.getpid(), str(Path.cwd()), list(command), list(wanted), began)
    file = Path(results) / FOLDER / f"{plan.host}-{plan.pid}-{int(began * 1e6):x}.json"
    over = threading.Event()
    lock = _lock(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
        _write(plan, tally, file)
    except (OSError, StorageError) as error:  # of the folder that the user gave, not of the hidden file in it
        cause = error.__cause__ if isinstance(error, StorageError) else error
        raise StorageError.of(Path(results), cause if isinstance(cause, OSError) else OSError(str(error))) from error

    def beat() -> None:
        while not over.wait(BEAT):
            with contextlib.suppress(StorageError):  # a full disk is reported when a result cannot be written
                _write(plan, tally, file)

    heart = threading.Thread(target=beat, name="harness-plan", daemon=True)
    heart.start()
    try:
        yield
    except BaseException as error:
        plan.state = (
            "interrupted"
            if isinstance(error, KeyboardInterrupt) or left_debugger(error)
            else " ".join(str(error).split())
        )
        raise
    finally:
        over.set()
        heart.join()
        with contextlib.suppress(OSError, StorageError):
            if plan.state == "running":
                file.unlink(missing_ok=True)
                _forget(results, plan)
            else:
                _write(plan, tally, file)
        lock.release()
        with contextlib.suppress(OSError):
            _lock_path(file).unlink(missing_ok=True)
            remove_stale(file.parent)
            file.parent.rmdir()  # fails unless this was the last plan


def plans(results: Path) -> list[tuple[Path, Plan]]:
    """The plans of a results folder, oldest first. Files that are no plans are skipped."""
    found = []
    for file in sorted((Path(results) / FOLDER).glob("*.json")):
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError, OverBudget):
            found.append((file, _plan(read_json(file))))
    return sorted(found, key=lambda pair: pair[1].started)


def _plan(raw: dict[str, Any]) -> Plan:
    """A plan as it was written. ValueError and the like for anything else."""
    listed = raw.pop("wanted")
    if sum(last - first + 1 for item in listed for first, last in item["seeds"]) > MOST_SEEDS:
        raise ValueError(f"it wants more than {MOST_SEEDS:,} seeds")
    wanted = [Wanted(**{**item, "seeds": tuple(_expand(item["seeds"]))}) for item in listed]
    plan = Plan(**raw, wanted=wanted)
    texts = [plan.host, plan.folder, plan.state, *plan.command]
    texts += [text for item in wanted for text in (item.path, item.leaderboard, item.method)]
    numbers = [plan.pid, plan.started, plan.beat]
    if not all(isinstance(text, str) and len(text) <= LONGEST for text in texts):
        raise ValueError("a value in it that must be a text is not one")
    if not all(isinstance(number, int | float) and math.isfinite(number) for number in numbers):
        raise ValueError("a value in it that must be a number is not one")
    if not isinstance(plan.command, list) or not isinstance(plan.progress, dict):
        raise ValueError("it has no command or progress")
    return plan


def is_alive(file: Path, plan: Plan) -> bool:
    """Whether the command of a plan still runs. On this host it then holds the plan's lock; on another host its last
    sign of life is recent.
    """
    if plan.state != "running":
        return False
    if plan.host != socket.gethostname():
        return timestamp() - plan.beat < SILENT
    from filelock import Timeout

    path = _lock_path(file)
    if not path.exists():
        return False
    lock = _lock(file)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def _lock_path(file: Path) -> Path:
    return file.with_suffix(".lock")


def _lock(file: Path) -> Any:
    from filelock import FileLock

    return FileLock(_lock_path(file))


def _write(plan: Plan, tally: Tally, file: Path) -> None:
    plan.beat, plan.progress = timestamp(), tally.as_dict()
    raw = asdict(plan)
    for item in raw["wanted"]:
        item["seeds"] = _ranges(item["seeds"])
    write_text(file, json.dumps(raw), durable=False)


def _forget(results: Path, done: Plan) -> None:
    """Removes the plans of dead commands all of whose seeds the plan ``done`` has covered."""
    for file, plan in plans(results):
        if not is_alive(file, plan) and done.covers(plan):
            file.unlink(missing_ok=True)
            _lock_path(file).unlink(missing_ok=True)


def _ranges(seeds: Iterable[int]) -> list[list[int]]:
    """Whole numbers as ranges, both ends included, so that ten thousand seeds take a few characters."""
    ranges: list[list[int]] = []
    for seed in sorted(seeds):
        if ranges and seed == ranges[-1][1] + 1:
            ranges[-1][1] = seed
        else:
            ranges.append([seed, seed])
    return ranges


def _expand(ranges: Iterable[Sequence[int]]) -> Iterator[int]:
    for first, last in ranges:
        yield from range(first, last + 1)


def texts(seeds: Iterable[int]) -> str:
    """Seeds for a reader: ``0-4,7``."""
    return ",".join(f"{a}" if a == b else f"{a}-{b}" for a, b in _ranges(seeds))


def missing_of(wanted: Iterable[Wanted], have: Mapping[str, set[int]]) -> dict[str, set[int]]:
    """For each record's path, the wanted seeds that are not among the seeds it has."""
    left: dict[str, set[int]] = {}
    for item in wanted:
        left.setdefault(item.path, set()).update(set(item.seeds) - have.get(item.path, set()))
    return left
