"""Isolation: the same bytes with a process a seed, nothing known but the problem, and every harm is one failed seed."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import harness
from harness import registry
from harness.benchmark.method import Observation
from harness.benchmark.space import Categorical, Float, Integer, Space
from harness.errors import UnknownName, UsageError
from harness.runs.calls import LONGEST, TRACE
from harness.runs.execution.baselines import plan
from harness.runs.execution.execute import execute, in_memory
from harness.runs.isolation import wire
from harness.runs.isolation.entry import Apart, Limits, apart
from harness.runs.pairing import Choices, pair
from harness.runs.records import MEASURED, Record
from harness.runs.results import load_results
from harness.runs.runner import run
from harness.runs.selection import Selection
from harness.sources.models.surrogates import SurrogateSet
from harness.verify.api import verify
from support import broken_methods, hostile_methods
from support.commands import Answer
from support.hostile_methods import FAILING, HARMLESS
from support.paths import ROOT
from support.record_bytes import unmeasured

HARM = Path(hostile_methods.__file__)
BROKEN = Path(broken_methods.__file__)
QUICK = Limits(seconds=3.0, memory=1 << 30)
posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="signals and copies of processes are POSIX's")
Command = Callable[..., Answer]


def record(
    source: SurrogateSet, method: str, setting: str, limits: Limits | None, seeds: Any = 2, **more: Any
) -> Record:
    """The runs of a method, with and without isolation."""
    selection = Selection("cifar10", setting, (method,), seeds, isolate=limits, **more)
    (found,) = in_memory(selection.jobs(source))
    return found


def alike(one: Record, other: Record) -> None:
    assert (one.spec, one.runs) == (other.spec, other.runs)
    assert one.table.drop_columns([MEASURED]).equals(other.table.drop_columns([MEASURED]))


@pytest.mark.parametrize(
    ("method", "setting", "more"),
    [
        ("random-search", "bb", {}), ("regularized-evolution", "ca", {}), ("hyperband", "mf", {}),
        ("hyperband", "mf", {"workers": 4, "settings": {"eta": "4"}}), ("hyperband-diagonal", "multi-mf", {}),
        ("random-search", "bb", {"objective": "multi", "space": "nas"}),
        pytest.param("asha-stopping", "mf", {"workers": 4}, marks=pytest.mark.slow),
        (f"{HARM}:Sound", "mf", {}), (f"{BROKEN}:SecondAxis", "mf", {}),
    ],
)  # fmt: skip
def test_a_run_gives_the_same_bytes_in_a_process_of_its_own(
    toy_set: SurrogateSet, method: str, setting: str, more: dict[str, Any]
) -> None:
    alike(record(toy_set, method, setting, None, **more), record(toy_set, method, setting, Limits(), **more))


ILLEGAL = """
import numpy as np
from harness import Capabilities, Proposal

class Base:
    capabilities = Capabilities(axis="all", proceeds=False)
    def __init__(self, problem, seed):
        self.problem, self.rng, self.asked = problem, np.random.default_rng(seed), 0
    def ask(self):
        self.asked += 1
        good = self.problem.space.sample(self.rng)
        return good if self.asked < 4 else self.bad(good)
    def tell(self, observation):
        pass

class Outside(Base):
    def bad(self, good): return {**good, "LearningRate": 1e9}
class NotANumber(Base):
    def bad(self, good): return {**good, "LearningRate": np.float64("nan")}
class NumPys(Base):
    def bad(self, good): return {k: np.float64(v) if k == "LearningRate" else v for k, v in good.items()}
class Missing(Base):
    def bad(self, good): good.pop("LearningRate"); return good
class More(Base):
    def bad(self, good): return {**good, "More": 1}
class Five(Base):
    def bad(self, good): return 5
class Level(Base):
    def bad(self, good): return Proposal(good, {"epoch": 1000})
class Axis(Base):
    def bad(self, good): return Proposal(good, {"N": 1})
class InTell(Base):
    def bad(self, good): return good
    def tell(self, observation): raise KeyError("tell")
