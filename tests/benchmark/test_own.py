"""A user's own methods: the same by every way in, named by their class, with the sources that they import."""

# ruff: noqa: ARG001 - functions whose arguments are given, not used

from __future__ import annotations

import functools
import hashlib
import importlib
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

import harness
from harness import registry
from harness.base.objectsource import object_hash
from harness.benchmark import plugins
from harness.benchmark.own import formerly
from harness.errors import UnknownName, UsageError
from harness.runs.pairing import Choices, pair
from harness.runs.selection import Selection
from harness.sources.models.surrogates import SurrogateSet
from harness.testing import Subject
from harness.verify.api import verify
from support import function_methods
from support.function_methods import RandomSearchClass

CLASS = """
import numpy as np

class Mine:
    def __init__(self, problem, seed, *, eta=3, rate=0.5, flag=False, mode="a", free=None):
        self.samples = problem.space.samples(np.random.default_rng(seed))
    def ask(self):
        return next(self.samples)
    def tell(self, observation):
        pass

class Named(Mine):
    name = "my-method"

class Heir(Named):
    pass

class Hyperband(Mine):
    pass

class Claims(Mine):
    name = "hyperband"

class Spaced(Mine):
    name = "my method"

def optimize(objective, problem, seed, **settings):
    for configuration in problem.space.samples(np.random.default_rng(seed)):
        objective(configuration)

def make(problem, seed):
    return Mine(problem, seed)

def makes_nothing(problem, seed):
    pass

async def waits(objective, problem, seed):
    pass

def yields(objective, problem, seed):
    yield

def two(objective, problem): pass

class NoTell:
    def ask(self): pass

class WrongCapabilities(Mine):
    from harness import Capabilities as capabilities
"""
HELPED = """
import helper
from . import helper as relative
assert helper is relative

class Helped(helper.Base):
    def tell(self, observation):
        import helper as again
        assert again is helper
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(CLASS)
    return tmp_path / "mine.py"


def spec(source: SurrogateSet, method: Any, seed: int = 0, **settings: Any) -> Any:
    found = pair(registry.leaderboard("cifar10", "single", "bb"), source, registry.method(method), Choices(settings))
    return found.spec, found.method_seed(seed)


@pytest.mark.parametrize(
    ("attribute", "name", "named"),
    [
        ("Mine", "Mine", "class Mine"), ("Named", "my-method", "class Named, name declared"),
        ("Heir", "Heir", "class Heir"), ("optimize", "optimize", "function optimize"),
        ("make", "make", "function make"), ("Hyperband", "own.Hyperband", "class Hyperband"),
    ],
)  # fmt: skip
def test_a_method_has_the_name_that_it_declares_or_that_of_its_class(
    file: Path, toy_set: SurrogateSet, attribute: str, name: str, named: str
) -> None:
    found, _ = spec(toy_set, f"{file}:{attribute}")
    assert (found.method, found.method_path) == (name, named)
    assert found.source == hashlib.sha256(file.read_bytes()).hexdigest()


def test_renaming_or_moving_a_file_changes_no_random_number(file: Path, toy_set: SurrogateSet) -> None:
    moved = file.parent / "below" / "other-name.2.py"
    moved.parent.mkdir()
    moved.write_bytes(file.read_bytes())
    assert spec(toy_set, f"{moved}:Mine") == spec(toy_set, f"{file}:Mine")


def test_the_same_method_by_every_way_in_is_one(toy_set: SurrogateSet) -> None:
    here = Path(function_methods.__file__)
    for attribute in ("RandomSearchClass", "random_search"):
        ways = (f"{here}:{attribute}", f"support.function_methods:{attribute}", getattr(function_methods, attribute))
        one, *others = (spec(toy_set, way) for way in ways)
        assert others == [one, one]


@pytest.mark.parametrize(
    ("attribute", "reason"),
    [
        ("Claims", "called 'hyperband' like the harness's hyperband; give it another name"),
        ("Spaced", "its name 'my method' cannot be a method's"), ("waits", "is async"), ("yields", "is a generator"),
        ("two", r"takes \(objective, problem\); give a class"), ("NoTell", r"has no tell\(\)"),
        ("WrongCapabilities", r"write Capabilities\(\)"),
        ("Mina", r"unknown class or function of mine.py 'Mina'"),
    ],
)  # fmt: skip
def test_what_can_be_no_method_is_told_in_a_sentence(file: Path, attribute: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        registry.method(f"{file}:{attribute}")


def test_objects_that_are_no_methods_are_told_apart(toy_set: SurrogateSet) -> None:
    problem = pair(
        registry.leaderboard("cifar10", "single", "bb"), toy_set, registry.method("random-search")
    ).problem(0)  # fmt: skip
    for thing, reason in (
        (RandomSearchClass(problem, 0), "is an instance; give its class RandomSearchClass"), (3, "is no method"),
        (functools.partial(RandomSearchClass, problem), "not arguments by position"),
        (functools.partial(function_methods.random_search, seed={}), "is no text, number or truth value"),  # type: ignore[arg-type]
    ):  # fmt: skip
        with pytest.raises(UsageError, match=reason):
            registry.method(thing)
    with pytest.raises(UsageError, match="is an instance"):
        harness.run("cifar10", "bb", RandomSearchClass(problem, 0), surrogates=toy_set)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="surrogates is the class SurrogateSet"):
        harness.run("cifar10", "bb", "random-search", surrogates=SurrogateSet)  # type: ignore[arg-type]


def test_a_function_that_makes_nothing_is_a_failed_seed(file: Path, toy_set: SurrogateSet) -> None:
    results = harness.run("cifar10", "bb", f"{file}:makes_nothing", seeds=1, surrogates=toy_set)
    assert "it returns None, which has no ask()" in results.records[0].runs[0]["reason"]


def test_modules_that_are_not_there_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(CLASS)
    for name, reason in (
        ("nowhere.at.all:X", "no module nowhere.at.all is installed"), ("mine:Mine", r"give its file, mine\.py:Mine"),
        ("mine.py", "is a file; name the class or function in it too"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=reason):
            registry.method(name)


def test_a_file_finds_its_neighbours_and_nobody_else_does(tmp_path: Path, toy_set: SurrogateSet) -> None:
    for number, folder in enumerate((tmp_path / "one", tmp_path / "two")):
        folder.mkdir()
        (folder / "method.py").write_text(HELPED)
        (folder / "helper.py").write_text(f"{CLASS}\nclass Base(Mine):\n    number = {number}\n")
        (folder / "json.py").write_text("raise ValueError('Python has one')")
    one, two = (registry.method(f"{tmp_path / name}/method.py:Helped") for name in ("one", "two"))
    assert (one.load().number, two.load().number) == (0, 1)
    assert one.source != two.source
    assert "helper" not in sys.modules
    results = harness.run(
        "cifar10", "bb", f"{tmp_path}/one/method.py:Helped", seeds=1, surrogates=toy_set, isolate=True
    )
    assert results.records[0].runs[0]["reason"] is None
    before = one.source
    (tmp_path / "one" / "helper.py").write_text((tmp_path / "one" / "helper.py").read_text() + "# another\n")
    assert registry.method(f"{tmp_path / 'one'}/method.py:Helped").source != before
    with pytest.raises(UsageError, match="has changed since it was loaded"):
        one.load()
    assert not list(tmp_path.rglob("*.pyc"))


def test_a_file_finds_its_relatives(tmp_path: Path) -> None:
    inner = tmp_path / "package" / "inner"
    inner.mkdir(parents=True)
    for folder in (inner, inner.parent):
        (folder / "__init__.py").write_text("")
    (inner.parent / "core.py").write_text(CLASS)
    text = (
        "from ..core import Mine as M\nimport package.core\nassert package.core.Mine is M\nclass Mine(M):\n    pass\n"
    )
    (inner / "method.py").write_text(text)
    entry = registry.method(f"{inner}/method.py:Mine")
    assert entry.load().__mro__[1].__name__ == "Mine"
    assert entry.source != hashlib.sha256((inner / "method.py").read_bytes()).hexdigest()


def test_a_file_that_fails_when_imported_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("x = 1\ny = x.nothing\n")
    with pytest.raises(UsageError, match=r"AttributeError: .* \(mine\.py:2\)"):
        registry.method(f"{tmp_path}/mine.py:Mine")


def test_objects_of_a_session_are_their_source() -> None:
    def made(number: int) -> Any:
        class Local(RandomSearchClass):
            def ask(self) -> Any:
                return super().ask() if number else None

        return Local

    assert object_hash(made(1)) == object_hash(made(1)) != object_hash(made(2))
    space: dict[str, Any] = {"__name__": "__main__"}
    exec("def f(objective, problem, seed):\n    return 1\n", space)  # no text is kept
    other = dict(space)
    exec("def f(objective, problem, seed):\n    return 2\n", other)
    assert object_hash(space["f"]) != object_hash(other["f"])
    assert registry.method(space["f"]).source == object_hash(space["f"])


def test_a_partial_fixes_settings(file: Path, toy_set: SurrogateSet) -> None:
    def optimize(objective: Any, problem: Any, seed: int, *, eta: int = 3) -> None:
        function_methods.random_search(objective, problem, seed)

    found, _ = spec(toy_set, functools.partial(optimize, eta=5))
    assert (found.method, found.preset) == ("optimize", {"eta": 5})


def test_two_methods_of_one_name_are_refused(file: Path, tmp_path: Path, toy_set: SurrogateSet) -> None:
    (tmp_path / "other.py").write_text(CLASS + "# another\n")
    selection = Selection("cifar10", "bb", (f"{file}:Mine", f"{tmp_path}/other.py:Mine"), 1)
    with pytest.raises(UsageError, match="two different methods are called Mine"):
        selection.jobs(toy_set)


def test_records_of_earlier_names_are_still_reproduced(file: Path, tmp_path: Path, toy_set: SurrogateSet) -> None:
    earlier = formerly(registry.method(f"{file}:Mine"))
    assert (earlier.name, earlier.recorded_path) == ("mine.Mine", "mine.Mine")
    harness.run("cifar10", "bb", earlier, seeds=10, surrogates=toy_set, results=tmp_path / "results")
    (verdict,) = verify(tmp_path / "results", method_file=f"{file}:Mine").verdicts
    assert verdict.findings == ()
    assert (verdict.state, verdict.label) == ("reproduced", "mine.Mine")


def test_a_method_of_an_installed_package(monkeypatch: pytest.MonkeyPatch, toy_set: SurrogateSet) -> None:
    class Distribution:
        name, version = "pytest", "1"

    def point(name: str, value: str) -> Any:
        found = metadata.EntryPoint(name, value, plugins.GROUP)
        vars(found).update(dist=Distribution())
        return found

    points = [
        point("my-optimizer", "support.function_methods:random_search"), point("hyperband", "nowhere:X"),
        point("broken", "nowhere:X"), point("twice", "a:A"), point("twice", "b:B"), point("no name", "a:A"),
    ]  # fmt: skip
    monkeypatch.setattr(metadata, "entry_points", lambda group: points if group == plugins.GROUP else [])
    assert list(registry.declared_methods()) == ["broken", "my-optimizer", "twice"]
    found, _ = spec(toy_set, "my-optimizer")
    assert (found.method, found.method_path) == ("my-optimizer", "function random_search, entry point")
    assert registry.method("my-optimizer").libraries == ("pytest",)
    assert registry.method("hyperband").source is None
    for name, reason in (("broken", "no module nowhere is installed"), ("twice", "both declare a method twice")):
        with pytest.raises(UsageError, match=reason):
            registry.method(name)
    with pytest.raises(UnknownName, match="my-optimizer"):
        registry.method("my-optimizr")


def test_a_required_setting_is_missed_by_every_way_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, toy_set: SurrogateSet
) -> None:
    (tmp_path / "needing.py").write_text(
        "def minimise(objective, problem, seed, *, eta):\n    objective(problem.space.sample(__import__('numpy')"
        ".random.default_rng(eta)))\n\n\n"
        "def make(problem, seed, *, eta):\n    raise AssertionError\n\n\n"
        "class Needing:\n    def __init__(self, problem, seed, eta): ...\n    def ask(self): ...\n"
        "    def tell(self, told): ...\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("needing")
    point = metadata.EntryPoint("needing-plugin", "needing:Needing", plugins.GROUP)
    vars(point).update(dist=metadata.distribution("pytest"))
    monkeypatch.setattr(metadata, "entry_points", lambda group: [point] if group == plugins.GROUP else [])
    ways: list[Any] = ["needing-plugin", functools.partial(module.Needing)]
    for name in ("minimise", "make", "Needing"):
        ways += [f"{tmp_path / 'needing.py'}:{name}", f"needing:{name}", getattr(module, name)]
    for way in ways:
        for isolate in (False, True):
            if isolate and isinstance(way, functools.partial | str) and not str(way).startswith(str(tmp_path)):
                continue  # another process finds no module of this folder
            with pytest.raises(UsageError, match="needs the setting eta: --set eta=VALUE"):
                harness.run("cifar10", "bb", way, seeds=1, surrogates=toy_set, isolate=isolate)
    assert spec(toy_set, functools.partial(module.minimise, eta=3))[0].preset == {"eta": 3}
    with pytest.raises(UsageError, match="needs the setting eta: --set eta=VALUE"):
        assert Subject(module.Needing).cases


def test_settings_without_annotations_have_the_type_of_their_default(file: Path, toy_set: SurrogateSet) -> None:
    given = {"eta": "4", "rate": "1", "flag": "true", "mode": "7", "free": "2.5"}
    entry = registry.method(f"{file}:Mine")
    assert entry.check_settings(given) == {"eta": 4, "rate": 1.0, "flag": True, "mode": "7", "free": 2.5}
    for name, value in (("eta", "4.5"), ("flag", "3"), ("rate", "x")):
        with pytest.raises(UsageError, match=f"{name} = .* is not of the kind it takes"):
            entry.check_settings({name: value})
    with pytest.raises(UnknownName, match="unknown setting of Mine 'etta'"):
        entry.check_settings({"etta": "1"})
    anything = registry.method(f"{file}:optimize").check_settings(
        {"a": "1", "b": "0.5", "c": "none", "d": "x", "e": 3.0}
    )
    assert anything == {"a": 1, "b": 0.5, "c": None, "d": "x", "e": 3.0}
    assert isinstance(anything["e"], float)
