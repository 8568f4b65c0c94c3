"""``harness status``, and what commands leave that were interrupted, killed, or out of disk: all can be resumed."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.cli.progress import duration
from harness.errors import UsageError
from harness.runs.execution.execute import execute
from harness.runs.execution.plans import FOLDER, Plan, Wanted, announced, is_alive, plans, texts
from harness.runs.execution.survey import survey
from harness.runs.execution.tally import Tally
from harness.runs.results import load_results
from harness.sources.models.surrogates import SurrogateSet
from support.clusters import SLOW_IF_TOLD, is_gone, method, until
from support.commands import Answer, child_environment, harness_command
from support.imports import make_jobs
from support.paths import ROOT
from support.record_bytes import bytes_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")

SEEDS = 40
DASK = pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="needs Dask")
WAYS = [
    pytest.param([], id="serial"),
    pytest.param(["--jobs", "2"], id="jobs"),
    pytest.param(["--cluster", "local", "--jobs", "2"], id="local", marks=DASK),
]


def words(results: Path, name: str, *more: str) -> list[str]:
    return ["run", "--task", "cifar10", "--setting", "bb", "--surrogates", "clockwork", "--seeds", str(SEEDS),
            "--method", name, "--results", str(results), "--json", *more]  # fmt: skip


def start(*arguments: str, pause: float = 0.3) -> subprocess.Popen[str]:
    """A command whose runs take ``pause`` s each, in a process group of its own, as under a shell."""
    return subprocess.Popen(
        [sys.executable, "-c", "from harness.cli import main; main()", *arguments], cwd=ROOT, text=True,
        env=child_environment({"TEST_PAUSE": str(pause)}), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip


def kept(results: Path) -> list[int]:
    """The seeds of the runs that are on disk, joined or not."""
    if not results.is_dir():
        return []
    return sorted(seed for record in load_results(results) for seed in record.runs)


def status(results: Path) -> dict[str, Any]:
    answer = harness_command("status", results, "--json")
    assert (answer.code, answer.err) == (0, ""), answer
    found: dict[str, Any] = json.loads(answer.out)
    return found


@pytest.mark.parametrize(
    "change",
    [{"wanted": [{"path": "a", "leaderboard": "b", "method": "c", "seeds": [[0, 10**12]]}]}, {"started": "x"},
     {"started": float("nan")}, {"host": 1}, {"command": [1]}, {"command": "rm"}, {"progress": []}],
)  # fmt: skip
def test_a_plan_that_nobody_wrote_is_passed_over(tmp_path: Path, change: dict[str, Any]) -> None:
    plan = {"host": "h", "pid": 1, "folder": "/", "command": ["a"], "started": 1.0, "state": "running", "beat": 2.0,
            "progress": {}, "wanted": []}  # fmt: skip
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "good.json").write_text(json.dumps(plan))
    (tmp_path / FOLDER / "bad.json").write_text(json.dumps(plan | change))
    assert [file.name for file, _ in plans(tmp_path)] == ["good.json"]


def finish_and_compare(resume: str, results: Path, clockwork: SurrogateSet, name: str, fresh: Path) -> None:
    """The command that was shown does the rest; the bytes are those of a command that nobody disturbed."""
    line = shlex.split(resume.partition(" && ")[2] or resume)
    assert line[0] == "harness"
    answer = harness_command(*line[1:])
    assert (answer.code, answer.err) == (0, ""), answer
    assert json.loads(answer.out)["seeds"] == SEEDS
    execute(make_jobs(clockwork, "cifar10", "bb", methods=[name], seeds=SEEDS), fresh)
    assert bytes_of(results) == bytes_of(fresh)


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "term"])
def test_an_interrupted_command_says_how_to_go_on_and_can(
    clockwork: SurrogateSet, tmp_path: Path, way: list[str], sent: signal.Signals
) -> None:
    results, name = tmp_path / "r", method(tmp_path, SLOW_IF_TOLD)
    process = start(*words(results, name, *way))
    until(lambda: len(kept(results)) >= 3 or process.poll() is not None)
    running = status(results)
    # A terminal sends Ctrl-C to the whole group, a batch system SIGTERM to the command.
    (os.killpg if sent == signal.SIGINT else os.kill)(process.pid, sent)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (130, "")
    (line,) = err.split("\n\n")[-1].strip().splitlines()
    told = re.fullmatch(rf"harness: interrupted; (\d+) of {SEEDS} runs are done and kept; go on with: (.*)", line)
    assert told is not None, err
    assert "Traceback" not in err
    assert int(told[1]) == len(kept(results))
    until(lambda: is_gone(process.pid), "the end of every process that was started")

    (command,) = running["commands"]
    (record,) = running["records"]
    assert (command["state"], command["total"], command["pid"]) == ("running", SEEDS, process.pid)
    assert record["done"] + record["running"] == SEEDS
    (command,) = status(results)["commands"]
    (record,) = status(results)["records"]
    assert (command["state"], command["resume"]) == ("interrupted", told[2])
    assert (record["done"], record["missing"], record["running"]) == (int(told[1]), SEEDS - int(told[1]), 0)
    finish_and_compare(told[2], results, clockwork, name, tmp_path / "fresh")
    assert status(results)["commands"] == []
    assert not (results / FOLDER).exists()


@pytest.mark.slow
def test_an_interrupted_study_says_how_to_go_on_and_can(toy_set: SurrogateSet, tmp_path: Path) -> None:
    results, out = tmp_path / "r", tmp_path / "o"
    line = ["study", "joint", "--method", "random-search", "--tasks", "cifar10", "--surrogates", toy_set.name,
            "--results", str(results), "--out", str(out), "--format", "svg", "--seeds"]  # fmt: skip
    process = start(*line, "2000")
    until(lambda: len(kept(results)) >= 3 or process.poll() is not None)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    told = re.fullmatch(r"harness: interrupted; (\d+) of 6000 runs are done and kept; go on with: (.*)", err.strip())
    assert told is not None, err
    resume = shlex.split(told[2])
    assert resume == ["harness", *line, "2000"]
    assert len(kept(results)) == int(told[1])
    answer = harness_command(*resume[1:-1], "3")
    assert (answer.code, answer.err) == (0, "")
    assert (out / toy_set.name / "joint" / "text.md").is_file()


@pytest.mark.slow
def test_a_killed_command_is_recognised_and_leaves_no_process(clockwork: SurrogateSet, tmp_path: Path) -> None:
    results, name = tmp_path / "r", method(tmp_path, SLOW_IF_TOLD)
    process = start(*words(results, name, "--jobs", "2"))
    until(lambda: len(kept(results)) >= 3)
    process.kill()
    process.communicate()
    until(lambda: is_gone(process.pid), "the end of the workers")
    answer = harness_command("status", results)
    assert answer.code == 0
    resume = next(line for line in answer.out.splitlines() if "go on with: " in line).partition("go on with: ")[2]
    assert "interrupted" in answer.out
    finish_and_compare(resume, results, clockwork, name, tmp_path / "fresh")


@pytest.mark.slow
@DASK
def test_commands_of_every_kind_on_one_folder_at_once(clockwork: SurrogateSet, tmp_path: Path) -> None:
    results, name = tmp_path / "r", method(tmp_path, SLOW_IF_TOLD)
    each = [start(*words(results, name, *way.values[0]), pause=0.05) for way in WAYS]  # type: ignore[misc]
    for process in each:
        out, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (0, "")
        assert json.loads(out)["seeds"] == SEEDS
    execute(make_jobs(clockwork, "cifar10", "bb", methods=[name], seeds=SEEDS), tmp_path / "fresh")
    assert bytes_of(results) == bytes_of(tmp_path / "fresh")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few pages."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    made = mount and subprocess.run([mount, "-t", "tmpfs", "-o", "size=32k", "tmpfs", folder], capture_output=True)
    if not made or made.returncode:
        pytest.skip("file systems cannot be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS[:2])
def test_a_full_disk_is_one_sentence_and_leaves_nothing_half_written(
    clockwork: SurrogateSet, tmp_path: Path, small_disk: Path, way: list[str]
) -> None:
    results, name = small_disk / "r", method(tmp_path, SLOW_IF_TOLD)  # so that there are several parts
    answer = harness_command(*words(results, name, *way), env={"TEST_PAUSE": "0.2"})
    assert (answer.code, answer.out) == (1, "")
    (line,) = answer.err.splitlines()
    told = re.search(rf"the disk is full.* (\d+) of {SEEDS} runs are done and kept; go on with: (.*)", line)
    assert told is not None, line
    assert 0 < int(told[1]) < SEEDS
    assert kept(results) == [*range(int(told[1]))] or way
    assert not list(results.rglob("*.tmp"))
    subprocess.run(["mount", "-o", "remount,size=10m", small_disk], check=True)
    (command,) = status(results)["commands"]
    assert "the disk is full" in command["why"] or command["why"] == "running"  # where not even this could be written
    finish_and_compare(told[2], results, clockwork, name, tmp_path / "fresh")


# The survey -------------------------------------------------------------------------------------------------------


def test_an_empty_or_missing_folder_is_answered_with_the_command_that_fills_it(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(UsageError, match=f"harness run --results {re.escape(str(folder))}"):
            survey(folder)
    answer = harness_command("status", tmp_path / "none")
    assert (answer.code, answer.out, len(answer.err.splitlines())) == (2, "", 1)


def test_failed_runs_are_counted_and_explained_when_asked(clockwork: SurrogateSet, tmp_path: Path) -> None:
    failing = method(tmp_path, "1 / 0")
    execute(make_jobs(clockwork, "cifar10", "bb", methods=["random-search", failing], seeds=2), tmp_path / "r")
    by_method = {row.method: row for row in survey(tmp_path / "r").rows}
    assert (by_method["random-search"].done, by_method["random-search"].failed) == ((0, 1), {})
    assert (by_method["Gentle"].done, sorted(by_method["Gentle"].failed)) == ((), [0, 1])
    short, long = (harness_command("status", tmp_path / "r", *more) for more in ([], ["--failed"]))
    assert "2 runs failed; why: harness status" in short.out
    assert long.out.count("ZeroDivisionError") >= 2
    assert "gentle.py" in long.out


def test_what_another_command_has_done_is_not_missing_any_more(clockwork: SurrogateSet, tmp_path: Path) -> None:
    jobs = make_jobs(clockwork, "cifar10", "bb", seeds=3)
    path = "clockwork/cifar10/single/bb/random-search.parquet"
    wanted = [Wanted(path, "cifar10/single/bb", "random-search", (0, 1, 2))]
    with pytest.raises(KeyboardInterrupt), announced(tmp_path, wanted, ["harness", "run"], Tally(3, [3])):
        raise KeyboardInterrupt
    (row,) = survey(tmp_path).rows
    assert (row.done, row.missing, row.age) == ((), (0, 1, 2), None)
    (command,) = survey(tmp_path).commands
    assert (command.alive, command.plan.state, command.plan.resume()) == (False, "interrupted", "harness run")
    execute(make_jobs(clockwork, "cifar10", "bb", seeds=2), tmp_path)
    assert survey(tmp_path).rows[0].missing == (2,)
    execute(jobs, tmp_path)
    assert survey(tmp_path).commands == ()
    assert not (tmp_path / FOLDER).exists()  # the plan that was covered is forgotten


def test_a_plan_is_alive_while_its_command_is(tmp_path: Path) -> None:
    with announced(tmp_path, [Wanted("a", "b", "c", (1, 2, 3, 7))], [], Tally(4, [4])):
        ((file, plan),) = plans(tmp_path)
        assert is_alive(file, plan)
        assert plan.wanted[0].seeds == (1, 2, 3, 7)
    assert plans(tmp_path) == []


def test_a_silent_plan_of_another_host_is_dead(tmp_path: Path) -> None:
    plan = Plan("elsewhere", 1, str(tmp_path), [], [], started=0.0, beat=0.0)
    assert not is_alive(tmp_path / "x.json", plan)
    plan.beat = 1e12
    assert is_alive(tmp_path / "x.json", plan)


def test_a_plan_that_cannot_be_read_is_passed_over(clockwork: SurrogateSet, tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "x.json").write_text("{}")
    (tmp_path / FOLDER / "y.json").write_text("half")
    execute(make_jobs(clockwork, "cifar10", "bb", seeds=1), tmp_path)
    assert [row.done for row in survey(tmp_path).rows] == [(0,)]


def test_the_way_to_go_on_is_for_any_folder(tmp_path: Path) -> None:
    plan = Plan("h", 1, str(tmp_path / "a b"), ["harness", "run", "--method", "my file.py:A"], [], started=0.0)
    assert plan.resume() == f"cd '{tmp_path}/a b' && harness run --method 'my file.py:A'"


def test_plain_progress_is_lines_on_standard_error(command: Any, tmp_path: Path) -> None:
    answer: Answer = command("run", "--task", "cifar10", "--setting", "bb", "--surrogates", "toy", "--seeds", 3,
                             "--results", tmp_path, "--json", "--progress", "plain")  # fmt: skip
    assert json.loads(answer.out)["seeds"] == 3
    assert answer.err.splitlines()[-1] == "harness: 3 of 3 runs done, 0 running, 0 failed"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0.4 s"), (45, "45 s"), (90, "1.5 min"), (86400, "1 day"), (1e8, "3.2 years")]
)
def test_times_in_words(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_seeds_in_words() -> None:
    assert texts([7, 0, 1, 2, 4]) == "0-2,4,7"
