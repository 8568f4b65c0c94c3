"""Runs the checks in a separate process, because a method may hang or crash.

This process, the worker, answers check by check, in JSON. A check without an answer within the limit has failed. The
worker is then killed with all processes that it started, and a new worker goes on with the next check.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from harness.base.channel import Channel
from harness.base.children import Child, Lost
from harness.benchmark.own import placed
from harness.errors import HarnessError, UsageError
from harness.testing.checks import CHECKS, Result
from harness.testing.subject import Subject


def supervised(method: str, names: Sequence[str], evaluations: int, limit: float) -> Iterator[Result]:
    """The results of the checks of these names, each as soon as it is known; ``limit``: real seconds for each.

    UsageError if there is no such method or it cannot be imported. If the method hangs or crashes in the first of all
    checks, it would do so in the others, so they are not run.
    """
    left = list(names)
    while left:
        with Child(f"{__name__}:serve", quiet=True, private=True) as worker:
            worker.send(json.dumps([placed(method), left, evaluations]).encode())
            lost = False
            while left and not lost:
                result, lost = _answer(worker, method, left[0], limit)
                del left[0]
                yield result
        if lost and result.check == CHECKS[0].name:
            yield from (Result(name, "not applicable", "it fails in an ordinary run already") for name in left)
            return


def _answer(worker: Child, method: str, name: str, limit: float) -> tuple[Result, bool]:
    """The result of the check that the worker is doing, and whether the worker is lost."""
    try:
        answer = json.loads(worker.receive(limit))
        if "usage" in answer:
            here, there = (text.rpartition(":")[0] or text for text in (method, placed(method)))
            raise UsageError(answer["usage"].replace(there, here))
        return Result(**answer), False
    except Lost as error:
        if error.late:
            advice = "for a slow method raise the limit or lower the number of evaluations"
            return Result(name, "failed", f"it did not come to an end within {limit:g} s; {advice}"), True
        return Result(name, "failed", "it ended the process"), True
    except (ValueError, TypeError):
        return Result(name, "failed", "it answered in place of the checks"), True


def serve(channel: Channel) -> None:
    """The work of the worker."""
    method, names, evaluations = json.loads(channel.receive())
    subject = Subject(method, evaluations)
    try:
        subject.entry.require()
        subject.entry.load()
    except HarnessError as error:
        _tell(channel, {"usage": str(error)})
        return
    except Exception as error:
        _tell(channel, {"usage": f"{method} cannot be imported: {type(error).__name__}: {error}"})
        return
    for check in CHECKS:
        if check.name in names:
            try:
                result = check.result(subject)
            except Exception as error:
                result = Result(check.name, "failed", f"{type(error).__name__}: {error}", traceback.format_exc())
            _tell(channel, asdict(result))


def _tell(channel: Channel, answer: dict[str, str]) -> None:
    channel.send(json.dumps(answer).encode())
