"""Runs on Dask, with real schedulers and workers in processes of their own: whatever dies, the bytes are the same."""

# ruff: noqa: ARG001 - fixtures given, not used

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ClusterError, ClusterLost, WorkerError, WorkerMismatch, WorkersRefused
from harness.runs.execution.execute import execute
from harness.runs.execution.executors import Outcome, dask_cluster
from harness.runs.results import load_results
from harness.sources.models.surrogates import SurrogateSet
from support.clusters import BLOCK_ONCE, DIE, Cluster, cluster, kill, method, until
from support.executing import go
from support.imports import make_jobs
from support.record_bytes import bytes_of

pytest.importorskip("distributed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, clockwork: SurrogateSet) -> Iterator[Cluster]:
    """Two workers that no test kills."""
    with cluster(tmp_path_factory.mktemp("two")) as running:
        yield running


def test_a_cluster_gives_the_bytes_of_one_process(clockwork: SurrogateSet, tmp_path: Path, two: Cluster) -> None:
    both = ["random-search", method(tmp_path)]
    assert go(clockwork, tmp_path / "here", "0-19", methods=both) == sorted([*range(20)] * 2)
    assert go(clockwork, tmp_path / "there", "0-19", methods=both, cluster=two.url) == sorted([*range(20)] * 2)
    assert bytes_of(tmp_path / "there") == bytes_of(tmp_path / "here")
    assert len(bytes_of(tmp_path / "here")) == 2


def test_a_method_that_fails_there_has_the_bytes_of_failing_here_and_its_host(
    clockwork: SurrogateSet, tmp_path: Path, two: Cluster
) -> None:
    failing = method(tmp_path, "1 / 0")
    told: list[Outcome] = []
    jobs = make_jobs(clockwork, "cifar10", "bb", methods=[failing], seeds=2)
    execute(jobs, tmp_path / "there", cluster=two.url, on_run=lambda _, outcome: told.append(outcome))
    execute(jobs, tmp_path / "here")
    assert bytes_of(tmp_path / "there") == bytes_of(tmp_path / "here")
    (record,) = load_results(tmp_path / "there")
    for outcome in told:
        assert outcome.host == os.uname().nodename
        assert "gentle.py" in str(outcome.traceback)
        assert "ZeroDivisionError" in str(outcome.traceback)
        assert record.runs[outcome.seed]["traceback"] == outcome.traceback


def test_a_harness_that_crashes_there_comes_back_with_traceback_and_host(
    clockwork: SurrogateSet, tmp_path: Path, two: Cluster, data_directory: Path
) -> None:
    """The surrogate set is damaged after the worker has been found fit."""
    from support.made_sets import clockwork_models, write_set

    path = data_directory / "sets" / "crumbling"
    write_set(path, {"cifar10": clockwork_models()}, {"cifar10": {"mean_runtime": 200.0}})
    surrogates = SurrogateSet(path)
    jobs = make_jobs(surrogates, "cifar10", "bb", seeds=2)
    for file in path.rglob("*.bin"):
        file.unlink()
    with pytest.raises(WorkerError) as caught:
        execute(jobs, tmp_path, cluster=two.url, command=["harness", "run"])
    assert os.uname().nodename in str(caught.value)
    assert "cifar10/single/bb random-search seed" in str(caught.value)
    assert "0 of 2 runs are done and kept; go on with: harness run" in str(caught.value)
    assert "read_arrays" in str(caught.value.__cause__)


def test_a_worker_that_is_killed_has_its_run_done_elsewhere(clockwork: SurrogateSet, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    blocking = method(tmp_path, BLOCK_ONCE, mark=str(mark))

    def murder() -> None:
        os.kill(int(until(lambda: mark.exists() and mark.read_text())), signal.SIGKILL)

    with cluster(tmp_path / "dask") as running:
        murderer = threading.Thread(target=murder)
        murderer.start()
        assert go(clockwork, tmp_path / "there", methods=[blocking], cluster=running.url) == list(range(10))
        murderer.join()
        assert sum(process.poll() is not None for process in running.processes) == 1
    go(clockwork, tmp_path / "here", methods=[blocking])
    assert bytes_of(tmp_path / "there") == bytes_of(tmp_path / "here")


@pytest.mark.parametrize("options", [{"n_jobs": 2}, {"n_jobs": 2, "cluster": "local"}], ids=["jobs", "local"])
def test_a_process_that_is_killed_on_this_machine_has_its_run_done_again(
    clockwork: SurrogateSet, tmp_path: Path, options: dict[str, Any]
) -> None:
    mark = tmp_path / "mark"
    blocking = method(tmp_path, BLOCK_ONCE, mark=str(mark))

    def murder() -> None:
        os.kill(int(until(lambda: mark.exists() and mark.read_text())), signal.SIGKILL)

    murderer = threading.Thread(target=murder)
    murderer.start()
    assert go(clockwork, tmp_path / "there", methods=[blocking], **options) == list(range(10))
    murderer.join()
    go(clockwork, tmp_path / "here", methods=[blocking])
    assert bytes_of(tmp_path / "there") == bytes_of(tmp_path / "here")


def test_a_run_that_kills_every_worker_is_a_failed_run_and_the_others_are_done(
    clockwork: SurrogateSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "0")
    deadly = method(tmp_path, DIE, mark=str(tmp_path / "mark"))
    with cluster(tmp_path / "dask", workers=3) as running:
        jobs = make_jobs(clockwork, "cifar10", "bb", methods=[deadly], seeds=8)
        told: list[Outcome] = []
        execute(jobs, tmp_path / "there", cluster=running.url, on_run=lambda _, outcome: told.append(outcome))
    assert sorted(outcome.seed for outcome in told) == list(range(8))
    (failed,) = [outcome for outcome in told if outcome.status == "failed"]
    assert "took its process down: every worker that did it ended" in str(failed.reason)
    (record,) = load_results(tmp_path / "there")
    assert sorted(record.runs) == list(range(8))


def test_a_worker_that_joins_late_takes_part(clockwork: SurrogateSet, tmp_path: Path) -> None:
    """It starts once half the runs are done; the first worker dies then, so the late one does the rest."""
    with cluster(tmp_path / "dask", workers=1) as running:
        (first,) = running.processes[1:]

        def join(count: int) -> None:
            if count == 20:
                running.worker()
                running.wait_for_workers(2)
                kill(first)

        assert go(clockwork, tmp_path / "there", "0-39", methods=["random-search"], then=join,
                  cluster=running.url) == list(range(40))  # fmt: skip
    go(clockwork, tmp_path / "here", "0-39", methods=["random-search"])
    assert bytes_of(tmp_path / "there") == bytes_of(tmp_path / "here")


def test_a_worker_that_joins_late_and_differs_is_refused_with_what_is_done_kept(
    clockwork: SurrogateSet, tmp_path: Path
) -> None:
    from support.made_sets import clockwork_models, write_set

    other = tmp_path / "data" / "sets" / "clockwork"
    write_set(other, {"cifar10": clockwork_models()}, {"cifar10": {"mean_runtime": 100.0}})
    with cluster(tmp_path / "dask", workers=1) as running:
        (first,) = running.processes[1:]

        def join(count: int) -> None:
            if count == 20:
                running.worker({"HARNESS_DATA": str(tmp_path / "data")})
                running.wait_for_workers(2)
                kill(first)

        with pytest.raises(WorkerMismatch) as caught:
            go(clockwork, tmp_path / "there", "0-39", methods=["random-search"], then=join, cluster=running.url,
               command=["harness", "run"])  # fmt: skip
    told = str(caught.value)
    assert f"surrogate set clockwork is {SurrogateSet(other).hash[:12]} there and {clockwork.hash[:12]} here" in told
    assert "of 40 runs are done and kept; go on with: harness run" in told
    (record,) = load_results(tmp_path / "there")
    assert 20 <= len(record.runs) < 40
    go(clockwork, tmp_path / "there", "0-39", methods=["random-search"])
    go(clockwork, tmp_path / "here", "0-39", methods=["random-search"])
    assert bytes_of(tmp_path / "there") == bytes_of(tmp_path / "here")


def test_a_scheduler_that_is_restarted_is_found_again(
    clockwork: SurrogateSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_cluster, "CONNECT", 3.0)
    notes: list[str] = []
    with cluster(tmp_path / "dask", workers=1) as running:
        first = running.processes[-1]

        def restart(count: int) -> None:
            if count == 3:
                kill(running.scheduler)
                kill(first)
                running.start_scheduler(running.port)
                running.worker()

        ran = go(clockwork, tmp_path / "there", "0-39", methods=["random-search"], then=restart, cluster=running.url,
                 on_note=notes.append)  # fmt: skip
    assert ran == list(range(40))  # each came back once
    assert any("is gone" in note for note in notes)
    go(clockwork, tmp_path / "here", "0-39", methods=["random-search"])
    assert bytes_of(tmp_path / "there") == bytes_of(tmp_path / "here")


def test_a_scheduler_that_dies_leaves_what_is_done_and_the_way_to_go_on(
    clockwork: SurrogateSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_cluster, "RECONNECT", 1.0)
    monkeypatch.setattr(dask_cluster, "CONNECT", 3.0)
    with cluster(tmp_path / "dask", workers=1) as running:

        def murder(count: int) -> None:
            if count == 3:
                kill(running.scheduler)

        with pytest.raises(ClusterLost) as caught:
            go(clockwork, tmp_path / "there", "0-99", methods=["random-search"], then=murder, cluster=running.url,
               command=["harness", "run", "--seeds", "100"])  # fmt: skip
    assert running.address in str(caught.value)
    assert "of 100 runs are done and kept; go on with: harness run --seeds 100" in str(caught.value)
    (record,) = load_results(tmp_path / "there")
    kept = sorted(record.runs)
    assert 3 <= len(kept) < 100
    assert go(clockwork, tmp_path / "there", "0-99", methods=["random-search"]) == sorted({*range(100)} - {*kept})
    go(clockwork, tmp_path / "here", "0-99", methods=["random-search"])
    assert bytes_of(tmp_path / "there") == bytes_of(tmp_path / "here")


def test_workers_that_differ_are_refused_with_what_differs(clockwork: SurrogateSet, tmp_path: Path) -> None:
    """Another surrogate set of the same name, another version, no harness at all: all are named at once."""
    from support.made_sets import clockwork_models, write_set

    other = tmp_path / "data" / "sets" / "clockwork"
    write_set(other, {"cifar10": clockwork_models()}, {"cifar10": {"mean_runtime": 100.0}})
    version = tmp_path / "version"
    (version / "jahs_harness-9.9.9.dist-info").mkdir(parents=True)
    (version / "jahs_harness-9.9.9.dist-info" / "METADATA").write_text("Name: jahs-harness\nVersion: 9.9.9\n")
    (tmp_path / "none" / "harness").mkdir(parents=True)
    for module in ("__init__", "runs"):  # an old harness, whose runs are a module without executors
        (tmp_path / "none" / "harness" / f"{module}.py").write_text("")
    from support.commands import child_environment

    path = child_environment()["PYTHONPATH"]
    with cluster(tmp_path / "dask", workers=0) as running:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dask_cluster, "FIRST", 1.0)
            with pytest.raises(ClusterError, match=r"has no workers; start some with: dask worker"):
                go(clockwork, tmp_path / "r", methods=["random-search"], cluster=running.url)
        running.worker({"HARNESS_DATA": str(tmp_path / "data")})
        running.worker({"PYTHONPATH": os.pathsep.join([str(version), path])})
        running.worker({"PYTHONPATH": os.pathsep.join([str(tmp_path / "none"), path])})
        running.worker()
        running.wait_for_workers(4)
        with pytest.raises(WorkersRefused) as caught:
            go(clockwork, tmp_path / "r", methods=["random-search"], cluster=running.url)
    told = str(caught.value)
    assert f"surrogate set clockwork is {SurrogateSet(other).hash[:12]} there and {clockwork.hash[:12]} here" in told
    assert "jahs-harness is 9.9.9 there and " in told
    assert "ModuleNotFoundError" in told
    assert "it needs the same jahs-harness" in told
    assert told.count("tcp://127.0.0.1:") == 3  # the fit one is not named
    assert caught.value.exit_code == 2
    assert not (tmp_path / "r").exists()


def make_certificates(folder: Path) -> dict[str, str]:
    """An authority with one certificate, as the documentation makes them, and Dask's settings for them."""
    folder.mkdir()
    for words in (
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=me -keyout ca-key.pem -out ca.pem",
        "req -newkey rsa:2048 -nodes -subj /CN=cluster -keyout me-key.pem -out me.csr",
        "x509 -req -days 2 -in me.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -out me.pem",
    ):
        subprocess.run(["openssl", *words.split()], cwd=folder, check=True, capture_output=True)
    tls = {"CA_FILE": "ca.pem"}
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        tls |= {f"{role}__CERT": "me.pem", f"{role}__KEY": "me-key.pem"}
    return {f"DASK_DISTRIBUTED__COMM__TLS__{name}": str(folder / file) for name, file in tls.items()}


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_a_cluster_with_certificates_is_used_with_the_settings_of_dask(
    clockwork: SurrogateSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dask

    settings = make_certificates(tmp_path / "tls")
    jobs = make_jobs(clockwork, "cifar10", "bb", seeds=3)
    with monkeypatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        with cluster(tmp_path / "cluster", 0, protocol="tls") as running:
            running.worker()
            assert running.address.startswith("tls://")
            execute(jobs, tmp_path / "here")
            with pytest.raises(ClusterError, match="with the same certificates in Dask's configuration"):
                execute(jobs, tmp_path / "there", cluster=running.address)
            tls = {
                f"distributed.comm.tls.{name.partition('TLS__')[2].lower().replace('__', '.').replace('_', '-')}": file
                for name, file in settings.items()
            }
            with dask.config.set(tls):
                execute(jobs, tmp_path / "there", cluster=running.address)
    assert bytes_of(tmp_path / "there") == bytes_of(tmp_path / "here")


def test_an_unreachable_scheduler_is_said_in_one_line(clockwork: SurrogateSet, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dask_cluster, "CONNECT", 1.0)
        with pytest.raises(ClusterError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9 .*dask scheduler"):
            go(clockwork, tmp_path / "r", methods=["random-search"], cluster="dask://127.0.0.1:9")
    assert not (tmp_path / "r").exists()
