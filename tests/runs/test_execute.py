"""Running what is missing: resuming, killing, several processes, other headers; the bytes are always the same."""

# ruff: noqa: ARG001 - fixtures and methods whose arguments are given, not used

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import harness
from harness.runs import records
from harness.runs.execution.execute import execute
from harness.runs.execution.executors import Outcome
from harness.runs.results import load_results
from harness.runs.spec import RunSpec
from harness.sources.models.surrogates import SurrogateSet
from support.commands import child_environment
from support.imports import make_jobs
from support.paths import ROOT
from support.record_bytes import unmeasured

WHERE = "clockwork/cifar10/single/mf"

TWICE = """
class Twice:
    def __init__(self, problem, seed):
        import numpy
        self.space, self.rng, self.left = problem.space, numpy.random.default_rng(seed), {evaluations}
    def ask(self):
        self.left -= 1
        return self.space.sample(self.rng) if self.left >= 0 else None
    def tell(self, observation):
        pass
"""


def go(surrogates: SurrogateSet, results: Path, seeds: str = "0-4", **options: Any) -> list[int]:
    """Runs Hyperband (or ``method``) and returns the seeds that were really run."""
    ran: list[int] = []

    def note(_: RunSpec, outcome: Outcome) -> None:
        ran.append(outcome.seed)

    execution = {k: options.pop(k) for k in ("n_jobs", "rerun", "on_note") if k in options}
    methods = [options.pop("method", "hyperband")]
    jobs = make_jobs(surrogates, "cifar10", "mf", methods=methods, seeds=seeds, **options)
    errors = execute(jobs, results, on_run=note, **execution)
    assert errors == []
    return sorted(ran)