class InLastTell(Base):
    def bad(self, good): return good
    def tell(self, observation):
        if self.asked > 200: raise KeyError("tell")
class EndsAfterTell(Base):
    def bad(self, good): return None
    def tell(self, observation):
        if self.asked == 3: raise KeyError("tell")
class InProceed(Base):
    capabilities = Capabilities(settings=("mf",), axis="any", proceeds=True)
    def bad(self, good): return good
    def ask(self): return Proposal(super().ask(), {"epoch": 1})
    def proceed(self, observation): return {"epoch": 5} if self.asked < 9 else {"epoch": 1000}
class FallsBack(InProceed):
    def proceed(self, observation): return {"epoch": 5} if self.asked < 9 else {"epoch": 1}
class InInit(Base):
    def __init__(self, problem, seed): self.nothing.there
class Mapped(Base):
    def bad(self, good):
        class Mine(dict):
            def __getitem__(self, name): raise LookupError(name)
        return Mine()
class Broken(Base):
    def bad(self, good): return good
    def ask(self): raise ValueError("line\\n" * 4000)
"""
CLASSES = [line.split()[1].partition("(")[0] for line in ILLEGAL.splitlines() if line.startswith("class")][1:]


@pytest.mark.parametrize("name", CLASSES)
def test_failures_are_told_alike(toy_set: SurrogateSet, tmp_path: Path, name: str) -> None:
    """The reason and the traceback are part of a record."""
    file = tmp_path / "illegal.py"
    file.write_text(ILLEGAL)
    here = record(toy_set, f"{file}:{name}", "mf", None, 1)
    apart_ = record(toy_set, f"{file}:{name}", "mf", Limits(), 1)
    assert name in ("NumPys", "InLastTell") or here.runs[0]["status"] == "failed"
    alike(here, apart_)


def test_what_crosses_the_pipe_is_exact() -> None:
    space = Space(
        (
            Float("x", 0.1 + 0.2, 1e300, log=True),
            Integer("n", -3, 2**62),
            Categorical("c", (True, 1.5, "é\udc80", 7)),
        ),
        {"k": 5e-324},
    )
    problem = harness.Problem(
        space, (harness.Objective("m", maximize=True),), "mf", Space((Categorical("epoch", (1, 2)),)), {"epoch": 2},
        ("epoch",), 1 / 3, 2 / 7, 3, False,
    )  # fmt: skip
    again = wire.problem_in(json.loads(wire.packed(wire.problem_out(problem))))
    assert list(again.space.values()) == list(space.values())
    assert again.space.constants == space.constants
    plain = ("objectives", "setting", "full", "axes", "budget", "full_cost", "workers", "continuation")
    assert [getattr(again, name) for name in plain] == [getattr(problem, name) for name in plain]
    seen = Observation(3, {"x": 0.1, "k": -0.0}, {"epoch": 1}, (1e-17, float("inf")), None, failed=True)
    crossed = wire.observation_in(json.loads(wire.packed(wire.observation_out(seen))), ["x", "k"], ["epoch"])
    assert crossed == seen
    rng = np.random.default_rng(0)
    for value in rng.integers(0, 2**63, 2000).view(np.float64).tolist():
        assert json.loads(wire.packed([value]))[0] == value or value != value


@pytest.mark.parametrize("answer", [b"", b"{}", b"[]", b"[3]", b'["0"]', b"[" * 10**6, b"9" * 10**5, b"[[0]]", b"\xff"])
def test_an_answer_that_is_none_is_refused(answer: bytes) -> None:
    with pytest.raises(wire.NotSaid):
        wire.unpacked(answer)


# Harm -----------------------------------------------------------------------------------------------------------------


AT_ONCE = {"LeavesAtOnce", "RaisesMuch", "RaisesTheUnprintable", "TakesAllMemory", "NeverReturns", "ReplacesNumPy"}
"""The harms of the quick tests: one of each kind."""


@posix
@pytest.mark.parametrize(
    "harm",
    [harm if harm.__name__ in AT_ONCE else pytest.param(harm, marks=pytest.mark.slow) for harm in FAILING],
    ids=lambda harm: harm.__name__,
)
def test_harm_is_one_failed_seed_with_a_bounded_reason(
    toy_set: SurrogateSet, harm: type[hostile_methods.Sound], capfd: pytest.CaptureFixture[str]
) -> None:
    if harm is hostile_methods.TakesAllMemory and sys.platform != "linux":
        pytest.skip("memory is bounded on Linux")
    folder = Path.cwd()
    board = registry.leaderboard("cifar10", "single", "bb")
    began = time.monotonic()
    outcome = run(pair(board, toy_set, apart(f"{HARM}:{harm.__name__}", QUICK)), 0)
    assert time.monotonic() - began < 60
    assert outcome.status == "failed"
    assert outcome.reason is not None
    assert FAILING[harm] in outcome.reason
    assert len(outcome.reason) <= LONGEST
    assert outcome.reason.isprintable()
    assert len(outcome.traceback or "") <= TRACE
    assert len(outcome.columns["trial"]) == 2
    after = run(pair(board, toy_set, apart(f"{HARM}:Sound", QUICK)), 0)
    assert after.status == "complete"
    assert Path.cwd() == folder
    assert capfd.readouterr() == ("", "")


@posix
@pytest.mark.parametrize("harm", HARMLESS, ids=lambda harm: harm.__name__)
def test_what_stays_in_the_process_does_not_disturb_the_run(
    toy_set: SurrogateSet, harm: type[hostile_methods.Sound], capfd: pytest.CaptureFixture[str]
) -> None:
    found = record(toy_set, f"{HARM}:{harm.__name__}", "bb", QUICK, 1)
    assert found.runs[0]["status"] == "complete"
    assert found.table.num_rows > 50
    assert capfd.readouterr() == ("", "")


@posix
def test_the_command_names_the_failed_seeds_and_runs_the_next_method(command: Command, tmp_path: Path) -> None:
    answer = command(
        "run", "--task", "cifar10", "--setting", "bb", "--surrogates", "toy", "--seeds", 2, "--isolate", "--jobs", 2,
        "--isolate-seconds", 3, "--method", f"{HARM}:LeavesAtOnce", "--method", f"{HARM}:NeverReturns", "--method",
        "random-search", "--json", "--results", tmp_path,
    )  # fmt: skip
    assert answer.code == 1
    rows = {row["method"]: row for row in map(json.loads, answer.out.splitlines())}
    assert [rows[name]["failed"] for name in ("LeavesAtOnce", "NeverReturns")] == [2, 2]
    assert rows["random-search"]["failed"] == 0
    assert answer.err.count("its process did not answer within 3 s") == 2
    assert all(len(line) < LONGEST + 200 for line in answer.err.splitlines())


# What it knows --------------------------------------------------------------------------------------------------------


def test_a_method_in_a_process_of_its_own_finds_no_surrogates_and_no_task(toy_set: SurrogateSet) -> None:
    """Frames, objects, modules, environment and command line of its process."""
    outcome = record(toy_set, f"{HARM}:Spies", "bb", Limits(), 1).runs[0]
    assert "raised ValueError: found []" in outcome["reason"]
    beside = record(toy_set, f"{HARM}:Spies", "bb", None, 1).runs[0]
    assert "module harness.registry" in beside["reason"]  # from there everything is within reach


TELLS = """
import os

