"""A Dask cluster on this machine, started and stopped by this process."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

from harness.base.children import safe_spawning
from harness.base.jobs import processes
from harness.runs.execution.executors.dask_cluster import DaskCluster

if TYPE_CHECKING:
    from distributed import Client

IGNORE_INTERRUPTS = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
"""Code that makes a worker ignore Ctrl-C. A terminal sends it to every process; the parent answers, and stops the
workers.
"""


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
        # No limit on memory, as for the processes of --jobs.
        self._cluster = Workers(
            n_workers=self._n_jobs, threads_per_worker=1, processes=True, dashboard_address=":0", memory_limit=0,
            silence_logs=logging.CRITICAL, preload=[IGNORE_INTERRUPTS],
        )  # fmt: skip
        self.address = self._cluster.scheduler_address
        return super()._connect(timeout)

    def renew(self) -> None:
        """Starts a new cluster."""
        self.close()
        self._start()

    def close(self) -> None:
        """Stops the cluster."""
        try:
            super().close()
        finally:
            if self._safely is not None:
                self._safely.close()
                self._safely = None
