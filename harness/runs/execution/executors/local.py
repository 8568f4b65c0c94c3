"""Runs on this machine: in this very process, or in several that joblib keeps."""

from __future__ import annotations

import concurrent.futures
import concurrent.futures.process
import os
import signal
import threading
import warnings
from collections.abc import Callable, Mapping

from harness.base.jobs import processes
from harness.base.timing import pause
from harness.runs.execution.executors.base import Future
from harness.runs.execution.executors.work import Answer, Batch, do, do_remotely

_leave = os._exit
"""Taken before a run can hold it back (see ``runs/calls.py``)."""


class Serial:
    """The process that asks: one run after the other."""

    remote = False
    batched = False

    def workers(self) -> int:
        """Always 1."""
        return 1

    def check(self, expected: Mapping[str, str], ask: Callable[[], Mapping[str, str]]) -> None:
        """It is like itself."""

    def submit(self, batch: Batch) -> Future:
        """Does the batch before it returns."""
        future: concurrent.futures.Future[Answer | bytes] = concurrent.futures.Future()
        try:
            future.set_result(do(batch))
        except Exception as error:
            future.set_exception(error)
        return future

    def failure(self, error: BaseException, batch: Batch) -> BaseException | None:  # noqa: ARG002
        """As it is."""
        return error

    def renew(self) -> None:
        """Nothing was lost."""

    def watch(self) -> None:
        """Nothing can be lost."""

    def close(self) -> None:
        """Nothing was started."""


class Processes:
    """``n_jobs`` processes (-1: one for each core)."""

    remote = False
    batched = True

    def __init__(self, n_jobs: int) -> None:
        self._n_jobs = processes(n_jobs)
        self._open()

    def _open(self) -> None:
        from joblib.externals.loky import ProcessPoolExecutor

        self._pool = ProcessPoolExecutor(self._n_jobs, initializer=_obey_the_parent)

    def workers(self) -> int:
        """The number of processes."""
        return self._n_jobs

    def check(self, expected: Mapping[str, str], ask: Callable[[], Mapping[str, str]]) -> None:
        """They have this process's files."""

    def submit(self, batch: Batch) -> Future:
        """To whichever process is free first."""
        with warnings.catch_warnings():  # a process that grew too large is replaced, which concerns nobody
            warnings.simplefilter("ignore", UserWarning)
            future: Future = self._pool.submit(do_remotely, batch)
        return future

    def failure(self, error: BaseException, batch: Batch) -> BaseException | None:  # noqa: ARG002
        """None for a process that was killed: it takes the whole pool with it."""
        return None if isinstance(error, concurrent.futures.process.BrokenProcessPool) else error

    def renew(self) -> None:
        """A new pool."""
        self.close()
        self._open()

    def watch(self) -> None:
        """The futures say when a process is lost."""

    def close(self) -> None:
        """Kills the processes."""
        self._pool.shutdown(wait=True, kill_workers=True)


def _obey_the_parent() -> None:
    """Ends with the process that asks, even one that is killed. A terminal sends Ctrl-C to every process: one of them
    is to answer, and to stop the others.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        pause(1.0)
    _leave(1)
