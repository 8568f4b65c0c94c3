"""Parts: whole or refused, joined whoever wrote them; temporaries of killed commands; runs that are lost."""

# ruff: noqa: ARG001 - fixtures

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import harness
from harness.base import files, leftovers
from harness.errors import RecordError, RunsLost, StorageError
from harness.runs import records
from harness.runs.execution import keeping
from harness.runs.execution.execute import execute
from harness.runs.execution.executors import Batch
from harness.runs.execution.executors.work import do_remotely
from harness.runs.execution.plans import FOLDER
from harness.runs.execution.survey import survey
from harness.runs.results import load_results
from harness.sources.models.surrogates import SurrogateSet
from support.commands import child_environment, harness_command
from support.executing import go
from support.imports import make_jobs
from support.paths import ROOT
from support.record_bytes import bytes_of

WHERE = "clockwork/cifar10/single/bb"
SHORT = """
import numpy
class Short:
    def __init__(self, problem, seed):
        self.space, self.rng, self.left = problem.space, numpy.random.default_rng(seed), 2
    def ask(self):
        self.left -= 1
        return self.space.sample(self.rng) if self.left >= 0 else None
    def tell(self, observation):
        {told}
"""


def short(folder: Path, told: str = "pass") -> str:
    """A method of two evaluations."""
    file = folder / "short.py"
    file.write_text(SHORT.format(told=told))
    return f"{file}:Short"


def batch_of(surrogates: SurrogateSet, seeds: tuple[int, ...]) -> Batch:
    (job,) = make_jobs(surrogates, "cifar10", "bb", methods=["random-search"], seeds=len(seeds))
    return Batch(job.spec, job.entry, seeds, surrogates)


@pytest.fixture(scope="module")
def batch(clockwork: SurrogateSet) -> Batch:
    return batch_of(clockwork, (0, 1, 2))


@pytest.fixture(scope="module")
def data(batch: Batch) -> bytes:
    return do_remotely(batch)


# The format -------------------------------------------------------------------------------------------------------


def test_a_part_is_read_as_it_was_written(batch: Batch, data: bytes) -> None:
    part = records.decode(data, "it")
    assert (part.spec, [*part.runs], [*part.rows]) == (batch.spec, [0, 1, 2], [0, 1, 2])
    assert part.table.num_rows == sum(part.rows.values()) > 0
    assert records.decode(records.encode(part), "it").table.equals(part.table)


