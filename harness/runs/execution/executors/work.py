"""What a worker does: a batch of runs of one method on one leaderboard, to a part of its record."""

from __future__ import annotations

import socket
import threading
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from harness import registry
from harness.base.timing import Stopwatch
from harness.benchmark.methods import MethodEntry
from harness.benchmark.source import Source
from harness.errors import HarnessError, RecordError, WorkerError, WorkerMismatch
from harness.runs import records
from harness.runs.execution.executors.handshake import describe, differences, source_here
from harness.runs.execution.executors.shipping import Shipped
from harness.runs.pairing import Pairing
from harness.runs.run import Run
from harness.runs.runner import run
from harness.runs.spec import RunSpec
from harness.sources.models import slow_path

SAID = ("seed", "simulated", "seconds", "method_seconds", "host", "slow")
"""What a worker says of a run besides the header of its record."""
SHOWN = 5
"""Seeds that are named of those that are wrong."""


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
    ones, ``method_seconds`` of them inside the method; ``host``: where; ``slow``: whether its process has no compiled
    core for predictions.
    """

    seed: int
    status: str
    reason: str | None
    traceback: str | None
    simulated: float
    seconds: float
    method_seconds: float
    host: str
    slow: bool = False


@dataclass(frozen=True)
class Answer:
    """What comes back for a batch: an outcome for each of its runs, and what is to be written of them: from another
    process ``data``, a part as bytes, and of this one the ``runs``, with what their headers say of it.
    """

    spec: RunSpec
    outcomes: tuple[Outcome, ...]
    runs: tuple[Run, ...] = ()
    environment: Mapping[str, Any] = field(default_factory=dict)
    data: bytes | None = None


class Unfit(Exception):
    """An answer that is none to the batch it came for: damaged, or without some of its runs."""


_one_at_a_time = threading.Lock()
"""Libraries of methods have global state: a worker with several threads does its runs one after the other."""


def do(batch: Batch) -> Answer:
    """Every run of a batch. Only errors of the harness or the surrogate set are raised."""
    with _one_at_a_time:
        outcomes, runs = zip(*[_unit(batch, seed) for seed in batch.seeds], strict=True)
    return Answer(batch.spec, outcomes, runs, _environment(batch.entry.libraries))


def do_remotely(batch: Batch) -> bytes:
    """``do`` on a worker, its answer as bytes (see ``opened``): refused if it differs from what is expected; errors
    come back with its host and traceback.
    """
    slow_path.keep_silent()
    host = socket.gethostname()
    try:
        if batch.expected is not None:
            found = describe(batch.source, batch.spec.surrogates_hash, batch.entry.libraries)
            differing = differences(found, {name: batch.expected[name] for name in found})
            if differing:
                raise WorkerMismatch(f"a worker on {host} would not give the same bytes: {differing}")
        return packed(do(batch))
    except WorkerMismatch:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())
        if not isinstance(error, HarnessError):
            reason = f"{type(error).__name__}: {reason}"
        raise WorkerError(f"{batch} crashed on {host}: {reason}", traceback.format_exc()) from None


def packed(answer: Answer) -> bytes:
    """The part, with what a record does not keep of the outcomes in it."""
    said = [{name: getattr(outcome, name) for name in SAID} for outcome in answer.outcomes]
    return records.encode(as_part([answer], said))


def as_part(answers: Sequence[Answer], said: Sequence[dict[str, Any]] = ()) -> records.Part:
    """Answers of this process for one record as a part of it."""
    first = answers[0]
    runs = [run for answer in answers for run in answer.runs]
    board = registry.leaderboard_of(first.spec.leaderboard)
    return records.part_of(board, first.spec, runs, first.environment, said)


def opened(came: Answer | bytes, batch: Batch) -> Answer:
    """The answer to a batch, checked: every run that was asked for is in it, and nothing else. Unfit if it is not."""
    answer = came if isinstance(came, Answer) else _unpacked(came)
    wanted = set(batch.seeds)
    if answer.spec != batch.spec:
        raise Unfit(f"it is about {answer.spec.leaderboard} {answer.spec.label}")
    found = {outcome.seed for outcome in answer.outcomes}
    if lacking := sorted(wanted - found):
        raise Unfit(f"it lacks seed {', '.join(map(str, lacking[:SHOWN]))}")
    if more := sorted(found - wanted):
        raise Unfit(f"it has seed {', '.join(map(str, more[:SHOWN]))}, which nobody asked for")
    return answer


def _unpacked(data: bytes) -> Answer:
    try:
        part = records.decode(data, "the answer")
        outcomes = [
            Outcome(status=head["status"], reason=head["reason"], traceback=head["traceback"], **said)
            for head, said in zip(part.runs.values(), part.work, strict=True)
        ]
        if [outcome.seed for outcome in outcomes] != [*part.runs]:
            raise KeyError
    except (RecordError, KeyError, TypeError, ValueError) as error:
        raise Unfit(str(error) if isinstance(error, RecordError) else "it is of another version") from None
    return Answer(part.spec, tuple(outcomes), data=data)


def _unit(batch: Batch, seed: int) -> tuple[Outcome, Run]:
    watch = Stopwatch()
    with watch:
        board = registry.leaderboard_of(batch.spec.leaderboard)
        source = source_here(batch.source, batch.spec.surrogates_hash)
        done = run(Pairing(board, batch.entry, source, batch.spec), seed)
        if done.traceback is not None and isinstance(batch.entry, Shipped):
            done = batch.entry.as_at_home(done)
    simulated = max(done.columns["end"], default=0.0)
    inside = sum(done.columns[records.MEASURED])
    outcome = Outcome(
        seed, done.status, done.reason, done.traceback, float(simulated), watch.take(), float(inside),
        socket.gethostname(), slow_path.taken(),
    )  # fmt: skip
    return outcome, done


@cache
def _environment(libraries: tuple[str, ...]) -> dict[str, Any]:
    """Reading the versions takes as long as a short run."""
    return records.environment(libraries)