class Tells:
    def __init__(self, problem, seed):
        raise ValueError(str(sorted(name for name in os.environ if name in {names})))
    def ask(self): ...
    def tell(self, observation): ...
"""


def test_variables_that_name_a_job_or_a_folder_are_not_its_own(
    toy_set: SurrogateSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["SLURM_JOB_NAME", "DASK_CONFIG", "PWD", "OLDPWD", "_", "HARNESS_ANY", "OMP_NUM_THREADS"]
    for name in names:
        monkeypatch.setenv(name, "cifar10")
    (tmp_path / "tells.py").write_text(TELLS.format(names=names), encoding="utf-8")
    outcome = record(toy_set, f"{tmp_path / 'tells.py'}:Tells", "bb", Limits(), 1).runs[0]
    assert outcome["reason"].endswith("raised ValueError: ['OMP_NUM_THREADS']")


def test_records_beside_the_package_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []
    packed = wire.packed

    def noted(message: Any) -> bytes:
        sent.append(message)
        return packed(message)

    monkeypatch.setattr(wire, "packed", noted)
    apart(f"{HARM}:Sound")
    assert {str(ROOT / "results"), str(ROOT / "leaderboards")} <= set(sent[0]["hidden"])


@pytest.mark.skipif(sys.platform != "linux", reason="the fence is Linux's")
def test_where_the_system_can_it_reaches_neither_sets_nor_the_network(
    toy_set: SurrogateSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_SET", str(toy_set.path / "manifest.json"))
    beside = record(toy_set, f"{HARM}:SpiesOutside", "bb", None, 1).runs[0]
    assert "'set', 'imported set', 'command'" in beside["reason"]
    outcome = record(toy_set, f"{HARM}:SpiesOutside", "bb", Limits(), 1).runs[0]
    if "'set'" in outcome["reason"]:
        pytest.skip("this system has no Landlock")
    assert outcome["reason"].endswith(("reached ['code']", "reached ['code', 'signal']"))


def test_a_file_of_ones_own_is_not_imported_here(tmp_path: Path, toy_set: SurrogateSet) -> None:
    file = tmp_path / "marks.py"
    file.write_text(
        f"import os\nopen({str(tmp_path)!r} + '/' + str(os.getpid()), 'w').close()\n"
        + HARM.read_text().replace("from __future__ import annotations", "")
    )
    beside = record(toy_set, f"{file}:Sound", "bb", None, 1)
    assert (tmp_path / str(os.getpid())).exists()
    (tmp_path / str(os.getpid())).unlink()
    file.write_text(file.read_text().replace("open(", "os.environ.get('MARK') and open("))
    assert record(toy_set, f"{file}:Sound", "bb", Limits(), 1).runs[0]["status"] == beside.runs[0]["status"]
    assert not (tmp_path / str(os.getpid())).exists()


def test_an_entry_is_described_without_importing_it_here(tmp_path: Path) -> None:
    for name in ("SecondAxis", "Sound"):
        here, there = registry.method(f"{BROKEN}:{name}"), apart(f"{BROKEN}:{name}")
        for field in ("name", "path", "capabilities", "summary", "source"):
            assert getattr(there, field) == getattr(here, field)
    assert isinstance(apart("hyperband"), Apart)
    with pytest.raises(UnknownName, match="unknown method 'hyperbnd'"):
        apart("hyperbnd")
    with pytest.raises(UsageError, match="there is no file nowhere"):
        apart("nowhere.py:Own")
    with pytest.raises(UsageError, match="unknown class or function of broken_methods"):
        apart(f"{BROKEN}:Nothing")
    (tmp_path / "fails.py").write_text("import os\nos._exit(0)\n")
    with pytest.raises(UsageError, match="its process ended with exit code 0"):
        apart(f"{tmp_path / 'fails.py'}:Own")
    (tmp_path / "raises.py").write_text("1 / 0\n")
    with pytest.raises(UsageError, match="fails when imported: ZeroDivisionError"):
        apart(f"{tmp_path / 'raises.py'}:Own")


def test_settings_are_checked_in_the_process(toy_set: SurrogateSet) -> None:
    board = registry.leaderboard("cifar10", "single", "mf")
    found = pair(board, toy_set, apart("hyperband"), Choices({"eta": "4"}))
    assert found.spec == pair(board, toy_set, registry.method("hyperband"), Choices({"eta": "4"})).spec
    for settings in ({"eat": "4"}, {"eta": "many"}, {"eta": "1"}):
        with pytest.raises(UsageError) as here:
            pair(board, toy_set, registry.method("hyperband"), Choices(settings))
        with pytest.raises(UsageError) as there:
            pair(board, toy_set, apart("hyperband"), Choices(settings))
        assert str(there.value) == str(here.value)


# Where it is used -----------------------------------------------------------------------------------------------------


def test_the_records_of_both_ways_are_one(toy_set: SurrogateSet, tmp_path: Path) -> None:
    harness.run("cifar10", "bb", f"{HARM}:Sound", seeds=3, surrogates=toy_set, results=tmp_path / "a")
    harness.run("cifar10", "bb", f"{HARM}:Sound", seeds="0-0", surrogates=toy_set, results=tmp_path / "b", isolate=True)
    harness.run("cifar10", "bb", f"{HARM}:Sound", seeds=3, surrogates=toy_set, results=tmp_path / "b", isolate=True,
                jobs=2)  # fmt: skip
    one, other = (next((tmp_path / name).rglob("*.parquet")) for name in "ab")
    assert unmeasured(one) == unmeasured(other)
    assert len(load_results(tmp_path / "b").records) == 1


@pytest.mark.slow
def test_verification_runs_a_file_of_ones_own_in_a_process_of_its_own(
    toy_set: SurrogateSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A method that tells what it finds in its frames proposes something else where there is something to find."""
    file = tmp_path / "peeks.py"
    file.write_text(
        HARM.read_text() + "\nclass Peeks(Sound):\n    def ask(self):\n        frame = sys._getframe()\n"
        "        while frame is not None:\n            if any(type(v).__name__ == 'Simulation' for v in "
        "frame.f_locals.values()):\n                self.rng.random()\n            frame = frame.f_back\n"
        "        return self.space.sample(self.rng)\n"
    )
    monkeypatch.chdir(tmp_path)
    for name, isolate, state in (("Sound", False, "reproduced"), ("Peeks", False, "refused"),
                                 ("Peeks", True, "reproduced")):  # fmt: skip
        results = tmp_path / f"{name}-{isolate}"
        harness.run("cifar10", "bb", f"{file}:{name}", surrogates=toy_set, results=results, isolate=isolate)
        assert verify(results, method_file=f"peeks.py:{name}").verdicts[0].state == state


