"""Child processes: no module comes from the folder a command is run in, and what ends them is said."""

# ruff: noqa: ARG001 - fixtures, and functions whose channel is given, not used

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.base import children, path
from harness.base.channel import Channel
from harness.base.children import Child, Lost
from harness.sources.models.surrogates import SurrogateSet
from support.hostile import hostile_folder, imported, installed_command

RUN = (
    "run",
    "--task",
    "cifar10",
    "--setting",
    "bb",
    "--surrogates",
    "toy",
    "--seeds",
    "3",
    "--method",
    "random-search",
)
OWN = """
import numpy as np

class Own:
    def __init__(self, problem, seed):
        self.space, self.rng = problem.space, np.random.default_rng(seed)
    def ask(self):
        return self.space.sample(self.rng)
    def tell(self, observation):
        pass
"""


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    return hostile_folder(tmp_path / "hostile")


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    return tmp_path / "scripts"


def test_a_hostile_folder_is_hostile(hostile: Path) -> None:
    """Or the tests below would say nothing."""
    subprocess.run([sys.executable, "-c", "import socket"], cwd=hostile, capture_output=True, check=True)
    assert [name[:6] for name in imported(hostile)] == ["socket"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_verification_imports_nothing_from_beside_a_record(
    hostile: Path, scripts: Path, tmp_path: Path, toy_set: SurrogateSet, jobs: int
) -> None:
    done = installed_command(scripts, *RUN, "--seeds", "10", "--results", tmp_path / "results", cwd=tmp_path)
    assert done.code == 0, done.err
    (record,) = (tmp_path / "results").rglob("*.parquet")
    for name in ("one.parquet", "two.parquet"):
        shutil.copy(record, hostile / name)
    done = installed_command(
        scripts, "verify", "one.parquet", "two.parquet", "--jobs", jobs, cwd=hostile, PYTHONDONTWRITEBYTECODE="1"
    )
    assert imported(hostile) == []
    assert "its ledger equals the ledger of seed" not in done.out
    assert "20 evaluations" not in done.out
    assert done.out.strip().endswith("2 runs reproduced"), done.out + done.err


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([*RUN, "--jobs", "2"], marks=pytest.mark.slow), [*RUN, "--isolate"],
        pytest.param([*RUN, "--isolate", "--jobs", "2"], marks=pytest.mark.slow),
        [*RUN[:-1], "own.py:Own", "--isolate", "--jobs", "2"],
        ["check", "random-search", "--check", "processes", "--evaluations", "4"],
        ["check", "own.py:Own", "--check", "processes", "--evaluations", "4"],
    ],
    ids=lambda words: " ".join(words[:1] + words[11:])
)  # fmt: skip
def test_no_command_imports_from_the_folder_it_is_run_in(
    hostile: Path, scripts: Path, tmp_path: Path, toy_set: SurrogateSet, arguments: list[str]
) -> None:
    (hostile / "own.py").write_text(OWN)
    more = ["--results", str(tmp_path / "results")] if arguments[0] == "run" else []
    done = installed_command(scripts, *arguments, *more, cwd=hostile)
    assert imported(hostile) == []
    assert done.code == 0, done.out + done.err


@pytest.mark.slow
def test_dask_workers_import_nothing_from_the_folder_either(
    hostile: Path, scripts: Path, tmp_path: Path, toy_set: SurrogateSet
) -> None:
    pytest.importorskip("distributed")
    done = installed_command(
        scripts, *RUN, "--cluster", "local", "--jobs", "2", "--results", tmp_path / "results", cwd=hostile
    )
    assert imported(hostile) == []
    assert done.code == 0, done.err


@pytest.mark.parametrize("given", ["", ".", f"{os.pathsep}/nowhere", "relative"])
def test_relative_entries_of_the_path_are_no_childs(hostile: Path, given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(hostile)
    monkeypatch.setenv("PYTHONPATH", given)
    # Python makes such entries absolute when it starts.
    made = [os.path.abspath(part) for part in given.split(os.pathsep)] if given else []
    monkeypatch.setattr(sys, "path", ["", *made, *sys.path])
    assert not {"", str(hostile), str(hostile / "relative")} & set(path.search_path())
    assert path.search_path(current=True)[-1] == str(hostile)
    assert path.ROOT in path.search_path()
    with Child("json:dumps") as child, pytest.raises(Lost):
        child.receive(60)
    assert imported(hostile) == []


def test_the_command_line_leaves_the_current_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["", *(entry for entry in sys.path if entry != path.ROOT)])
    path.leave_current_folder()
    assert "" not in sys.path
    assert sys.path[-1] == path.ROOT


