"""Runs the checks in a separate process, because a method may hang or crash.

This process, the worker, answers check by check. A check without an answer within the limit has failed. The worker is
then killed with all processes that it started, and a new worker goes on with the next check.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection

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
        with _worker(method, left, evaluations) as connection:
            lost = False
            while left and not lost:
                result, lost = _answer(connection, left[0], limit)
                del left[0]
                yield result
        if lost and result.check == CHECKS[0].name:
            yield from (Result(name, "not applicable", "it fails in an ordinary run already") for name in left)
            return


def _answer(connection: Connection, name: str, limit: float) -> tuple[Result, bool]:
    """The result of the check that the worker is doing, and whether the worker is lost."""
    try:
        if not connection.poll(limit):
            advice = "for a slow method raise the limit or lower the number of evaluations"
            return Result(name, "failed", f"it did not come to an end within {limit:g} s; {advice}"), True
        answer = connection.recv()
    except EOFError:
        return Result(name, "failed", "it ended the process"), True
    if isinstance(answer, HarnessError):
        raise answer
    return answer, False


@contextlib.contextmanager
def _worker(method: str, names: Sequence[str], evaluations: int) -> Iterator[Connection]:
    context = multiprocessing.get_context("spawn")
    receive, send = context.Pipe(duplex=False)
    # The worker's temporary files lie in this folder, so a killed worker leaves none behind.
    with tempfile.TemporaryDirectory(prefix="harness-", ignore_cleanup_errors=True) as folder:
        process = context.Process(target=_work, args=(method, tuple(names), evaluations, folder, send))
        process.start()
        send.close()
        try:
            yield receive
        finally:
            _kill(process.pid)
            process.kill()
            process.join()
            receive.close()


def _kill(pid: int | None) -> None:
    """Kills the worker's process group, which includes the processes that the worker started."""
    if hasattr(os, "killpg") and pid is not None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


def _work(method: str, names: tuple[str, ...], evaluations: int, folder: str, send: Connection) -> None:
    if hasattr(os, "setpgrp"):
        os.setpgrp()
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    for descriptor in (1, 2):
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), descriptor)
    subject = Subject(method, evaluations)
    try:
        subject.entry.require()
        subject.entry.load()
    except HarnessError as error:
        send.send(UsageError(str(error)))
        return
    except Exception as error:
        send.send(UsageError(f"{method} cannot be imported: {type(error).__name__}: {error}"))
        return
    for check in CHECKS:
        if check.name in names:
            try:
                result = check.result(subject)
            except Exception as error:
                result = Result(check.name, "failed", f"{type(error).__name__}: {error}", traceback.format_exc())
            send.send(result)
