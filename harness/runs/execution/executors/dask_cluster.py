"""Runs on a Dask cluster: one that is there already, or one of this machine, started and stopped here.

Dask does the runs of a worker that dies on another one. What it does not do is tell whether the workers are fit for the
runs (``check``), and survive its scheduler: then the client connects again, and sends what was out there once more.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from importlib import metadata
from typing import TYPE_CHECKING, Any

from harness.base.children import safe_spawning
from harness.base.jobs import processes
from harness.base.naming import DISTRIBUTION
from harness.base.timing import Every, elapsed
from harness.errors import (
    ClusterError,
    ClusterLost,
    HarnessError,
    UsageError,
    WorkerError,
    WorkerMismatch,
    WorkersRefused,
)
from harness.runs.execution.executors.base import Future
from harness.runs.execution.executors.handshake import differences
from harness.runs.execution.executors.work import Batch, do_remotely

if TYPE_CHECKING:
    from distributed import Client

EXTRA = "dask"
CONNECT = 10.0
"""Seconds to reach a scheduler."""
FIRST = 30.0
"""Seconds for a scheduler that was reached to have a worker."""
RECONNECT = 60.0
"""Seconds that a scheduler may be gone before it is given up, and then for it to have a worker again."""
LONELY = 300.0
"""Seconds that a cluster may be without any worker."""
SHOWN = 5
"""Workers that are named of those that differ."""
IGNORE_INTERRUPTS = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
"""A terminal sends Ctrl-C to every process; this one is to answer, and to stop the workers it started."""


def require_dask(*, jobqueue: bool = False) -> None:
    """UsageError with the line that installs it if Dask is missing."""
    for library in ("distributed", *(["dask-jobqueue"] if jobqueue else [])):
        try:
            metadata.version(library)
        except metadata.PackageNotFoundError:
            raise UsageError(
                f"--cluster needs {library}, which is not installed: pip install '{DISTRIBUTION}[{EXTRA}]'"
            ) from None


class DaskCluster:
    """The workers of the scheduler at an address; ClusterError if there is none, or it has no workers."""

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
        self._quiet = _Quiet()
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

    def _connect(self, timeout: float) -> Client:
        from distributed import Client

        try:
            return Client(self.address, timeout=timeout, set_as_default=False)
        except (OSError, ValueError) as error:
            reason = " ".join(str(error).split()).rstrip(".")
            raise ClusterError(
                f"no Dask scheduler answers at {self.address} ({reason}); start one with: dask scheduler"
            ) from None

    def _wait_for_a_worker(self, timeout: float | None) -> bool:
        try:
            self._client.wait_for_workers(1, timeout=timeout)
        except (TimeoutError, OSError):
            return False
        return True

    def workers(self) -> int:
        """Worker processes that are connected at present: each does one run at a time, whatever its threads."""
        if self._client.status == "running" and self._recount.due():
            self._count = len(self._client.nthreads())
        return max(self._count, 1)

    def check(self, expected: Mapping[str, str], ask: Callable[[], Mapping[str, str]]) -> None:
        """WorkersRefused if a worker that is connected now differs; those that join later are asked with their runs."""
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
        """To whichever worker the scheduler chooses; a worker that dies has its batches done again on others."""
        future: Future = self._client.submit(do_remotely, batch, pure=False)
        return future

    def failure(self, error: BaseException, batch: Batch) -> BaseException | None:
        """None for a scheduler that went away."""
        from distributed import KilledWorker

        if isinstance(error, CancelledError | OSError | TimeoutError):
            return None
        if isinstance(error, KilledWorker):
            last = getattr(error, "last_worker", None)
            return WorkerError(
                f"{batch} took its worker down again and again, the last one at {getattr(last, 'address', 'unknown')}: "
                f"killed, or out of memory"
            )
        if isinstance(error, HarnessError) or not isinstance(error, Exception):
            return error
        return WorkerMismatch(f"a worker cannot do {batch} ({_line(error)}); it needs the same {DISTRIBUTION} as here")

    def renew(self) -> None:
        """Connects to the scheduler, or the one started in its place, again. ClusterLost if there is none."""
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
        """ClusterLost if every worker has been away for long."""
        if self._client.status != "running" or self._client.nthreads():
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = elapsed()
            self._note("no worker is left; waiting for one")
        elif self.lonely is not None and elapsed() - self._alone_since > self.lonely:
            raise ClusterLost(f"no worker of {self.address} was left for {self.lonely:g} s; start some: {self._how()}")

    def close(self) -> None:
        """The scheduler forgets what it was sent and not done; workers that were started here are stopped."""
        try:
            if self._client is not None:
                self._client.close(timeout=5)
            if self._cluster is not None:
                self._cluster.close(timeout=10)
        finally:
            self._quiet.end()


class LocalCluster(DaskCluster):
    """A Dask cluster of ``n_jobs`` processes on this machine (-1: one for each core)."""

    remote = False

    def __init__(self, n_jobs: int) -> None:
        self._n_jobs = processes(n_jobs)
        self._safely: contextlib.ExitStack | None = None
        super().__init__("of this machine")

    def _connect(self, timeout: float) -> Client:
        from distributed import LocalCluster as Workers

        if self._safely is None:  # for as long as workers may be started again
            self._safely = contextlib.ExitStack()
            self._safely.enter_context(safe_spawning())
        # No limit on memory: a method that needs much of it is no less right here than in this process.
        self._cluster = Workers(
            n_workers=self._n_jobs, threads_per_worker=1, processes=True, dashboard_address=":0", memory_limit=0,
            silence_logs=logging.CRITICAL, preload=[IGNORE_INTERRUPTS],
        )  # fmt: skip
        self.address = self._cluster.scheduler_address
        return super()._connect(timeout)

    def renew(self) -> None:
        """A new cluster."""
        self.close()
        self._start()

    def close(self) -> None:
        """As of every cluster."""
        try:
            super().close()
        finally:
            if self._safely is not None:
                self._safely.close()
                self._safely = None


class _Quiet:
    """While it lasts, Dask's own log lines, which say what is reported here already in other words, are kept off the
    terminal, and a peer that does not answer is given up after ``CONNECT`` seconds.
    """

    def __init__(self) -> None:
        import dask
        import distributed  # noqa: F401 - sets up its loggers

        self._settings = dask.config.set({"distributed.comm.timeouts.connect": f"{CONNECT}s"})
        noisy: list[Any] = [*logging.getLogger("distributed").handlers, logging.getLogger("tornado.application")]
        self._levels = {one: one.level for one in noisy}
        for one in noisy:
            one.setLevel(logging.CRITICAL + 1)

    def end(self) -> None:
        """As it was."""
        self._settings.__exit__(None, None, None)
        for one, level in self._levels.items():
            one.setLevel(level)


def _line(error: object) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:200]}"