def test_a_part_that_was_cut_off_or_damaged_is_refused(data: bytes) -> None:
    rng = random.Random(7)
    broken = [data[:n] for n in (0, 3, 8, 100, len(data) // 2, len(data) - 1)] + [data + b"x", b"half"]
    for _ in range(100):
        flipped = bytearray(data)
        flipped[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        broken.append(bytes(flipped))
    for blob in broken:
        with pytest.raises(RecordError, match="it is no whole part of a record"):
            records.decode(blob, "it")


def test_a_damaged_part_in_a_folder_is_named_and_left_alone(
    clockwork: SurrogateSet, tmp_path: Path, data: bytes
) -> None:
    part = tmp_path / WHERE / "random-search.parts" / "000000-000002-00000000.arrow"
    part.parent.mkdir(parents=True)
    part.write_bytes(data[:-20])
    found = harness.run("cifar10", "bb", ["random-search", short(tmp_path)], seeds=3, surrogates=clockwork,
                        results=tmp_path)  # fmt: skip
    assert [record.spec.method for record in found] == ["Short"]
    assert [str(part) in str(error) for error in found.errors] == [True]
    assert part.read_bytes() == data[:-20]


def test_parts_of_an_earlier_version_are_joined_with_those_of_this_one(
    clockwork: SurrogateSet, tmp_path: Path, data: bytes
) -> None:
    part = records.decode(data, "it")
    path = records.record_path(tmp_path / "r", part.spec)
    old = records.with_header(part.table.slice(0, part.rows[0]), part.spec.as_dict(), {0: part.runs[0]})
    records.write(old, records.parts_path(path) / "000000.parquet")
    seeds = [1, 2]
    rest = replace(part, runs={s: part.runs[s] for s in seeds}, rows={s: part.rows[s] for s in seeds},
                   table=part.table.slice(part.rows[0]))  # fmt: skip
    records.put_part(records.encode(rest), path, seeds)
    assert [sorted(record.runs) for record in load_results(tmp_path / "r")] == [[0, 1, 2]]
    assert go(clockwork, tmp_path / "r", "0-3", methods=["random-search"]) == [3]
    go(clockwork, tmp_path / "fresh", "0-3", methods=["random-search"])
    assert bytes_of(tmp_path / "r") == bytes_of(tmp_path / "fresh")


def test_parts_whose_seeds_interleave_are_joined_and_the_last_counts(
    clockwork: SurrogateSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.runs.records.rows.OPEN", 2)
    path = records.record_path(tmp_path / "r", batch_of(clockwork, (0,)).spec)
    for at, seeds in enumerate([(0, 5, 9), (1, 4, 5), (2, 3), (6, 8), (3, 7, 8)]):
        came = do_remotely(batch_of(clockwork, seeds))
        part = records.decode(came, "it")
        part = replace(part, runs={seed: {**head, "stopped": f"of part {at}"} for seed, head in part.runs.items()})
        records.put_part(records.encode(part), path, seeds)
        file = records.part_files(path)[-1]
        os.utime(file, ns=(at, at))
        assert file.parent == records.parts_path(path)
    gathered = records.gather(path)
    assert gathered is not None
    assert [head["stopped"][-1] for head in gathered.runs.values()] == [*"0124113440"]
    records.merge(path)
    merged = records.read(path)
    assert merged.table.equals(gathered.table, check_metadata=True)
    assert not records.parts_path(path).exists()
    go(clockwork, tmp_path / "fresh", "0-9", methods=["random-search"])
    (fresh,) = load_results(tmp_path / "fresh")
    assert fresh.table.drop_columns("method_seconds").equals(merged.table.drop_columns("method_seconds"))


def test_runs_of_one_process_share_their_parts(
    clockwork: SurrogateSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs: list[int] = []
    monkeypatch.setattr("os.fsync", syncs.append)
    assert len(go(clockwork, tmp_path, "0-99", methods=[short(tmp_path)])) == 100
    assert len(syncs) < 20


# Fewer runs than asked for ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_results_that_are_deleted_while_they_are_made_are_missed(
    clockwork: SurrogateSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_jobs: int
) -> None:
    monkeypatch.setattr(keeping, "SECONDS", 0.0)
    jobs = make_jobs(clockwork, "cifar10", "bb", methods=[short(tmp_path)], seeds=40)
    results, seen = tmp_path / "r", 0

    def delete(*_: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == 20:
            shutil.rmtree(results)

    errors = execute(jobs, results, on_run=delete, n_jobs=n_jobs)
    assert [type(error) for error in errors] == [RunsLost]
    assert "run the same command again" in str(errors[0])
    assert execute(jobs, results) == []
    assert [sorted(record.runs) for record in load_results(results)] == [[*range(40)]]


def test_a_command_that_ends_with_fewer_runs_says_so(clockwork: SurrogateSet, tmp_path: Path) -> None:
    """The method deletes the results, the first time. It takes its time, so that some are there."""
    mark, results = tmp_path / "mark", tmp_path / "r"
    told = f"import pathlib, shutil, time; time.sleep(0.06); mark = pathlib.Path({str(mark)!r}); " \
           f"(self.left == 0 and not mark.exists() and list(pathlib.Path({str(results)!r}).rglob('*.arrow')) " \
           f"and (mark.touch(), shutil.rmtree({str(results)!r})))"  # fmt: skip
    words = ["run", "--task", "cifar10", "--setting", "bb", "--surrogates", "clockwork", "--method",
             short(tmp_path, told), "--seeds", "15", "--results", str(results)]  # fmt: skip
    answer = harness_command(*words)
    assert answer.code == 1
    assert "of its runs" in answer.err
    assert "run the same command again" in answer.err
    answer = harness_command(*words)
    assert (answer.code, answer.err) == (0, "")


@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_method_that_ends_its_process_fails_and_the_others_run(
    clockwork: SurrogateSet, tmp_path: Path, n_jobs: int
) -> None:
    leaving = short(tmp_path, "__import__('os')._exit(0)")
    jobs = make_jobs(clockwork, "cifar10", "bb", methods=[leaving, "random-search"], seeds=2)
    assert execute(jobs, tmp_path / "r", n_jobs=n_jobs) == []
    heads = {record.spec.method: [*record.runs.values()] for record in load_results(tmp_path / "r")}
    assert [head["status"] for head in heads["Short"]] == ["failed"] * 2
    assert "SystemExit" in heads["Short"][0]["reason"]
    assert [head["status"] for head in heads["random-search"]] == ["complete"] * 2


# Killed while writing ---------------------------------------------------------------------------------------------


def ended() -> int:
    """The number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_temporary_files_of_ended_processes_are_removed_when_parts_are_joined(
    clockwork: SurrogateSet, tmp_path: Path, data: bytes
) -> None:
    path = records.record_path(tmp_path, records.decode(data, "it").spec)
    parts = records.parts_path(path)
    records.put_part(data, path, [0, 1, 2])
    here, dead = mark_of_this_machine(), ended()
    stale = [parts / f".000003.parquet.{dead}.tmp", parts / f".a.arrow.{here}-{dead}.tmp",
             parts / f".b.arrow.{here}-{os.getpid()}.tmp", path.parent / f".random-search.parquet.{here}-{dead}.tmp",
             parts / f".c.arrow.00000000-{dead}.tmp"]  # fmt: skip
    for file in stale:
        file.write_bytes(b"half")
    os.utime(stale[-1], (0, 0))  # of another machine, long ago
    kept = [parts / f".d.arrow.{here}-{os.getppid()}.tmp", parts / f".e.arrow.00000000-{dead}.tmp", parts / ".f.tmp"]
    for file in kept:
        file.write_bytes(b"half")
    os.utime(kept[0], (0, 0))  # of a living process, however long ago
    go(clockwork, tmp_path, "0-3", methods=["random-search"])
    assert [file.exists() for file in stale] == [False] * len(stale)
    assert [file.exists() for file in kept] == [True] * len(kept)
    for file in kept:
        file.unlink()
    records.merge(path)
    assert not parts.exists()


def test_a_plan_that_a_killed_command_has_half_written_is_removed(clockwork: SurrogateSet, tmp_path: Path) -> None:
    left = tmp_path / FOLDER / f".a.json.{mark_of_this_machine()}-{ended()}.tmp"
    left.parent.mkdir()
    left.write_bytes(b"half")
    go(clockwork, tmp_path, "0-1", methods=["random-search"])
    assert not left.parent.exists()


def mark_of_this_machine() -> str:
    with leftovers.temporary_for(Path("x")) as temporary:
        return temporary.name.removeprefix(".x.").partition("-")[0]


def test_a_file_that_this_process_is_writing_is_not_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with files.whole_file(Path("x")) as file:
        leftovers.remove_stale(tmp_path)
        file.write(b"whole")
    assert (tmp_path / "x").read_bytes() == b"whole"


def test_a_folder_with_nothing_but_temporary_files_does_not_block_verification(
    clockwork: SurrogateSet, tmp_path: Path
) -> None:
    go(clockwork, tmp_path, "0-9", methods=["random-search"])
    (path,) = tmp_path.rglob("*.parquet")
    left = records.parts_path(path) / f".000000-000001-00000000.arrow.00000000-{os.getpid()}.tmp"
    left.parent.mkdir()
    left.write_bytes(b"half")
    assert harness_command("verify", str(tmp_path)).code == 0


KILLED = """
import sys
from harness.runs.execution import keeping
keeping.SECONDS = 0.01  # so that many kills meet a write
from harness.cli import main
main(sys.argv[1:])
"""


@pytest.mark.slow
def test_a_command_killed_at_many_moments_finishes_with_the_same_bytes(clockwork: SurrogateSet, tmp_path: Path) -> None:
    """In turn one that does the runs itself and one with two processes."""
    results, rng, kills = tmp_path / "r", random.Random(18), 25
    words = ["run", "--task", "cifar10", "--setting", "bb", "--surrogates", "clockwork", "--method", "random-search",
             "--method", short(tmp_path), "--seeds", "1000", "--json"]  # fmt: skip
    line = [sys.executable, "-c", KILLED, *words, "--results", str(results), "--jobs"]
    alive = 0
    for kill in range(kills):
        before = {*results.rglob("*.arrow")}
        process = subprocess.Popen(
            [*line, f"{1 + kill % 2}"], cwd=ROOT, env=child_environment(),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,  # pipes, a process that outlives it would keep open
        )  # fmt: skip
        while process.poll() is None and {*results.rglob("*.arrow")} <= before:
            time.sleep(0.001)
        time.sleep(rng.uniform(0.0, 0.15))
        alive += process.poll() is None
        process.kill()
        process.wait()
        if results.is_dir() and any(results.rglob("*.arrow")):
            assert survey(results).errors == ()
            assert load_results(results).errors == ()
    assert alive >= kills * 3 // 4
    for _ in range(2):  # the second has nothing left to do
        answer = harness_command(*words, "--results", str(results))
        assert (answer.code, answer.err) == (0, "")
    assert harness_command(*words, "--results", str(tmp_path / "fresh")).code == 0
    assert bytes_of(results) == bytes_of(tmp_path / "fresh")  # and there is nothing but records
    assert harness_command("verify", str(results)).code == 0


def test_a_full_disk_tells_how_much_is_kept(
    clockwork: SurrogateSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs that were held when the disk became full are not called kept."""
    real, written = records.put_part, 0

    def full(data: bytes, path: Path, seeds: Any) -> None:
        nonlocal written
        if written:
            raise StorageError(f"{path}: the disk is full")
        written += len(seeds)
        real(data, path, seeds)

    monkeypatch.setattr(records, "put_part", full)
    monkeypatch.setattr(keeping, "SECONDS", 0.01)
    with pytest.raises(StorageError) as caught:
        go(clockwork, tmp_path / "r", "0-49", methods=[short(tmp_path)])
    assert f"{written} of 50 runs are done and kept" in str(caught.value)
    found = load_results(tmp_path / "r")
    assert (found.errors, [sorted(record.runs) for record in found]) == ((), [[*range(written)]])


def test_a_part_has_the_host_of_nobody_in_it(data: bytes) -> None:
    """What a worker says besides is in the part alone, never in a record."""
    schema = pa.ipc.open_stream(pa.py_buffer(data)).schema
    assert socket.gethostname().encode() not in schema.metadata[records.HEADER]