def test_baselines_of_libraries_have_a_process_of_their_own(
    toy_set: SurrogateSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = plan(toy_set, (0,), tasks=["cifar10"], settings=["bb"], objectives=["single"])
    assert {job.entry.name: isinstance(job.entry, Apart) for job in made.jobs} == {
        job.entry.name: bool(job.entry.libraries) for job in made.jobs
    }
    known = registry.methods()
    entry = harness_entry(known["random-search"])
    monkeypatch.setitem(known, "random-search", entry)
    made = plan(toy_set, (0,), methods=["random-search"], tasks=["cifar10"], settings=["bb"], objectives=["single"])
    assert [type(job.entry) for job in made.jobs] == [Apart]


def harness_entry(entry: Any) -> Any:
    """The entry, as if it needed a library (that is there)."""
    from dataclasses import replace

    return replace(entry, libraries=("numpy",))


@pytest.mark.parametrize(
    ("words", "reason"),
    [(["--isolate-seconds", "3"], "give --isolate too"), (["--isolate", "--isolate-seconds", "0"], "isolate-seconds"),
     (["--isolate", "--isolate-memory", "0"], "isolate-memory")],
)  # fmt: skip
def test_limits_that_make_no_sense_are_refused(command: Command, words: list[str], reason: str) -> None:
    answer = command("run", "--task", "cifar10", "--setting", "bb", "--surrogates", "toy", *words)
    assert (answer.code, len(answer.err.splitlines())) == (2, 1)
    assert reason in answer.err


def test_execute_with_isolation_on_two_processes_gives_failed_seeds(toy_set: SurrogateSet, tmp_path: Path) -> None:
    selection = Selection("cifar10", "bb", (f"{HARM}:Crashes",), 3, isolate=QUICK)
    reasons: list[str | None] = []
    execute(selection.jobs(toy_set), tmp_path, n_jobs=2, on_run=lambda _, outcome: reasons.append(outcome.reason))
    assert len(reasons) == 3
    assert all("its process was ended by SIGSEGV" in str(reason) for reason in reasons)
