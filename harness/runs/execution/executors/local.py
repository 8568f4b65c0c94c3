"""Runs on this machine: in this process, or in several child processes."""

from __future__ import annotations

import concurrent.futures
import os
import pickle
import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from harness.base.channel import Channel
from harness.base.children import Child, Lost
from harness.base.jobs import processes
from harness.runs.execution.executors.answers import Answer
from harness.runs.execution.executors.base import Future
from harness.runs.execution.executors.work import Batch, Ended, do, do_remotely


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
        future: concurrent.futures.Future[Answer] = concurrent.futures.Future()
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
    """``n_jobs`` processes (-1: one for each core). If one ends, only the batch that it did is lost."""

    remote = False
    batched = True

    def __init__(self, n_jobs: int) -> None:
        from joblib.externals.loky.backend.reduction import dumps

        self._dumps = dumps  # pickles objects of a session or a notebook too
        self._n_jobs = processes(n_jobs)
        self._waiting: queue.SimpleQueue[tuple[bytes, concurrent.futures.Future[bytes]] | None]
        self._waiting = queue.SimpleQueue()
        self._children: set[Child] = set()
        self._over = False
        self._threads = [threading.Thread(target=self._follow, daemon=True) for _ in range(self._n_jobs)]
        for thread in self._threads:
            thread.start()

    def workers(self) -> int:
        """The number of processes."""
        return self._n_jobs

    def check(self, expected: Mapping[str, str], ask: Callable[[], Mapping[str, str]]) -> None:
        """Nothing to check: the processes have this process's files and installation."""

    def submit(self, batch: Batch) -> Future:
        """Sends the batch to the process that is free first."""
        if isinstance(batch.source, Path):
            batch = replace(batch, source=batch.source.absolute())
        future: concurrent.futures.Future[bytes] = concurrent.futures.Future()
        self._waiting.put((bytes(self._dumps(batch)), future))
        return future

    def failure(self, error: BaseException, batch: Batch) -> BaseException | None:  # noqa: ARG002
        """The error itself: Ended if the process ended."""
        return error

    def renew(self) -> None:
        """Nothing to renew: a process that ended is replaced at the next batch."""

    def watch(self) -> None:
        """Nothing to watch: the futures say when a process is lost."""

    def close(self) -> None:
        """Kills the processes."""
        self._over = True
        for _ in self._threads:
            self._waiting.put(None)
        for child in list(self._children):
            child.kill()
        for thread in self._threads:
            thread.join()

    def _follow(self) -> None:
        """The work of a thread: it sends one batch after the other to a process of its own."""
        child: Child | None = None
        while (item := self._waiting.get()) is not None and not self._over:
            request, future = item
            try:
                if child is None:
                    child = Child(f"{__name__}:serve", current=True, then=_folder())
                    self._children.add(child)
                    if self._over:  # closed meanwhile
                        child.kill()
                child.send(request)
                future.set_result(child.receive())
            except Lost as error:
                future.set_exception(Ended(f"a process {error}", error.code))
            except BaseException as error:
                future.set_exception(error)
                continue
            else:
                continue
            if child is not None:
                self._children.discard(child)
                child.close()
            child = None
        if child is not None:
            self._children.discard(child)
            child.close()


def _folder() -> str | None:
    try:
        return os.getcwd()
    except OSError:  # it was removed
        return None


def serve(channel: Channel) -> None:
    """The work of a process: it does every batch that it is sent."""
    while True:
        batch: Batch = pickle.loads(channel.receive())
        channel.send(do_remotely(batch))
