"""A worker's answer is bytes, and is believed only as far as it was asked for."""

# ruff: noqa: ARG002 - an executor whose arguments are given, not used

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness import registry
from harness.errors import WorkerError, WorkerMismatch
from harness.runs import records
from harness.runs.execution import execute as executing
from harness.runs.execution.executors import Answer, Batch
from harness.runs.execution.executors.answers import Unfit, pack, pack_error, unpack
from harness.runs.execution.executors.work import do, do_remotely
from harness.runs.records import sealed
from harness.sources.models.surrogates import SurrogateSet
from support.executing import go
from support.imports import make_jobs
from support.record_bytes import bytes_of


def batch_of(surrogates: SurrogateSet, seeds: tuple[int, ...]) -> Batch:
    (job,) = make_jobs(surrogates, "cifar10", "bb", methods=["random-search"], seeds=len(seeds))
    return Batch(job.spec, job.entry, seeds, surrogates)


@pytest.fixture(scope="module")
def asked(clockwork: SurrogateSet) -> Batch:
    return batch_of(clockwork, (3, 4))


@pytest.fixture(scope="module")
def answer(asked: Batch) -> Answer:
    return do(asked)


def refused(came: object, asked: Batch) -> str:
    with pytest.raises(Unfit) as caught:
        unpack(came, asked.spec, asked.seeds)
    assert len(str(caught.value)) < 400
    return str(caught.value)


def test_an_answer_comes_back_as_it_was(asked: Batch, answer: Answer) -> None:
    odd = replace(answer.outcomes[1], status="failed", reason="no \ud800 \x1b", traceback="line", slow=True)
    run = replace(answer.runs[1], status="failed", reason="no \ud800 \x1b", traceback="line")
    sent = replace(answer, outcomes=(answer.outcomes[0], odd), runs=(answer.runs[0], run))
    came = unpack(pack(sent), asked.spec, asked.seeds)
    assert came.outcomes == sent.outcomes
    part = records.decode(came.data, "it")
    assert [head["reason"] for head in part.runs.values()] == [None, "no \ud800 \x1b"]
    board = registry.leaderboard_of(asked.spec.leaderboard)
    assert part.table.equals(records.part_of(board, asked.spec, answer.runs, {}).table)


def test_errors_come_back_with_their_traceback(asked: Batch) -> None:
    with pytest.raises(WorkerError, match="it crashed on host") as caught:
        unpack(pack_error(WorkerError("it crashed on host", "the trace")), asked.spec, asked.seeds)
    assert caught.value.trace == "the trace"
    with pytest.raises(WorkerMismatch, match="differs"):
        unpack(pack_error(WorkerMismatch("it differs")), asked.spec, asked.seeds)


def changed(answer: Answer, key: bytes, **values: Any) -> bytes:
    """The answer with other values in the entry of its last run, under a good checksum."""
    part = records.decode(pack(answer), "it")
    if key == b"work":
        return records.encode(replace(part, work=(*part.work[:-1], part.work[-1] | values)))
    seed = [*part.runs][-1]
    return records.encode(replace(part, runs=part.runs | {seed: part.runs[seed] | values}))


@pytest.mark.parametrize(
    ("key", "values"),
    [
        (b"work", {"simulated": float("nan")}), (b"work", {"simulated": -1.0}), (b"work", {"seconds": float("inf")}),
        (b"work", {"seconds": 10**400}), (b"work", {"host": "a\x1b[2J"}), (b"work", {"host": "h" * 300}),
        (b"work", {"slow": 1}), (b"work", {"seed": 3}), (b"work", {"more": 1}), (b"head", {"status": "fine"}),
        (b"head", {"reason": ["x"]}), (b"head", {"seed": "4"}), (b"head", {"seed": 99}), (b"head", {"more": 1}),
        (b"head", {"evaluations": -1}), (b"head", {"repairs": True}), (b"head", {"versions": "1.0"}),
    ],
    ids=repr,
)  # fmt: skip
def test_values_that_no_run_has_are_refused(
    asked: Batch, answer: Answer, key: bytes, values: Mapping[str, Any]
) -> None:
    refused(changed(answer, key, **values), asked)


@pytest.mark.parametrize(
    "came",
    [
        None, ["runs"], "text", b"", b"1", bytes(8), b"\xff" * 100, sealed(b""), sealed(b"{"), sealed(b'{"error": 1}'),
        sealed(b"\xff\xff\xff\xff\xff\xff\xff\x7f"), sealed(b"{" * 200_000), sealed(b'{"a":' + b"[]," * 2_000_000),
    ],
    ids=lambda came: repr(came)[:30],
)  # fmt: skip
def test_bytes_that_are_no_answer_are_refused(asked: Batch, came: object) -> None:
    refused(came, asked)


