"""SLURM: the configuration, the job script, and jobs that a stand-in for ``sbatch`` really runs on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from harness.errors import ClusterError, UnknownName, UsageError
from harness.runs.execution.executors import check_cluster
from harness.runs.execution.executors.slurm import job_options, read_config
from harness.sources.models.surrogates import SurrogateSet
from support.clusters import until
from support.commands import child_environment
from support.executing import go
from support.record_bytes import bytes_of

pytest.importorskip("dask_jobqueue")

TOML = """
jobs = 2
cores = 3
memory = "2GB"
queue = "short"
walltime = "00:10:00"
job_extra_directives = ["--exclusive"]
"""
SBATCH = """#!/bin/sh
# What it is given is run in the background, as a session of its own.
echo $$ >> {folder}/submitted
cp "$1" {folder}/job-$$.sh
setsid sh {folder}/job-$$.sh > {folder}/job-$$.log 2>&1 &
echo "Submitted batch job $!"
"""
SCANCEL = """#!/bin/sh
echo "$1" >> {folder}/cancelled
kill -TERM -"$1" 2> /dev/null || true
"""


def config(folder: Path, text: str = TOML, name: str = "cluster.toml") -> Path:
    file = folder / name
    file.write_text(text)
    return file


def test_toml_and_yaml_say_the_same(tmp_path: Path) -> None:
    yaml = 'jobs: 2\ncores: 3\nmemory: 2GB\nqueue: short\nwalltime: "00:10:00"\njob_extra_directives: ["--exclusive"]\n'
    assert read_config(config(tmp_path)) == read_config(config(tmp_path, yaml, "cluster.yaml"))


def test_the_job_script_has_what_the_file_says(tmp_path: Path) -> None:
    from dask_jobqueue import SLURMCluster

    with SLURMCluster(**job_options(read_config(config(tmp_path)))) as cluster:
        script = cluster.job_script()
    for line in ("#SBATCH -p short", "#SBATCH -t 00:10:00", "#SBATCH --cpus-per-task=3", "#SBATCH --exclusive"):
        assert line in script.splitlines()
    assert "--nthreads 1 " in script  # one run at a time in each process
    assert "--nworkers 3 " in script


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('memory = "1GB"', ["has no jobs", "number of SLURM jobs"]),
        ("jobs = 2", ["has no memory", "4GB"]),
        ('jobs = 0\nmemory = "1GB"', ["jobs = 0", "whole number of at least 1"]),
        ('jobs = true\nmemory = "1GB"', ["jobs = True", "whole number"]),
        ("jobs = 2\nmemory = 4", ["memory = 4", "a text"]),
        ('jobs = 2\nmemory = "1GB"\njob_extra_directives = "-x"', ["job_extra_directives", "list of texts"]),
        ('jobs = 2\nmemory = "1GB"\npartition = "a"', ["partition", "queue"]),
        ('jobs = 2\nmemory = "1GB"\nwalltme = "a"', ["did you mean 'walltime'"]),
        ("jobs = = 2", ["is no TOML"]),
    ],
)
def test_a_wrong_configuration_is_named_with_what_would_be_right(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        read_config(config(tmp_path, text))
    assert [word for word in words if word not in str(caught.value)] == [], caught.value
    assert isinstance(caught.value, ClusterError | UnknownName)


@pytest.mark.parametrize(
    ("name", "text", "word"), [("c.json", "{}", ".toml"), ("c.yaml", "a: [", "is no YAML"), ("c.yml", "- 1", "keys")]
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, name: str, text: str, word: str) -> None:
    with pytest.raises(ClusterError, match=word):
        read_config(config(tmp_path, text, name))


def test_the_options_go_together(tmp_path: Path) -> None:
    for cluster, file in (("slurm", None), (None, config(tmp_path)), ("local", config(tmp_path))):
        with pytest.raises(UsageError, match="go together"):
            check_cluster(cluster, file)
    with pytest.raises(UsageError, match=r"unknown cluster 'slum'.*local, slurm"):
        check_cluster("slum", None)
    with pytest.raises(ClusterError, match="cannot be read"):
        check_cluster("slurm", tmp_path / "none.toml")


def test_no_sbatch_is_said(clockwork: SurrogateSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ClusterError, match="sbatch on the PATH"):
        go(clockwork, tmp_path / "r", methods=["random-search"], cluster="slurm", cluster_config=config(tmp_path))


def stand_in(folder: Path, sbatch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts an ``sbatch`` and a ``scancel`` on the PATH."""
    for name, text in (("sbatch", sbatch), ("scancel", SCANCEL)):
        tool = folder / name
        tool.write_text(text.format(folder=folder))
        tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", child_environment()["PYTHONPATH"])


def test_a_job_that_is_refused_is_said(
    clockwork: SurrogateSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, "#!/bin/sh\necho 'invalid partition' >&2\nexit 1\n", monkeypatch)
    with pytest.raises(ClusterError, match=r"could not be submitted.*invalid partition"):
        go(clockwork, tmp_path / "r", methods=["random-search"], cluster="slurm", cluster_config=config(tmp_path))
    assert not (tmp_path / "r").exists()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SLURM is POSIX")
def test_the_jobs_are_submitted_give_the_bytes_of_one_process_and_are_cancelled(
    clockwork: SurrogateSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, SBATCH, monkeypatch)
    text = 'jobs = 2\nmemory = "1GB"\nscheduler_options = {host = "127.0.0.1"}\n'
    text += f'local_directory = "{tmp_path}"\n'
    file = config(tmp_path, text)
    ran = go(clockwork, tmp_path / "there", "0-19", methods=["random-search"], cluster="slurm", cluster_config=file)
    assert ran == list(range(20))
    assert len((tmp_path / "submitted").read_text().split()) == 2
    until(lambda: (tmp_path / "cancelled").exists() and len((tmp_path / "cancelled").read_text().split()) == 2)
    go(clockwork, tmp_path / "here", "0-19", methods=["random-search"])
    assert bytes_of(tmp_path / "there") == bytes_of(tmp_path / "here")
