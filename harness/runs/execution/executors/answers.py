"""Answers to a batch: its runs with their outcomes, or why it could not be done; between processes as bytes, never as a
pickle of our classes.

The bytes are a part of the record (``records.parts``), with an entry for each run of its worker's in it. The process
that asked checks every value, believes nothing, and writes the very bytes: runs that it did not ask for, or values that
no run has, are refused before anything is written. An error is JSON.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from harness import registry
from harness.base.budget import LIMITS
from harness.base.documents import load_json
from harness.errors import OverBudget, RecordError, WorkerError, WorkerMismatch
from harness.runs import records
from harness.runs.run import Run
from harness.runs.spec import RunSpec

STATUSES = ("complete", "failed")
TEXT = b"{"
"""The first byte of an answer that is an error. An Arrow stream begins with another."""
LONGEST_HOST = 255
SHOWN = 5
"""The most seeds that a message names."""
_Kinds = Mapping[str, type | tuple[type, ...]]
_HEAD: _Kinds = {
    "seed": int, "status": str, "stopped": str, "reason": (str, type(None)), "traceback": (str, type(None)),
    "evaluations": int, "repairs": int, "versions": dict, "platform": str,
}  # fmt: skip
_WORK: _Kinds = {
    "seed": int, "simulated": (int, float), "seconds": (int, float), "method_seconds": (int, float), "host": str,
    "slow": bool,
}  # fmt: skip


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
    """The answer to a batch: an outcome for each of its runs. To be written are, of this process, its ``runs``, with
    the ``environment`` for their headers; of another process ``data``, the bytes of a part.
    """

    spec: RunSpec
    outcomes: tuple[Outcome, ...]
    runs: tuple[Run, ...] = ()
    environment: Mapping[str, Any] = field(default_factory=dict)
    data: bytes = b""


class Unfit(Exception):
    """An answer that makes no sense: damaged, incomplete, or to another question."""


def as_part(answers: Sequence[Answer], work: Sequence[Mapping[str, Any]] = ()) -> records.Part:
    """Answers of this process for one record, as a part of it."""
    first = answers[0]
    runs = [run for answer in answers for run in answer.runs]
    return records.part_of(registry.leaderboard_of(first.spec.leaderboard), first.spec, runs, first.environment, work)


def pack(answer: Answer) -> bytes:
    """The answer as bytes."""
    outcomes = sorted(answer.outcomes, key=lambda outcome: outcome.seed)
    work = [{name: getattr(outcome, name) for name in _WORK} for outcome in outcomes]
    return records.encode(as_part([answer], work))


def pack_error(error: WorkerError | WorkerMismatch) -> bytes:
    """The answer that says why a batch could not be done."""
    trace = error.trace if isinstance(error, WorkerError) else ""
    told = {"error": str(error), "trace": trace, "mismatch": isinstance(error, WorkerMismatch)}
    return records.sealed(json.dumps(told).encode())


def unpack(came: object, spec: RunSpec, seeds: Sequence[int]) -> Answer:
    """The answer to a batch of these ``seeds``, checked. WorkerError or WorkerMismatch if the batch could not be done,
    Unfit if the answer makes no sense.
    """
    answer = came if isinstance(came, Answer) else _parsed(came)
    if answer.spec != spec:
        raise Unfit(f"it is about other runs ({answer.spec.leaderboard} {answer.spec.label:.80})")
    found, wanted = [outcome.seed for outcome in answer.outcomes], {*seeds}
    if lacking := sorted(wanted - {*found}):
        raise Unfit(f"it lacks {_named(lacking)}")
    if more := sorted({*found} - wanted):
        raise Unfit(f"it has {_named(more)}, which nobody asked for")
    return answer


def _named(seeds: Sequence[int]) -> str:
    return f"seed {', '.join(map(str, seeds[:SHOWN]))}" + (f" and {len(seeds) - SHOWN} more" * (len(seeds) > SHOWN))


def _parsed(came: object) -> Answer:
    try:
        if not isinstance(came, bytes):
            raise TypeError(f"it is of type {type(came).__name__}, not bytes")
        if len(came) > LIMITS["outcome"].largest:
            raise ValueError(f"it has {len(came):,} bytes")
        said = records.unsealed(came)
        if said[:1] != TEXT:
            part = records.decode(came, "it", "outcome")
            return Answer(part.spec, _outcomes(part), data=came)
        error = _error(said.tobytes())
    except (ValueError, TypeError, KeyError, OverflowError, RecordError, OverBudget) as wrong:
        reason = f"{type(wrong).__name__}: {wrong}" if isinstance(wrong, KeyError) else str(wrong)
        raise Unfit(" ".join(reason.split())[:300]) from None
    raise error


def _error(text: bytes) -> WorkerError | WorkerMismatch:
    told = load_json(text, LIMITS["outcome"].budget(len(text)))
    message, trace = told["error"], told["trace"]
    if not isinstance(message, str) or not isinstance(trace, str):
        raise ValueError("its error is no text")
    return WorkerMismatch(message) if told["mismatch"] is True else WorkerError(message, trace)


def _outcomes(part: records.Part) -> tuple[Outcome, ...]:
    """The outcomes of a part that another process has sent, with every entry checked."""
    found = []
    for head, work in zip(part.runs.values(), part.work, strict=True):
        _check(head, _HEAD)
        _check(work, _WORK)
        if work["seed"] != head["seed"]:
            raise ValueError("its entries are of other runs than its headers")
        if head["status"] not in STATUSES:
            raise ValueError("a run has a status that no run has")
        if min(head["evaluations"], head["repairs"]) < 0:
            raise ValueError("a run has a count that cannot be")
        times = (work["simulated"], work["seconds"], work["method_seconds"])
        if not all(time >= 0 and math.isfinite(time) for time in times):
            raise ValueError("a run has taken a time that cannot be")
        if len(work["host"]) > LONGEST_HOST or not work["host"].isprintable():
            raise ValueError("a run has a host that cannot be")
        both = {**head, **work}
        found.append(Outcome(**{entry.name: both[entry.name] for entry in fields(Outcome)}))
    return tuple(found)


def _check(entry: Any, kinds: _Kinds) -> None:
    if not isinstance(entry, dict) or set(entry) != set(kinds):
        raise ValueError("a run has other entries than it must have")
    for name, kind in kinds.items():
        if not isinstance(entry[name], kind) or (isinstance(entry[name], bool) and kind is not bool):
            raise ValueError(f"{name} of a run is of type {type(entry[name]).__name__}")
