"""A user's own methods on the command line: where they fail, what they take, what is not installed."""

from __future__ import annotations

import bdb
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness import registry
from harness.sources.models.surrogates import SurrogateSet
from support.commands import Answer, in_process

Command = Callable[..., Answer]
METHODS = """
import bdb

def raises(objective, problem, seed):
    helper({})

def helper(found):
    return found["nothing"]

def takes(objective, problem, seed, eta=3, *, rate: float = 0.5, need: "int | None", **more):
    pass

def quits(objective, problem, seed):
    raise bdb.BdbQuit

class Needs:
    def __init__(self, problem, seed, *, eta: int, depth, rate=0.5):
        self.space, self.seed = problem.space, seed
    def ask(self):
        import numpy
        return self.space.sample(numpy.random.default_rng(self.seed))
    def tell(self, observation): pass

class Plain:
    def __init__(self, problem, seed): pass
    def ask(self): raise ValueError("asked")
    def tell(self, observation): pass
"""


@pytest.fixture
def inside(toy_set: SurrogateSet, capsys: pytest.CaptureFixture[str]) -> Command:  # noqa: ARG001 - it is there
    return in_process(capsys)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(METHODS)
    return tmp_path / "mine.py"


def run(inside: Command, file: Path, name: str, *more: str) -> Answer:
    return inside(
        "run", "--task", "cifar10", "--setting", "bb", "--surrogates", "toy", "--seeds", "1", "--method",
        f"{file}:{name}", "--results", file.parent / "results", *more,
    )  # fmt: skip


def test_a_failure_names_the_users_own_line_and_the_traceback_is_shown_with_debug(inside: Command, file: Path) -> None:
    answer = run(inside, file, "raises")
    assert answer.code == 1
    assert "raises raised KeyError: 'nothing' (mine.py:8 in helper)" in answer.err
    assert "Traceback" not in answer.err
    assert "--debug" in answer.err
    again = run(inside, file, "raises", "--rerun", "--debug")
    assert 'return found["nothing"]' in again.err
    assert "Plain raised ValueError: asked (mine.py:26 in ask)" in run(inside, file, "Plain").err


def test_leaving_a_debugger_stops_the_command(inside: Command, file: Path) -> None:
    answer = run(inside, file, "quits")
    assert answer.code == 130
    assert "harness: stopped in the debugger; 0 of 1 runs are done" in answer.err
    assert issubclass(bdb.BdbQuit, Exception)
    assert not list((file.parent / "results").rglob("*.parquet"))


def test_settings_are_listed_with_type_and_default(inside: Command, file: Path) -> None:
    answer = inside("list", "methods", "--settings", f"{file}:takes")
    assert answer.out.splitlines() == [
        "eta   int         default 3", "rate  float       default 0.5", "need  int | None  required",
        "...   any         further settings of any name",
    ]  # fmt: skip
    assert inside("list", "methods", "--settings", f"{file}:Plain").out == "Plain  has no settings\n"
    assert "variant" in inside("list", "methods", "--settings", "asha-stopping").out
    assert inside("list", "tasks", "--settings", "hyperband").code == 2


@pytest.mark.parametrize("apart", [(), ("--isolate",)], ids=["here", "isolated"])
def test_a_setting_that_is_missing_is_told_before_anything_runs(
    inside: Command, file: Path, apart: tuple[str, ...]
) -> None:
    told = "Needs needs the settings eta, depth: --set eta=VALUE, settings={'eta': VALUE} from Python"
    answer = run(inside, file, "Needs", *apart)
    assert (answer.code, told in answer.err) == (2, True)
    assert "Needs needs the setting depth: " in run(inside, file, "Needs", "--set", "eta=3", *apart).err
    assert not (file.parent / "results").exists()
    assert run(inside, file, "Needs", "--set", "eta=3", "--set", "depth=x", *apart).code == 0


def test_a_method_that_is_not_installed_is_marked_with_both_commands(
    inside: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = registry.methods()
    lacking = replace(known["random-search"], name="lacking", libraries=("no-such-library",), extra="extra")
    monkeypatch.setattr(registry, "methods", lambda: known | {"lacking": lacking})
    (line,) = [line for line in inside("list", "methods").out.splitlines() if line.startswith("lacking")]
    told = "no-such-library is not installed: pip install 'jahs-harness[extra]', or in a clone: pip install '.[extra]'"
    assert line.endswith(told)
    assert "pip install" not in next(
        line for line in inside("list", "methods").out.splitlines() if "hyperband " in line
    )
    answer = inside("list", "methods", "--settings", "lacking")
    assert (answer.code, told.split(": ")[1] in answer.err) == (2, True)
