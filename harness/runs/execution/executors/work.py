"""What a worker does: a batch of runs of one method on one leaderboard, each to the bytes of its record's part."""

from __future__ import annotations

import socket
import threading
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from harness import registry
from harness.base.timing import Stopwatch
from harness.benchmark.methods import MethodEntry
from harness.benchmark.source import Source
from harness.errors import HarnessError, WorkerError, WorkerMismatch
from harness.runs import records
from harness.runs.execution.executors.handshake import describe, differences, source_here
from harness.runs.execution.executors.shipping import as_at_home
from harness.runs.pairing import Pairing
from harness.runs.run import Run
from harness.runs.runner import record_columns, run
from harness.runs.spec import RunSpec
from harness.sources.models import slow_path


@dataclass(frozen=True)
class Batch:
    """Runs to do. ``source``: a source's name, as the worker finds it, its folder, or itself; ``expected``: what the
    worker must be like (see ``handshake``), None where it cannot be otherwise.
    """

    spec: RunSpec
    entry: MethodEntry
    seeds: tuple[int, ...]
    source: str | Path | Source
    expected: Mapping[str, str] | None = None

    def __str__(self) -> str:
        seeds = f"{self.seeds[0]}" if len(self.seeds) == 1 else f"{self.seeds[0]}..{self.seeds[-1]}"
        return f"{self.spec.leaderboard} {self.spec.label} seed {seeds}"


@dataclass(frozen=True)
class Outcome:
    """A run that came to its end, complete or failed. ``simulated``: seconds on the simulated clock; ``seconds``: real
    ones, ``method_seconds`` of them inside the method; ``host``: where; ``part``: its record, to be written; ``slow``:
    whether its process has no compiled core for predictions.
    """

    seed: int
    status: str
    reason: str | None
    traceback: str | None
    simulated: float
    seconds: float
    method_seconds: float
    host: str
    part: bytes
    slow: bool = False


class Ended(Exception):
    """A process of this machine that ended while it did a batch. ``code``: its exit code, negative for a signal's, None
    where it is not known.
    """

    def __init__(self, reason: str, code: int | None) -> None:
        super().__init__(reason)
        self.code = code


_one_at_a_time = threading.Lock()
"""Libraries of methods have global state: a worker with several threads does its runs one after the other."""


def do(batch: Batch) -> list[Outcome]:
    """Every run of a batch. Only errors of the harness or the surrogate set are raised."""
    with _one_at_a_time:
        return [_unit(batch, seed) for seed in batch.seeds]


def do_remotely(batch: Batch) -> list[Outcome]:
    """``do`` on a worker: refused if it differs from what is expected; errors come back with its host and traceback."""
    slow_path.keep_silent()
    host = socket.gethostname()
    try:
        if batch.expected is not None:
            found = describe(batch.source, batch.spec.surrogates_hash, batch.entry.libraries)
            differing = differences(found, {name: batch.expected[name] for name in found})
            if differing:
                raise WorkerMismatch(f"a worker on {host} would not give the same bytes: {differing}")
        return do(batch)
    except WorkerMismatch:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())
        if not isinstance(error, HarnessError):
            reason = f"{type(error).__name__}: {reason}"
        raise WorkerError(f"{batch} crashed on {host}: {reason}", traceback.format_exc()) from None


def _unit(batch: Batch, seed: int) -> Outcome:
    watch = Stopwatch()
    with watch:
        board = registry.leaderboard_of(batch.spec.leaderboard)
        source = source_here(batch.source, batch.spec.surrogates_hash)
        done = as_at_home(batch.entry, run(Pairing(board, batch.entry, source, batch.spec), seed))
        table = records.to_table(board, batch.spec, done, _environment(batch.entry.libraries))
        part = records.encode(table)
    simulated = max(done.columns["end"], default=0.0)
    inside = sum(done.columns[records.MEASURED])
    return Outcome(
        seed, done.status, done.reason, done.traceback, simulated, watch.take(), inside, socket.gethostname(), part,
        slow_path.taken(),
    )  # fmt: skip


def lost_outcome(batch: Batch, reason: str) -> Outcome:
    """A failed run of a batch's only seed, of which nothing came back."""
    board = registry.leaderboard_of(batch.spec.leaderboard)
    (seed,) = batch.seeds
    run_ = Run(seed, "failed", "error", reason, None, {name: [] for name in record_columns(board)})
    part = records.encode(records.to_table(board, batch.spec, run_, _environment(batch.entry.libraries)))
    return Outcome(seed, "failed", reason, None, 0.0, 0.0, 0.0, socket.gethostname(), part)


@cache
def _environment(libraries: tuple[str, ...]) -> dict[str, Any]:
    """Reading the versions takes as long as a short run."""
    return records.environment(libraries)
