"""What an executor is: it takes batches and gives futures, and says which errors mean that a batch was lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from harness.runs.execution.executors.work import Answer, Batch


class Future(Protocol):
    """What the futures of the standard library and of Dask have in common."""

    def result(self) -> Answer | bytes:
        """The answer, whole or as bytes, or the error, of a future that is done."""

    def add_done_callback(self, fn: Callable[[Any], object]) -> None:
        """Calls ``fn`` with the future once it is done, from any thread."""


class Executor(Protocol):
    """Processes that do batches.

    ``remote``: its workers may have other files, and another installation, than this process; ``batched``: sending a
    batch costs something, so that short runs travel together.
    """

    remote: bool
    batched: bool

    def workers(self) -> int:
        """How many units are done at the same time, at present."""

    def check(self, expected: Mapping[str, str], ask: Callable[[], Mapping[str, str]]) -> None:
        """WorkersRefused if a worker's answer differs from what is expected (see ``handshake``)."""

    def submit(self, batch: Batch) -> Future:
        """Starts a batch, now or when a worker is free."""

    def failure(self, error: BaseException, batch: Batch) -> BaseException | None:
        """What to raise for the error of a batch's future; None if the batch was lost with its workers, rather than
        failed: it is to be done again, after ``renew``.
        """

    def renew(self) -> None:
        """New workers in place of those that were lost; batches still out there are forgotten. ClusterLost if there
        are none to be had.
        """

    def watch(self) -> None:
        """Called now and then while waiting. ClusterLost if there is nobody left to wait for."""

    def close(self) -> None:
        """Stops what this process has started and forgets what it has sent, at once."""
