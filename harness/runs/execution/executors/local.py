"""Runs on this machine: in this very process, or in several."""

from __future__ import annotations

import concurrent.futures
import os
import pickle
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from harness.base.channel import Channel
from harness.base.children import Child, Lost
from harness.base.jobs import processes
from harness.runs.execution.executors.answers import answer_to, read_answer
from harness.runs.execution.executors.base import Future
from harness.runs.execution.executors.work import Batch, Ended, Outcome, do


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
        future: concurrent.futures.Future[Sequence[Outcome]] = concurrent.futures.Future()
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
    """``n_jobs`` processes (-1: one for each core). One that ends takes nothing with it but the batch it had."""

    remote = False
    batched = True

    def __init__(self, n_jobs: int) -> None:
        from joblib.externals.loky.backend.reduction import dumps

        self._dumps = dumps  # objects of a session or a notebook too; only this process's own words are unpickled
        self._n_jobs = processes(n_jobs)
        self._waiting: queue.SimpleQueue[tuple[bytes, concurrent.futures.Future[Sequence[Outcome]]] | None]
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
        """They have this process's files."""

    def submit(self, batch: Batch) -> Future:
        """To whichever process is free first."""
        if isinstance(batch.source, Path):
            batch = replace(batch, source=batch.source.absolute())
        future: concurrent.futures.Future[Sequence[Outcome]] = concurrent.futures.Future()
        self._waiting.put((bytes(self._dumps(batch)), future))
        return future

    def failure(self, error: BaseException, batch: Batch) -> BaseException | None:  # noqa: ARG002
        """None for a process that ended."""
        return None if isinstance(error, Ended) else error

    def renew(self) -> None:
        """A process that ended has a successor already."""

    def watch(self) -> None:
        """The futures say when a process is lost."""

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
        """A thread: its own process, one batch after the other."""
        child: Child | None = None
        while (item := self._waiting.get()) is not None and not self._over:
            words, future = item
            try:
                if child is None:
                    child = Child(f"{__name__}:serve", current=True, then=_folder())
                    self._children.add(child)
                    if self._over:  # closed meanwhile
                        child.kill()
                child.send(words)
                future.set_result(read_answer(child.receive()))
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
    """What a process does."""
    while True:
        batch: Batch = pickle.loads(channel.receive())
        channel.send(answer_to(batch))
