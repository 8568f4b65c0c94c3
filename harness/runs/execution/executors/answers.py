"""What a process of this machine answers: outcomes as JSON and the bytes of their records, never pickles.

A method may have been at work in that process, so nothing that comes back is trusted to be more than data.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace

from harness.errors import WorkerError, WorkerMismatch
from harness.runs.execution.executors.work import Batch, Outcome, do_remotely

LENGTH = 8


def answer_to(batch: Batch) -> bytes:
    """Does the batch: eight bytes of length, so much JSON, then the parts one after the other."""
    try:
        outcomes = do_remotely(batch)
    except WorkerMismatch as error:
        return _packed({"mismatch": str(error)})
    except WorkerError as error:
        return _packed({"crashed": str(error), "trace": error.trace})
    heads = [{**asdict(replace(outcome, part=b"")), "part": len(outcome.part)} for outcome in outcomes]
    return _packed({"outcomes": heads}) + b"".join(outcome.part for outcome in outcomes)


def _packed(head: dict[str, object]) -> bytes:
    text = json.dumps(head).encode()
    return len(text).to_bytes(LENGTH, "big") + text


def read_answer(answer: bytes) -> Sequence[Outcome]:
    """The outcomes. WorkerError or WorkerMismatch if the batch crashed, or the answer is none."""
    try:
        size = int.from_bytes(answer[:LENGTH], "big")
        head = json.loads(answer[LENGTH : LENGTH + size])
        if "mismatch" in head:
            raise WorkerMismatch(head["mismatch"])
        if "crashed" in head:
            raise WorkerError(head["crashed"], head["trace"])
        at, outcomes = LENGTH + size, []
        for one in head["outcomes"]:
            outcomes.append(Outcome(**{**one, "part": answer[at : at + one["part"]]}))
            at += one["part"]
    except (ValueError, TypeError, KeyError) as error:
        raise WorkerError(f"a process answered something else than outcomes ({type(error).__name__})") from None
    return outcomes