def cut(answer: Answer, _: bytes) -> object:
    return pack(answer)[:-30]


def nothing(_: Answer, __: bytes) -> object:
    return b""


def empty(answer: Answer, _: bytes) -> object:
    return replace(answer, outcomes=(), runs=())


def short_of_one(answer: Answer, _: bytes) -> object:
    return pack(replace(answer, outcomes=answer.outcomes[:-1], runs=answer.runs[:-1]))


def without_rows(answer: Answer, _: bytes) -> object:
    return pack(replace(answer, runs=answer.runs[:-1]))


def of_others(answer: Answer, _: bytes) -> object:
    return pack(replace(answer, spec=replace(answer.spec, workers=2)))


def other_seeds(_: Answer, data: bytes) -> object:
    return data


def with_more_seeds(answer: Answer, _: bytes) -> object:
    outcome, run = replace(answer.outcomes[0], seed=900), replace(answer.runs[0], seed=900)
    return pack(replace(answer, outcomes=(*answer.outcomes, outcome), runs=(*answer.runs, run)))


def pickled(answer: Answer, _: bytes) -> object:
    return [*answer.outcomes]


WRONG = [cut, nothing, empty, short_of_one, without_rows, of_others, other_seeds, with_more_seeds, pickled]
Wrong = Callable[[Answer, bytes], object]


@pytest.fixture(scope="module")
def data(clockwork: SurrogateSet) -> bytes:
    """The answer to another question."""
    return do_remotely(batch_of(clockwork, (100, 101)))


@pytest.mark.parametrize("wrong", WRONG)
def test_an_answer_to_another_question_is_refused(asked: Batch, answer: Answer, data: bytes, wrong: Wrong) -> None:
    refused(wrong(answer, data), asked)


class Lying:
    """An executor whose answers are changed, the first ``times``, or all to one seed."""

    remote, batched = False, True

    def __init__(self, wrong: Wrong, data: bytes, times: int, seed: int | None = None) -> None:
        self.wrong, self.data, self.left, self.seed = wrong, data, times, seed

    def workers(self) -> int:
        return 1

    def check(self, expected: Mapping[str, str], ask: Any) -> None:
        pass

    def submit(self, batch: Batch) -> Any:
        future: Future[object] = Future()
        self.left -= 1
        lies = self.left >= 0 and self.seed in (None, *batch.seeds)
        future.set_result(self.wrong(do(batch), self.data) if lies else do_remotely(batch))
        return future

    def failure(self, error: BaseException, batch: Batch) -> BaseException | None:
        return error

    def renew(self) -> None:
        pass

    def watch(self) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_answer_is_asked_again_and_nothing_of_it_is_written(
    clockwork: SurrogateSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, wrong: Wrong
) -> None:
    notes: list[str] = []
    options: dict[str, Any] = {"methods": ["random-search"], "on_note": notes.append}
    monkeypatch.setattr(executing, "open_executor", lambda *_: Lying(wrong, data, 2))
    assert go(clockwork, tmp_path / "r", "3-9", **options) == [*range(3, 10)]
    assert sum("makes no sense" in note for note in notes) == 2
    monkeypatch.setattr(executing, "open_executor", lambda *_: Lying(wrong, data, 10**6))
    with pytest.raises(WorkerError, match=r"makes no sense.*0 of 5 runs are done and kept; go on with"):
        go(clockwork, tmp_path / "r", "10-14", **options)
    monkeypatch.undo()
    assert go(clockwork, tmp_path / "r", "3-14", methods=["random-search"]) == [*range(10, 15)]
    go(clockwork, tmp_path / "fresh", "3-14", methods=["random-search"])
    assert bytes_of(tmp_path / "r") == bytes_of(tmp_path / "fresh")


def test_one_run_whose_answer_is_always_wrong_does_not_stop_the_others(
    clockwork: SurrogateSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    monkeypatch.setattr(executing, "open_executor", lambda *_: Lying(cut, data, 10**6, seed=5))
    with pytest.raises(WorkerError, match=r"random-search seed 5 makes no sense.*3 times; 19 of 20 runs are done and"):
        go(clockwork, tmp_path / "r", "0-19", methods=["random-search"])
    monkeypatch.undo()
    assert go(clockwork, tmp_path / "r", "0-19", methods=["random-search"]) == [5]


def test_an_answer_is_no_pickle_and_no_class_of_ours_is_in_it(data: bytes) -> None:
    part = records.decode(data, "it")
    assert json.loads(json.dumps(part.work)) == [*part.work]
    assert b"harness.runs" not in data
