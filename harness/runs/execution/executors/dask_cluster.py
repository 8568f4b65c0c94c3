"""Runs on a Dask cluster that is running already.

When a worker dies, Dask does its runs on another worker. Two things are added here. ``check`` refuses workers that
would not give the same bytes. ``renew`` connects again after the scheduler was lost; the batches that were out are then
sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any

from harness.base.libraries import require
from harness.base.naming import DISTRIBUTION
from harness.base.timing import Every, elapsed
from harness.errors import (
    ClusterError,
    ClusterLost,
    HarnessError,
    WorkerMismatch,
    WorkersRefused,
)
from harness.runs.execution.executors.base import Future
from harness.runs.execution.executors.dask_quiet import QuietDask
from harness.runs.execution.executors.dispatch import LOSSES
from harness.runs.execution.executors.handshake import differences
from harness.runs.execution.executors.work import Batch, Ended, do_remotely

if TYPE_CHECKING:
    from distributed import Client

EXTRA = "dask"
CONNECT = 10.0
"""Seconds to reach a scheduler."""
FIRST = 30.0
"""Seconds for a scheduler that was reached to have a worker."""
RECONNECT = 60.0
"""Seconds that a lost scheduler has to come back, and again as many to have a worker."""
LONELY = 300.0
"""Seconds without any worker after which a cluster is given up."""
SHOWN = 5
"""The most differing workers that a message names."""


def require_dask(*, jobqueue: bool = False) -> None:
    """UsageError if Dask is missing, with the command that installs it."""
    require(("distributed", *(["dask-jobqueue"] if jobqueue else [])), "--cluster", EXTRA)


class DaskCluster:
    """The workers of the scheduler at an address. ClusterError if no scheduler answers, or it has no workers."""

    remote = True
    batched = True
    lonely: float | None = LONELY

    def __init__(self, address: str, note: Callable[[str], None] = lambda _: None) -> None:
        self.address = address.replace("dask://", "tcp://", 1)
        self._note = note
        self._start()

    def _start(self) -> None:
        self._client: Any = None
        self._cluster: Any = None
        self._quiet = QuietDask(CONNECT)
        try:
            self._client = self._connect(CONNECT)
            if not self._wait_for_a_worker(FIRST):
                raise ClusterError(f"the scheduler at {self.address} has no workers; start some with: {self._how()}")
        except BaseException:
            self.close()
            raise
        self._count, self._recount = len(self._client.nthreads()), Every(2.0)
        self._alone_since: float | None = None

    def _how(self) -> str:
        return f"dask worker {self.address} --nthreads 1"

    def _scheduler(self) -> str:
        if self.address.startswith("tls://"):
            return "dask scheduler --protocol tls://, with the same certificates in Dask's configuration here and there"
        return "dask scheduler"

    def _connect(self, timeout: float) -> Client:
        from distributed import Client

        try:
            return Client(self.address, timeout=timeout, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:  # TypeError: no certificates are configured
            reason = " ".join(str(error).split()).rstrip(".")
            raise ClusterError(
                f"no Dask scheduler answers at {self.address} ({reason}); start one with: {self._scheduler()}"
            ) from None

    def _wait_for_a_worker(self, timeout: float | None) -> bool:
        try:
            self._client.wait_for_workers(1, timeout=timeout)
        except (TimeoutError, OSError):
            return False
        return True

    def workers(self) -> int:
        """The number of connected worker processes. Each does one run at a time, even if it has several threads."""
        if self._client.status == "running" and self._recount.due():
            self._count = len(self._client.nthreads())
        return max(self._count, 1)

    def check(self, expected: Mapping[str, str], ask: Callable[[], Mapping[str, str]]) -> None:
        """WorkersRefused if a connected worker differs. A worker that joins later is checked with every batch."""
        answers = self._client.run(ask, on_error="return")
        wrong = []
        for address, answer in sorted(answers.items()):
            if not isinstance(answer, Mapping):
                wrong.append(f"worker {address} cannot answer ({_line(answer)}); it needs the same {DISTRIBUTION}")
            elif differing := differences(answer, expected):
                wrong.append(f"on worker {address} {differing}")
        if wrong:
            more = [f"and {len(wrong) - SHOWN} more workers"] if len(wrong) > SHOWN else []
            raise WorkersRefused("workers would not give the same bytes: " + "; ".join([*wrong[:SHOWN], *more]))

    def submit(self, batch: Batch) -> Future:
        """Sends the batch to a worker that the scheduler chooses. If it dies, Dask sends the batch to another one."""
        future: Future = self._client.submit(do_remotely, batch, pure=False)
        return future

    def failure(self, error: BaseException, batch: Batch) -> BaseException | None:
        """None if the scheduler was lost, Ended if Dask has given the batch up, because it ended several workers one
        after the other; else the error to raise.
        """
        from distributed import KilledWorker

        if isinstance(error, CancelledError | OSError | TimeoutError):
            return None
        if isinstance(error, KilledWorker):
            return Ended("every worker that did it ended, killed or out of memory", None, LOSSES)
        if isinstance(error, HarnessError) or not isinstance(error, Exception):
            return error
        return WorkerMismatch(f"a worker cannot do {batch} ({_line(error)}); it needs the same {DISTRIBUTION} as here")

    def renew(self) -> None:
        """Connects again to the scheduler, or to a new one at its address. ClusterLost if none answers."""
        self._note(f"the scheduler at {self.address} is gone; waiting {RECONNECT:g} s for it")
        self._client.close(timeout=1)
        until = elapsed() + RECONNECT
        while True:
            try:
                self._client = self._connect(max(1.0, min(5.0, until - elapsed())))
                break
            except ClusterError as error:
                if elapsed() > until:
                    raise ClusterLost(f"the scheduler was lost: {error}") from None
        if not self._wait_for_a_worker(RECONNECT):
            raise ClusterLost(f"the scheduler at {self.address} is back, but without workers; {self._how()}")

    def watch(self) -> None:
        """ClusterLost if there has been no worker for ``lonely`` seconds."""
        if self._client.status != "running" or self._client.nthreads():
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = elapsed()
            self._note("no worker is left; waiting for one")
        elif self.lonely is not None and elapsed() - self._alone_since > self.lonely:
            raise ClusterLost(f"no worker of {self.address} was left for {self.lonely:g} s; start some: {self._how()}")

    def close(self) -> None:
        """Makes the scheduler forget the unfinished batches, and stops the workers that were started here."""
        try:
            if self._client is not None:
                self._client.close(timeout=5)
            if self._cluster is not None:
                self._cluster.close(timeout=10)
        finally:
            self._quiet.end()


def _line(error: object) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:200]}"
