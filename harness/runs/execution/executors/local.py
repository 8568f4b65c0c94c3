"""Runs on this machine: in this process, or in several processes of joblib's pool."""

from __future__ import annotations

import concurrent.futures
import concurrent.futures.process
import os
import signal
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence

from harness.base.jobs import processes
from harness.base.timing import pause
from harness.runs.execution.executors.answers import Outcome
from harness.runs.execution.executors.base import Future
from harness.runs.execution.executors.work import Batch, do, do_remotely


class Serial:
    """Does the runs in this process, one after the other."""

    remote = False
    batched = False

    def workers(self) -> int:
        """Always 1."""
        return 1

    def check(self, expected: Mapping[str, str], ask: Callable[[], Mapping[str, str]]) -> None:
        """Nothing to check: the worker is this process."""

    def submit(self, batch: Batch) -> Future:
        """Does the batch at once; the future is done when it is returned."""
        future: concurrent.futures.Future[Sequence[Outcome]] = concurrent.futures.Future()
        try:
            future.set_result(do(batch))
        except Exception as error:
            future.set_exception(error)
        return future

    def failure(self, error: BaseException, batch: Batch) -> BaseException | None:  # noqa: ARG002
        """The error itself: no worker can be lost."""
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
        """Nothing to check: the processes have this process's files and installation."""

    def submit(self, batch: Batch) -> Future:
        """Sends the batch to the process that is free first."""
        with warnings.catch_warnings():  # joblib warns when it replaces a process that grew large
            warnings.simplefilter("ignore", UserWarning)
            future: Future = self._pool.submit(do_remotely, batch)
        return future

    def failure(self, error: BaseException, batch: Batch) -> BaseException | None:  # noqa: ARG002
        """None if a process was killed, for then the whole pool is lost; else the error itself."""
        return None if isinstance(error, concurrent.futures.process.BrokenProcessPool) else error

    def renew(self) -> None:
        """Starts a new pool."""
        self.close()
        self._open()

    def watch(self) -> None:
        """Nothing to watch: the futures say when a process is lost."""

    def close(self) -> None:
        """Kills the processes."""
        self._pool.shutdown(wait=True, kill_workers=True)


def _obey_the_parent() -> None:
    """Makes this worker end when its parent ends, even if the parent is killed, and ignore Ctrl-C. A terminal sends
    Ctrl-C to every process, but only the parent should answer it, and stop its workers.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        pause(1.0)
    os._exit(1)
