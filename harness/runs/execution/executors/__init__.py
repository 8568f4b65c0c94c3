"""Where runs are done: in this process, in several on this machine, or on a Dask cluster, all on one code path.

A *unit* is one run. Units are sent in *batches* (``work.py``): one long run, or many short ones, so that sending them
does not take longer than doing them. For each batch a worker returns an *answer* (``answers.py``): one *outcome* per
unit, and a part of the record with all of these runs. The process that sent the batch checks and writes it. So workers
need no common folder, and write nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from harness.base.jobs import check_jobs
from harness.errors import UsageError
from harness.runs.execution.executors.answers import Answer, Outcome
from harness.runs.execution.executors.base import Executor
from harness.runs.execution.executors.dispatch import dispatch
from harness.runs.execution.executors.work import Batch

__all__ = ["Answer", "Batch", "Executor", "Outcome", "check_cluster", "dispatch", "open_executor"]

LOCAL, SLURM = "local", "slurm"
SCHEMES = ("dask://", "tcp://", "tls://")


def check_cluster(cluster: str | None, config: Path | None) -> None:
    """UsageError if ``cluster`` names no cluster, or the configuration is missing, superfluous or wrong. Starts
    nothing.
    """
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
    """The executor for these values of ``--jobs``, ``--cluster`` and ``--cluster-config``, which the caller closes.
    UsageError for an impossible number of jobs, ClusterError if the cluster cannot be reached.
    """
    check_jobs(n_jobs)
    check_cluster(cluster, config)
    if cluster is None:
        from harness.runs.execution.executors.local import Processes, Serial

        return Serial() if n_jobs == 1 else Processes(n_jobs)
    if cluster == LOCAL:
        from harness.runs.execution.executors.dask_local import LocalCluster

        return LocalCluster(n_jobs)
    if config is not None:
        from harness.runs.execution.executors.slurm import SlurmCluster

        return SlurmCluster(config, note)
    from harness.runs.execution.executors.dask_cluster import DaskCluster

    return DaskCluster(cluster, note)
