"""What a worker answers, as bytes: a batch's outcomes, or why it could not be done; never a pickle of our classes.

An answer is a JSON text, preceded by its length in 8 bytes, and then the records of the runs in the same order. The
process that asked parses it within a budget and believes nothing: runs that it did not ask for, or values that no run
has, are refused before anything is written.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.base.budget import LIMITS
from harness.base.documents import load_json
from harness.errors import OverBudget, WorkerError, WorkerMismatch

STATUSES = ("complete", "failed")
HEAD = 8
MAGIC = b"PAR1"
"""Every parquet file begins and ends with it."""
LONGEST_HOST = 255
_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "seed": int, "status": str, "reason": (str, type(None)), "traceback": (str, type(None)), "simulated": (int, float),
    "seconds": (int, float), "method_seconds": (int, float), "host": str, "slow": bool, "bytes": int,
}  # fmt: skip


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


def pack(outcomes: Sequence[Outcome]) -> bytes:
    """The answer with these outcomes."""
    runs = [
        {
            "seed": one.seed, "status": one.status, "reason": one.reason, "traceback": one.traceback,
            "simulated": float(one.simulated), "seconds": one.seconds, "method_seconds": float(one.method_seconds),
            "host": one.host, "slow": one.slow, "bytes": len(one.part),
        }
        for one in outcomes
    ]  # fmt: skip
    return _joined({"runs": runs}, *(one.part for one in outcomes))


def pack_error(error: WorkerError | WorkerMismatch) -> bytes:
    """The answer that says why a batch could not be done."""
    mismatch = isinstance(error, WorkerMismatch)
    trace = error.trace if isinstance(error, WorkerError) else ""
    return _joined({"error": str(error), "trace": trace, "mismatch": mismatch})


def _joined(head: Mapping[str, Any], *parts: bytes) -> bytes:
    text = json.dumps(head).encode()  # ASCII: texts may have halves of characters
    return b"".join([len(text).to_bytes(HEAD, "little"), text, *parts])


def unpack(answer: object, seeds: Sequence[int], what: str) -> list[Outcome]:
    """The outcomes of a batch, called ``what`` in messages, of these ``seeds``. WorkerError or WorkerMismatch if it
    could not be done, WorkerError if the answer makes no sense.
    """
    try:
        head, rest = _parsed(answer)
        if "error" in head:
            found = _error(head)
        else:
            return _outcomes(head, rest, seeds)
    except (ValueError, TypeError, KeyError, OverflowError, OverBudget) as error:
        reason = f"{type(error).__name__}: {error}" if isinstance(error, KeyError) else str(error)
        raise WorkerError(f"the answer of a worker that did {what} makes no sense ({reason[:200]})") from None
    raise found


def _parsed(answer: object) -> tuple[dict[str, Any], memoryview]:
    if not isinstance(answer, bytes):
        raise TypeError(f"it is of type {type(answer).__name__}, not bytes")
    if len(answer) > LIMITS["outcome"].largest:
        raise ValueError(f"it has {len(answer):,} bytes")
    length = int.from_bytes(answer[:HEAD], "little")
    if not HEAD + length <= len(answer):
        raise ValueError("it is cut short")
    head = load_json(answer[HEAD : HEAD + length], LIMITS["outcome"].budget(length))
    if not isinstance(head, dict):
        raise ValueError("it is no table of entries")
    return head, memoryview(answer)[HEAD + length :]


def _error(head: Mapping[str, Any]) -> WorkerError | WorkerMismatch:
    message, trace = head["error"], head["trace"]
    if not isinstance(message, str) or not isinstance(trace, str):
        raise ValueError("its error is no text")
    return WorkerMismatch(message) if head["mismatch"] is True else WorkerError(message, trace)


def _outcomes(head: Mapping[str, Any], rest: memoryview, seeds: Sequence[int]) -> list[Outcome]:
    runs = head["runs"]
    if not isinstance(runs, list) or [run["seed"] for run in runs] != list(seeds):
        raise ValueError("it has other seeds than were asked for")
    found, at = [], 0
    for run in runs:
        _check(run)
        size = run["bytes"]
        part = bytes(rest[at : at + size])
        if len(part) != size or part[:4] != MAGIC or part[-4:] != MAGIC:
            raise ValueError(f"the record of seed {run['seed']} is cut short")
        at += size
        found.append(Outcome(**{name: run[name] for name in _KINDS if name != "bytes"}, part=part))
    if at != len(rest):
        raise ValueError("it has more bytes than its records")
    return found


def _check(run: Mapping[str, Any]) -> None:
    if set(run) != set(_KINDS):
        raise ValueError("a run has other entries than it must have")
    for name, kind in _KINDS.items():
        if not isinstance(run[name], kind) or (isinstance(run[name], bool) and kind is not bool):
            raise ValueError(f"{name} of a run is of type {type(run[name]).__name__}")
    times = (run["simulated"], run["seconds"], run["method_seconds"])
    if not all(time >= 0 and math.isfinite(time) for time in times):
        raise ValueError("a run has taken a time that cannot be")
    if run["status"] not in STATUSES:
        raise ValueError("a run has a status that no run has")
    if len(run["host"]) > LONGEST_HOST or not run["host"].isprintable() or run["bytes"] < 8:
        raise ValueError("a run has a host or a size that cannot be")
