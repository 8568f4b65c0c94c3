"""Where runs are done: in this process, in several on this machine, or on a Dask cluster, all on one code path.

A *unit* is one run. Units travel in *batches* (``work.py``): one long run, or many short ones so that sending them does
not take longer than doing them. A batch comes back as one *answer*, with an outcome per unit and a part of the record,
and the process that asked checks and writes it: workers need no folder in common, and nobody but it writes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from harness.base.jobs import check_jobs
from harness.errors import UsageError
from harness.runs.execution.executors.base import Executor
from harness.runs.execution.executors.dispatch import dispatch
from harness.runs.execution.executors.work import Answer, Batch, Outcome

__all__ = ["Answer", "Batch", "Executor", "Outcome", "check_cluster", "dispatch", "open_executor"]

LOCAL, SLURM = "local", "slurm"
SCHEMES = ("dask://", "tcp://", "tls://")


def check_cluster(cluster: str | None, config: Path | None) -> None:
    """UsageError if this names no cluster, or its configuration is missing, superfluous or wrong; starts nothing."""
    if cluster not in (None, LOCAL, SLURM) and not str(cluster).startswith(SCHEMES):
        raise UsageError(
            f"unknown cluster {cluster!r}; valid: {LOCAL}, {SLURM} (with --cluster-config FILE), or the address of a "
            f"Dask scheduler such as dask://HOST:8786"
        )
    if (config is not None) != (cluster == SLURM):
        raise UsageError("--cluster slurm and --cluster-config FILE go together; see docs/scaling.md for what is in it")
    if cluster is not None:
        from harness.runs.execution.executors.dask_cluster import require_dask

        require_dask(jobqueue=cluster == SLURM)
    if config is not None:
        from harness.runs.execution.executors.slurm import read_config

        read_config(config)


def open_executor(
    n_jobs: int = 1,
    cluster: str | None = None,
    config: Path | None = None,
    note: Callable[[str], None] = lambda _: None,
) -> Executor:
    """The executor of ``--jobs``, ``--cluster`` and ``--cluster-config``; close it. UsageError for an impossible number
    of jobs, ClusterError if the cluster is not there.
    """
    check_jobs(n_jobs)
    check_cluster(cluster, config)
    if cluster is None:
        from harness.runs.execution.executors.local import Processes, Serial

        return Serial() if n_jobs == 1 else Processes(n_jobs)
    from harness.runs.execution.executors.dask_cluster import DaskCluster, LocalCluster

    if cluster == LOCAL:
        return LocalCluster(n_jobs)
    if config is not None:
        from harness.runs.execution.executors.slurm import SlurmCluster

        return SlurmCluster(config, note)
    return DaskCluster(cluster, note)