@pytest.fixture(scope="module")
def at_once(clockwork: SurrogateSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seeds 0-9 in one go: the file to compare with."""
    folder = tmp_path_factory.mktemp("at-once")
    assert go(clockwork, folder, "0-9") == list(range(10))
    return folder / WHERE / "hyperband.parquet"


def test_seeds_0_to_4_then_0_to_9_are_the_bytes_of_0_to_9_at_once(
    clockwork: SurrogateSet, tmp_path: Path, at_once: Path
) -> None:
    assert go(clockwork, tmp_path, "0-4") == [0, 1, 2, 3, 4]
    assert go(clockwork, tmp_path, "0-9") == [5, 6, 7, 8, 9]
    assert unmeasured(tmp_path / WHERE / "hyperband.parquet") == unmeasured(at_once)


@pytest.mark.parametrize("pieces", [["9", "0-8"], ["5-9", "0-4"], ["3-6", "0-9"]], ids=" ".join)
def test_the_order_in_which_seeds_were_run_leaves_no_trace(
    clockwork: SurrogateSet, tmp_path: Path, at_once: Path, pieces: Sequence[str]
) -> None:
    for piece in pieces:
        go(clockwork, tmp_path, f"{piece}-{piece}" if "-" not in piece else piece)
    assert unmeasured(tmp_path / WHERE / "hyperband.parquet") == unmeasured(at_once)


def test_seeds_that_are_there_are_not_run_again(clockwork: SurrogateSet, tmp_path: Path) -> None:
    go(clockwork, tmp_path, "0-2")
    file = tmp_path / WHERE / "hyperband.parquet"
    before = file.read_bytes(), file.stat().st_mtime_ns
    assert go(clockwork, tmp_path, "0-2") == []
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before


def test_rerun_runs_them_again_and_keeps_the_others(clockwork: SurrogateSet, tmp_path: Path, at_once: Path) -> None:
    go(clockwork, tmp_path, "0-9")
    assert go(clockwork, tmp_path, "2-3", rerun=True) == [2, 3]
    assert unmeasured(tmp_path / WHERE / "hyperband.parquet") == unmeasured(at_once)


def test_nothing_but_the_record_remains(clockwork: SurrogateSet, tmp_path: Path) -> None:
    go(clockwork, tmp_path, "0-2")
    files = [p.name for p in (tmp_path / WHERE).iterdir() if not p.name.endswith(".lock")]
    assert files == ["hyperband.parquet"]


@pytest.mark.slow
def test_two_processes_give_the_same_bytes_as_one(clockwork: SurrogateSet, tmp_path: Path, at_once: Path) -> None:
    assert go(clockwork, tmp_path, "0-9", n_jobs=2) == list(range(10))
    assert unmeasured(tmp_path / WHERE / "hyperband.parquet") == unmeasured(at_once)


def test_parts_of_an_interrupted_run_are_finished_not_repeated(
    clockwork: SurrogateSet, tmp_path: Path, at_once: Path
) -> None:
    class Interrupted(BaseException):
        pass

    def stop(_: RunSpec, outcome: Outcome) -> None:
        if outcome.seed == 6:
            raise Interrupted

    jobs = make_jobs(clockwork, "cifar10", "mf", methods=["hyperband"], seeds=10)
    with pytest.raises(Interrupted):
        execute(jobs, tmp_path, on_run=stop)
    assert not (tmp_path / WHERE / "hyperband.parquet").exists()
    assert [sorted(record.runs) for record in load_results(tmp_path)] == [[0, 1, 2, 3, 4, 5, 6]]
    assert go(clockwork, tmp_path, "0-9") == [7, 8, 9]
    assert unmeasured(tmp_path / WHERE / "hyperband.parquet") == unmeasured(at_once)


def start_command(results: Path, seeds: str) -> subprocess.Popen[str]:
    """``harness run`` on the clockwork set in a process of its own."""
    arguments = ["run", "--task", "cifar10", "--setting", "mf", "--surrogates", "clockwork", "--seeds", seeds, "--json",
                 "--results", str(results)]  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-c", "from harness.cli import main; main()", *arguments],
        cwd=ROOT, env=child_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.slow
def test_a_killed_process_loses_only_the_seeds_in_flight(clockwork: SurrogateSet, tmp_path: Path) -> None:
    process = start_command(tmp_path / "killed", "300")
    parts = tmp_path / "killed" / WHERE / "hyperband.parts"
    deadline = time.monotonic() + 120

    def seeds() -> list[int]:
        return sorted(seed for part in parts.glob("*.arrow") for seed in records.read_part(part).runs)  # each whole

    while len(seeds()) < 5:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.kill()
    process.communicate()
    kept = seeds()
    assert 5 <= len(kept) < 300
    assert kept == list(range(len(kept)))
    total = len(kept) + 5
    assert go(clockwork, tmp_path / "killed", str(total)) == list(range(len(kept), total))
    go(clockwork, tmp_path / "undisturbed", str(total))
    both = [unmeasured(tmp_path / name / WHERE / "hyperband.parquet") for name in ("killed", "undisturbed")]
    assert both[0] == both[1]


@pytest.mark.slow
def test_two_commands_on_one_folder_lose_nothing(clockwork: SurrogateSet, tmp_path: Path) -> None:
    both = [start_command(tmp_path / "shared", seeds) for seeds in ("0-9", "5-14")]
    ends = [(*process.communicate(timeout=120), process.returncode) for process in both]
    for out, err, code in ends:
        assert (code, err) == (0, "")
        assert out.count('"leaderboard"') == 1
    file = tmp_path / "shared" / WHERE / "hyperband.parquet"
    assert sorted(records.read(file).runs) == list(range(15))
    go(clockwork, tmp_path / "alone", "0-14")
    assert unmeasured(file) == unmeasured(tmp_path / "alone" / WHERE / "hyperband.parquet")
    assert not file.with_name("hyperband.parts").exists()


MANY_MERGES = """
import pathlib, sys
sys.path.insert(0, "tests")
from support.imports import make_jobs
from harness.runs.execution.execute import execute
from harness.registry import load_surrogates
surrogates, method = load_surrogates("clockwork"), sys.argv[2]
for seed in range(int(sys.argv[3]), 40, 2):
    jobs = make_jobs(surrogates, "cifar10", "mf", methods=[method], seeds=f"{seed}-{seed}")
    errors = execute(jobs, pathlib.Path(sys.argv[1]))
    assert not errors, errors
"""


@pytest.mark.slow
def test_two_commands_that_keep_merging_lose_nothing(tmp_path: Path, clockwork: SurrogateSet) -> None:
    """The even and the odd seeds, one merge after each: as many collisions as possible."""
    method = tmp_path / "twice.py"
    method.write_text(TWICE.format(evaluations=2))
    both = [
        subprocess.Popen(
            [sys.executable, "-c", MANY_MERGES, str(tmp_path / "r"), f"{method}:Twice", first],
            cwd=ROOT, env=child_environment(), stderr=subprocess.PIPE, text=True,
        )
        for first in "01"
    ]  # fmt: skip
    ends = [(process.communicate(timeout=120)[1], process.returncode) for process in both]
    assert ends == [("", 0), ("", 0)]
    assert [sorted(record.runs) for record in load_results(tmp_path / "r")] == [list(range(40))]
    assert load_results(tmp_path / "r").errors == ()


# Other headers ----------------------------------------------------------------------------------------------------


def superseded(results: Path) -> list[Path]:
    return sorted(p for p in results.rglob("*") if ".superseded-" in p.name)


@pytest.mark.parametrize("rerun", [False, True])
def test_a_record_of_another_version_of_the_method_is_set_aside_not_mixed(
    clockwork: SurrogateSet, tmp_path: Path, rerun: bool
) -> None:
    method = tmp_path / "twice.py"
    method.write_text(TWICE.format(evaluations=2))
    go(clockwork, tmp_path / "r", "0-3", method=f"{method}:Twice")
    before = next((tmp_path / "r").rglob("*.parquet")).read_bytes()
    method.write_text(TWICE.format(evaluations=3))
    notes: list[str] = []
    assert go(clockwork, tmp_path / "r", "0-1", method=f"{method}:Twice", on_note=notes.append, rerun=rerun) == [0, 1]
    (record,) = load_results(tmp_path / "r")
    assert record.table["seed"].to_pylist() == [0, 0, 0, 1, 1, 1]
    (aside,) = superseded(tmp_path / "r")
    assert aside.read_bytes() == before
    assert aside.name in notes[0]


def test_a_record_of_another_surrogate_set_of_the_same_name_is_set_aside(
    clockwork: SurrogateSet, data_directory: Path, tmp_path: Path
) -> None:
    from support.made_sets import clockwork_models, write_set

    path = data_directory / "sets" / "changing"
    for mean_runtime, expected in ((200.0, [0, 1]), (100.0, [0, 1])):
        write_set(path, {"cifar10": clockwork_models()}, {"cifar10": {"mean_runtime": mean_runtime}})
        assert go(SurrogateSet(path), tmp_path, "0-1") == expected
    assert len(superseded(tmp_path)) == 1
    assert len(load_results(tmp_path).trajectory()) == 2 * 1001


@pytest.mark.parametrize(
    ("options", "file"),
    [
        ({"fidelity": "N"}, "hyperband[axis=N].parquet"),
        ({"from_scratch": True}, "hyperband[from-scratch].parquet"),
        ({"space": "hpo"}, "hyperband[space=hpo].parquet"),
        ({"workers": 3}, "hyperband[workers=3].parquet"),
        ({"settings": {"eta": 4}}, "hyperband[eta=4].parquet"),
    ],
)
def test_a_variant_has_a_record_of_its_own(
    clockwork: SurrogateSet, tmp_path: Path, options: dict[str, Any], file: str
) -> None:
    go(clockwork, tmp_path, "0-0")
    assert go(clockwork, tmp_path, "0-0", **options) == [0]
    assert sorted(p.name for p in tmp_path.rglob("*.parquet")) == ["hyperband.parquet", file]
    assert superseded(tmp_path) == []


# Damage -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rerun", [False, True])
def test_a_damaged_record_is_left_alone_and_the_other_jobs_run(
    clockwork: SurrogateSet, tmp_path: Path, rerun: bool
) -> None:
    results = tmp_path / "with a space"
    go(clockwork, results, "0-0")
    file = results / WHERE / "hyperband.parquet"
    file.write_bytes(b"not a record")
    found = harness.run(
        "cifar10", "mf", ["hyperband", "random-search"], seeds=1, surrogates=clockwork, results=results, rerun=rerun
    )
    assert [record.spec.method for record in found] == ["random-search"]
    assert [str(file) in str(error) for error in found.errors] == [True]
    assert file.read_bytes() == b"not a record"


def test_a_damaged_part_is_left_alone_and_the_other_jobs_run(clockwork: SurrogateSet, tmp_path: Path) -> None:
    part = tmp_path / WHERE / "hyperband.parts" / "000003.parquet"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"half")
    found = harness.run(
        "cifar10", "mf", ["hyperband", "random-search"], seeds=1, surrogates=clockwork, results=tmp_path
    )
    assert [record.spec.method for record in found] == ["random-search"]
    assert [str(part) in str(error) for error in found.errors] == [True]
    assert part.read_bytes() == b"half"


def test_a_leftover_temporary_file_does_no_harm(clockwork: SurrogateSet, tmp_path: Path, at_once: Path) -> None:
    parts = tmp_path / WHERE / "hyperband.parts"
    parts.mkdir(parents=True)
    (parts / ".000003.parquet.4711.tmp").write_bytes(b"half")
    go(clockwork, tmp_path, "0-9")
    assert unmeasured(tmp_path / WHERE / "hyperband.parquet") == unmeasured(at_once)
    assert len(load_results(tmp_path).records) == 1


def test_failed_seeds_are_recorded_and_tried_again(clockwork: SurrogateSet, tmp_path: Path) -> None:
    method = tmp_path / "fails.py"
    method.write_text("class Fails:\n    def __init__(self, problem, seed): pass\n    def ask(self): 1 / 0\n"
                      "    def tell(self, observation): pass\n")  # fmt: skip
    assert go(clockwork, tmp_path / "r", "0-1", method=f"{method}:Fails") == [0, 1]
    (record,) = load_results(tmp_path / "r")
    assert [head["status"] for head in record.runs.values()] == ["failed", "failed"]
    assert all("ZeroDivisionError" in head["reason"] for head in record.runs.values())
    assert go(clockwork, tmp_path / "r", "0-1", method=f"{method}:Fails") == [0, 1]


def test_a_folder_that_was_copied_is_the_same_folder(clockwork: SurrogateSet, tmp_path: Path) -> None:
    go(clockwork, tmp_path / "a", "0-2")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    assert go(clockwork, tmp_path / "b", "0-3") == [3]
