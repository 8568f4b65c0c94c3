"""The interface of executors: one takes batches, gives futures, and says which errors mean that a batch was lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from harness.runs.execution.executors.work import Batch


class Future(Protocol):
    """The methods that the futures of the standard library and of Dask share."""

    def result(self) -> Any:
        """The answer to a batch once it is done, from another process as bytes. Raises the error if there was one."""

    def add_done_callback(self, fn: Callable[[Any], object]) -> None:
        """Calls ``fn`` with the future once it is done, from any thread."""


class Executor(Protocol):
    """Processes that do batches of runs.

    ``remote``: the workers may have other files and another installation than this process; ``batched``: sending a
    batch takes time, so short runs are sent together.
    """

    remote: bool
    batched: bool

    def workers(self) -> int:
        """How many runs can be in progress at the same time, at present."""

    def check(self, expected: Mapping[str, str], ask: Callable[[], Mapping[str, str]]) -> None:
        """Calls ``ask`` on every worker. WorkersRefused if an answer differs from ``expected`` (see ``handshake``)."""

    def submit(self, batch: Batch) -> Future:
        """Starts a batch, now or when a worker is free."""

    def failure(self, error: BaseException, batch: Batch) -> BaseException | None:
        """The exception to raise for the error of a batch's future. None if the batch did not fail but was lost with
        its workers; it is then done again, after ``renew``. Ended if the batch itself may have ended its workers.
        """

    def renew(self) -> None:
        """Gets new workers in place of the lost ones and forgets the batches that were sent. ClusterLost if no worker
        can be got.
        """

    def watch(self) -> None:
        """Called now and then while waiting. ClusterLost if no worker is left that could send an outcome."""

    def close(self) -> None:
        """Stops the workers that this process has started and forgets the batches that it has sent, at once."""
