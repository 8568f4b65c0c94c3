"""The work of a worker: it does a batch of runs of one method on one leaderboard."""

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
from harness.runs.execution.executors.answers import Answer, Outcome, pack, pack_error
from harness.runs.execution.executors.handshake import describe, differences, source_here
from harness.runs.execution.executors.shipping import as_at_home
from harness.runs.pairing import Pairing
from harness.runs.run import Run
from harness.runs.runner import record_columns, run
from harness.runs.spec import RunSpec
from harness.sources.models import slow_path


@dataclass(frozen=True)
class Batch:
    """Runs to do. ``source``: the name of a source, which the worker looks up, its folder, or the source itself;
    ``expected``: the description that the worker's own must equal (see ``handshake``), None for a worker that is
    a copy of this process.
    """

    spec: RunSpec
    entry: MethodEntry
    seeds: tuple[int, ...]
    source: str | Path | Source
    expected: Mapping[str, str] | None = None

    def __str__(self) -> str:
        seeds = f"{self.seeds[0]}" if len(self.seeds) == 1 else f"{self.seeds[0]}..{self.seeds[-1]}"
        return f"{self.spec.leaderboard} {self.spec.label} seed {seeds}"


class Ended(Exception):
    """A process that ended while it did a batch, or ``times`` processes one after the other. ``code``: its exit code,
    negative for a signal's, None where it is not known.
    """

    def __init__(self, reason: str, code: int | None, times: int = 1) -> None:
        super().__init__(reason)
        self.code, self.times = code, times


_one_at_a_time = threading.Lock()
"""Libraries of methods have global state: a worker with several threads does its runs one after the other."""


def do(batch: Batch) -> Answer:
    """Every run of a batch. Only errors of the harness or the surrogate set are raised."""
    with _one_at_a_time:
        outcomes, runs = zip(*[_unit(batch, seed) for seed in batch.seeds], strict=True)
    return Answer(batch.spec, outcomes, runs, _environment(batch.entry.libraries))


def do_remotely(batch: Batch) -> bytes:
    """``do`` on a worker, with an answer as bytes (see ``answers``). The answer is a WorkerMismatch if the worker's
    description is not the expected one; any other error becomes a WorkerError with the worker's host and traceback.
    """
    try:
        return pack(_do_as_expected(batch))
    except (WorkerMismatch, WorkerError) as error:
        return pack_error(error)


def _do_as_expected(batch: Batch) -> Answer:
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


def _unit(batch: Batch, seed: int) -> tuple[Outcome, Run]:
    watch = Stopwatch()
    with watch:
        board = registry.leaderboard_of(batch.spec.leaderboard)
        source = source_here(batch.source, batch.spec.surrogates_hash)
        done = as_at_home(batch.entry, run(Pairing(board, batch.entry, source, batch.spec), seed))
    simulated = max(done.columns["end"], default=0.0)
    inside = sum(done.columns[records.MEASURED])
    outcome = Outcome(
        seed, done.status, done.reason, done.traceback, float(simulated), watch.take(), float(inside),
        socket.gethostname(), slow_path.taken(),
    )  # fmt: skip
    return outcome, done


def lost(batch: Batch, reason: str) -> Answer:
    """The answer with a failed run of a batch's only seed, of which nothing came back."""
    board = registry.leaderboard_of(batch.spec.leaderboard)
    (seed,) = batch.seeds
    nothing = Run(seed, "failed", "error", reason, None, {name: [] for name in record_columns(board)})
    outcome = Outcome(seed, "failed", reason, None, 0.0, 0.0, 0.0, socket.gethostname())
    return Answer(batch.spec, (outcome,), (nothing,), _environment(batch.entry.libraries))


@cache
def _environment(libraries: tuple[str, ...]) -> dict[str, Any]:
    """``records.environment``, read once per process: reading the versions takes as long as a short run."""
    return records.environment(libraries)
