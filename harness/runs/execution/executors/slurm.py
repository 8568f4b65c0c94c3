"""A Dask cluster of SLURM jobs, from a configuration file; the scheduler runs in this process, on the login node.

The file is TOML or YAML and flat. ``jobs`` is the number of SLURM jobs; the other keys are dask-jobqueue's.
"""

from __future__ import annotations

import os
import reprlib
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.base.plain import read_plain
from harness.base.timing import Every
from harness.base.toml import load_toml
from harness.errors import ClusterError, UnknownName
from harness.runs.execution.executors.dask_cluster import DaskCluster

if TYPE_CHECKING:
    from distributed import Client

MAX_BYTES = 1 << 20
REQUIRED: Mapping[str, tuple[type, str]] = {
    "jobs": (int, "the number of SLURM jobs, such as 20"),
    "memory": (str, 'the memory of a job, such as "4GB"'),
}
OPTIONAL: Mapping[str, tuple[type, str]] = {
    "cores": (int, "the number of cores of a job, each with a worker process of its own; 1 if not given"),
    "queue": (str, "the partition"),
    "account": (str, "the account that is charged"),
    "walltime": (str, 'the time limit of a job, such as "02:00:00"'),
    "job_extra_directives": (list, 'further lines of the job script, such as ["--exclusive"]'),
    "job_script_prologue": (list, 'shell commands before the worker starts, such as ["source venv/bin/activate"]'),
    "worker_extra_args": (list, "further arguments of dask worker"),
    "python": (str, "the interpreter of the workers; this one if not given"),
    "interface": (str, 'the network interface, such as "ib0"'),
    "local_directory": (str, "a worker's scratch folder"),
    "log_directory": (str, "the folder for the output of the jobs"),
    "protocol": (str, '"tls://" for connections with the certificates of Dask\'s configuration'),
    "scheduler_options": (dict, "options of the scheduler in this process, such as {port = 8786}"),
}
KEYS = {**REQUIRED, **OPTIONAL}
NEUTRAL = ("export PYTHONSAFEPATH=1", "cd /")
"""The last lines before a worker starts; before Python 3.11 the second alone means something."""
KIND = {int: "a whole number of at least 1", str: "a text", list: "a list of texts", dict: "a table"}


def read_config(path: Path) -> dict[str, Any]:
    """The configuration, with every key checked. ClusterError or UnknownName names a wrong key and the right values."""
    config = _parse(path)
    for name in config:
        if name not in KEYS:
            raise UnknownName(f"key of {path}", name, KEYS)
    for name, (kind, meaning) in KEYS.items():
        if name not in config:
            if name in REQUIRED:
                raise ClusterError(f"{path} has no {name}: {meaning}")
            continue
        if not _fits(kind, config[name]):
            raise ClusterError(f"{path}: {name} = {reprlib.repr(config[name])} is not {KIND[kind]}: {meaning}")
    return config


def _fits(kind: type, value: Any) -> bool:
    if isinstance(value, int):
        return kind is int and type(value) is int and value >= 1  # True is no number of jobs
    if isinstance(value, list):
        return kind is list and all(isinstance(item, str) for item in value)
    return isinstance(value, kind)


def _parse(path: Path) -> dict[str, Any]:
    suffix = path.suffix.lower()
    try:
        data = read_plain(path, MAX_BYTES, follow=True)
        if suffix == ".toml":
            config: Any = load_toml(data)
        elif suffix in (".yaml", ".yml"):
            import yaml

            config = yaml.safe_load(data.decode("utf-8"))
        else:
            raise ClusterError(f"--cluster-config {path} must be a .toml, .yaml or .yml file")
    except OSError as error:
        raise ClusterError(f"--cluster-config {path} cannot be read ({error.strerror})") from None
    except ClusterError:
        raise
    except Exception as error:  # every parser has errors of its own
        raise ClusterError(f"{path} is no {suffix[1:].upper()}: {' '.join(str(error).split())}") from None
    if not isinstance(config, dict):
        raise ClusterError(f"{path} must hold keys and values, such as jobs = 20")
    return config


def job_options(config: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of dask-jobqueue's SLURMCluster: a worker process for each core, none with several threads.

    A job begins in the folder of its submission, where Python would look for modules first; so the worker starts in
    another one.
    """
    options = {name: value for name, value in config.items() if name != "jobs"}
    options["job_script_prologue"] = [*options.get("job_script_prologue", []), *NEUTRAL]
    for name in ("python", "local_directory"):
        if os.sep in options.get(name, ""):
            options[name] = os.path.abspath(options[name])
    cores = options.setdefault("cores", 1)
    scheduler = {"dashboard_address": ":0", **options.get("scheduler_options", {})}  # any port that is free
    return {**options, "processes": cores, "scheduler_options": scheduler}


class SlurmCluster(DaskCluster):
    """Workers in SLURM jobs, which are submitted here and cancelled at the end. Waits without a limit for the first job
    to start.
    """

    lonely = None

    def __init__(self, config: Path, note: Callable[[str], None] = lambda _: None) -> None:
        self._config = read_config(config)
        if shutil.which("sbatch") is None:
            raise ClusterError("--cluster slurm needs sbatch on the PATH; run it on a login node of the cluster")
        super().__init__("of these SLURM jobs", note)

    def _how(self) -> str:
        return "see: squeue"

    def _connect(self, timeout: float) -> Client:
        from dask_jobqueue import SLURMCluster
        from dask_jobqueue.slurm import SLURMJob
        from distributed import Security, Status

        refused: list[str] = []

        class ReportingJob(SLURMJob):  # type: ignore[misc]  # of a library that is not annotated
            """A SLURM job that notes why ``sbatch`` refused it. dask-jobqueue itself submits it again forever,
            silently.
            """

            async def _submit_job(self, script_filename: str) -> Any:
                try:
                    return await super()._submit_job(script_filename)
                except Exception as error:
                    refused.append(str(error))
                    self.status = Status.failed  # else closing the cluster waits for it to start
                    raise

        self._refused = refused
        try:
            options = job_options(self._config)
            if options.get("protocol") == "tls://":
                options["security"] = Security(require_encryption=True)  # the rest is of Dask's configuration
            self._cluster = SLURMCluster(job_cls=ReportingJob, **options)
            self._cluster.scale(jobs=self._config["jobs"])
        except Exception as error:
            reason = " ".join(str(error).split())[:400]
            raise ClusterError(f"the SLURM jobs could not be submitted ({type(error).__name__}: {reason})") from None
        self.address = self._cluster.scheduler_address
        return super()._connect(timeout)

    def _wait_for_a_worker(self, timeout: float | None) -> bool:  # noqa: ARG002
        reminder = Every(60.0)
        while not super()._wait_for_a_worker(1.0):
            if self._refused:
                reason = " ".join(self._refused[0].split())[-400:]
                raise ClusterError(f"the SLURM jobs could not be submitted: {reason}")
            if reminder.due():
                self._note(f"{self._config['jobs']} SLURM jobs are submitted; waiting for the first to start")
        return True

    def renew(self) -> None:
        """Submits new jobs. The scheduler is in this process, so only an error of its own can lose it."""
        self.close()
        self._start()