@pytest.mark.parametrize(("given", "stays"), [(":/more", False), ("/more:", False), ("", True), (".:/more", True)])
def test_an_empty_entry_of_the_path_is_the_current_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: str, stays: bool
) -> None:
    """Python has made it absolute; an entry that was written down is the user's wish."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", given.replace(":", os.pathsep))
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    path.leave_current_folder()
    assert (str(tmp_path) in sys.path) == stays


def test_a_data_directory_is_the_same_for_a_child(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HARNESS_DATA", "data")
    assert children.environment()["HARNESS_DATA"] == str(tmp_path / "data")


# What a child does -------------------------------------------------------------------------------------------------


def says_where(channel: Channel) -> None:
    told = {"folder": os.getcwd(), "inside": os.listdir(), "path": sys.path, "leader": os.getsid(0) == os.getpid()}
    print("this disturbs nobody", sys.stdin.read())
    channel.send(json.dumps(told).encode())


def leaves(channel: Channel) -> None:
    os._exit(7)


def crashes(channel: Channel) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def closes(channel: Channel) -> None:
    os.closerange(0, 100)
    time.sleep(600)


def never(channel: Channel) -> None:
    time.sleep(600)


def much(channel: Channel) -> None:
    channel.send(b"x" * 3_000_000)


def forks(channel: Channel) -> None:
    """The copy holds the pipe; the process ends."""
    if os.fork() == 0:
        time.sleep(600)
    os._exit(3)


def tells_its_copy(channel: Channel) -> None:
    copy = os.fork()
    if copy == 0:
        time.sleep(600)
    channel.send(str(copy).encode())
    time.sleep(600)


posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="signals and copies of processes are POSIX's")


@pytest.fixture(params=["poll", "thread"])
def waiting(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways to wait for a pipe."""
    if request.param == "thread" and hasattr(select, "poll"):
        monkeypatch.delattr(select, "poll")


def child(function: Callable[[Channel], Any]) -> Child:
    return Child(f"{__name__}:{function.__name__}", quiet=True)


@posix
@pytest.mark.usefixtures("waiting")
def test_a_child_starts_in_an_empty_folder_of_its_own() -> None:
    with child(says_where) as one:
        told = json.loads(one.receive(60))
        folder = Path(told["folder"])
        assert folder.resolve() == one.folder.resolve()
    assert told["inside"] == []
    assert told["leader"]
    assert "" not in told["path"]
    assert told["folder"] not in told["path"]
    assert not folder.exists()


@posix
@pytest.mark.usefixtures("waiting")
@pytest.mark.parametrize(
    ("function", "reason", "code"),
    [
        (leaves, "ended with exit code 7", 7), (crashes, "was ended by SIGSEGV", -11),
        (forks, "ended with exit code 3", 3), (closes, "closed its pipe to the harness", None),
        (never, "did not answer within 2 s", None),
    ],
)  # fmt: skip
def test_how_a_child_was_lost_is_said(function: Callable[[Channel], Any], reason: str, code: int | None) -> None:
    began = time.monotonic()
    with child(function) as one, pytest.raises(Lost) as found:
        one.receive(2 if function is never else 60)
    assert (str(found.value), found.value.code, found.value.late) == (reason, code, function is never)
    assert time.monotonic() - began < 30


@pytest.mark.usefixtures("waiting")
def test_a_message_of_any_size_arrives_whole_and_a_larger_one_is_refused() -> None:
    with child(much) as one:
        assert one.receive(60) == b"x" * 3_000_000
    with child(much) as one, pytest.raises(Lost, match="a message of 3,000,000 bytes; at most 1,000 are read"):
        one.receive(60, 1000)


@posix
def test_what_a_child_started_ends_with_it() -> None:
    with child(tells_its_copy) as one:
        copy = int(one.receive(60))
    deadline = time.monotonic() + 20
    while alive(copy):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(pid: int) -> bool:
    """Whether there is such a process that has not ended: one without a parent may stay listed."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        if sys.platform == "linux":
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
