"""What a worker answers is bytes, and is believed only as far as it was asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.errors import WorkerError, WorkerMismatch
from harness.runs.execution.execute import execute
from harness.runs.execution.executors import local
from harness.runs.execution.executors.answers import HEAD, Outcome, pack, pack_error, unpack
from harness.sources.models.surrogates import SurrogateSet
from support.imports import make_jobs

PART = b"PAR1" + bytes(100) + b"PAR1"
ONE = Outcome(3, "complete", None, None, 12.5, 0.1, 0.05, "host", PART)
TWO = replace(ONE, seed=4, status="failed", reason="no \ud800 \x1b", traceback="line", part=PART * 2, slow=True)


def test_outcomes_come_back_as_they_were() -> None:
    assert unpack(pack([ONE, TWO]), (3, 4), "it") == [ONE, TWO]


def test_errors_come_back_with_their_traceback() -> None:
    with pytest.raises(WorkerError, match="it crashed on host") as caught:
        unpack(pack_error(WorkerError("it crashed on host", "the trace")), (3,), "it")
    assert caught.value.trace == "the trace"
    with pytest.raises(WorkerMismatch, match="differs"):
        unpack(pack_error(WorkerMismatch("it differs")), (3,), "it")


def changed(**values: Any) -> bytes:
    """The answer with other values in the entry of its run."""
    answer = pack([ONE])
    length = int.from_bytes(answer[:HEAD], "little")
    head = json.loads(answer[HEAD : HEAD + length])
    head["runs"][0] |= values
    text = json.dumps(head).encode()
    return len(text).to_bytes(HEAD, "little") + text + answer[HEAD + length :]


@pytest.mark.parametrize(
    "answer",
    [
        None, [ONE], "text", b"", b"1", bytes(8), b"\xff" * 100, pack([ONE])[:-1], pack([ONE]) + b"x", pack([TWO]),
        pack([]), pack([ONE, TWO]), pack([replace(ONE, part=b"x" * 50)]), pack([replace(ONE, part=b"PAR1")]),
        (2).to_bytes(8, "little") + b"[]", (2).to_bytes(8, "little") + b"{}",
        (12).to_bytes(8, "little") + b'{"error": 1}', (10).to_bytes(8, "little") + b'{"runs":1}',
        (200_000).to_bytes(8, "little") + b"[" * 200_000, (4_000_001).to_bytes(8, "little") + b"[" + b"[]" * 2_000_000,
        changed(simulated=float("nan")), changed(simulated=-1.0), changed(seconds=float("inf")),
        changed(seconds=10**400), changed(status="fine"), changed(host="a\x1b[2J"), changed(host="h" * 300),
        changed(bytes=-5), changed(bytes=10**30), changed(bytes=True), changed(reason=["x"]), changed(slow=1),
        changed(seed="3"), changed(more=1),
    ],
    ids=lambda answer: repr(answer)[:30],
)  # fmt: skip
def test_an_answer_that_makes_no_sense_is_refused_in_a_sentence(answer: object) -> None:
    with pytest.raises(WorkerError, match="the answer of a worker that did it makes no sense") as caught:
        unpack(answer, (3,), "it")
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("lie", [lambda: [ONE], lambda: pack([replace(ONE, seed=99)]), lambda: b"nonsense"])
def test_nothing_is_written_of_such_an_answer(
    lie: Callable[[], object], clockwork: SurrogateSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Pool(local.Serial):
        batched = True

        def submit(self, batch: Any) -> Any:
            future = super().submit(replace(batch, seeds=()))
            future._result = lie()  # type: ignore[attr-defined]
            return future

    monkeypatch.setattr("harness.runs.execution.execute.open_executor", lambda *_: Pool())
    with pytest.raises(WorkerError, match="makes no sense"):
        execute(make_jobs(clockwork, "cifar10", "bb", seeds=1), tmp_path)
    assert not list(tmp_path.rglob("*.parquet"))
