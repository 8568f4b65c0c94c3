"""All that is public can be copied and sent to another process, also after it was used."""

# ruff: noqa: ARG001 - fixtures that are given, not used

from __future__ import annotations

import contextlib
import copy
import importlib
import pickle
import pkgutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import harness
from harness import errors, registry
from harness.benchmark.source import Source
from harness.errors import HarnessError, MixedScores, StorageError, TooFewSeeds, UnknownName, UsageError
from harness.reports.studies import catalogue
from harness.runs.curves import curves
from harness.runs.pairing import pair
from harness.sources.live.function import FunctionSource, FunctionTask
from harness.sources.models.surrogates import SurrogateSet
from harness.sources.perturbations import Delay, Failure, Noise, Shift
from harness.sources.shelf import remove
from harness.statistics import scores
from harness.testing import CHECKS, Failed, NotApplicable, Subject
from support import made_suite
from support.imports import import_table

WAYS: dict[str, Callable[[Any], Any]] = {
    "pickle": lambda thing: pickle.loads(pickle.dumps(thing)),
    "cloudpickle": lambda thing: pickle.loads(pytest.importorskip("cloudpickle").dumps(thing)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


@pytest.fixture(params=WAYS)
def again(request: pytest.FixtureRequest) -> Callable[[Any], Any]:
    """A way to make a copy."""
    return WAYS[request.param]


def loss(row: Any) -> dict[str, float]:
    return {"loss": float(row["x"]), "seconds": 1.0}


def function() -> FunctionSource:
    return FunctionSource(
        "copies", {"t": FunctionTask(loss, ("loss", "seconds"), {"mean_runtime": 1.0})},
        [{"name": "x", "low": 0.0, "high": 1.0}], version="1",
    )  # fmt: skip


@pytest.fixture(scope="module")
def table(data_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    made = import_table(made_suite.write(tmp_path_factory.mktemp("copies")))
    yield made
    remove(made.name)


SOURCES: dict[str, Callable[[Source, Source], Source]] = {
    "set": lambda made, _: made,
    "table": lambda _, table: table,
    "function": lambda *_: function(),
    "noise": lambda made, _: Noise(made, {"valid-acc": 1.0}),
    "delay": lambda _, table: Delay(table, price="seconds"),
    "failure": lambda made, _: Failure(made, 0.2),
    "shift": lambda made, _: Shift(made, {"LearningRate": 0.1, "N": 1}),
    "two": lambda _, table: Noise(Shift(table, {"width": 1}), {"valid": 1.0}),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_sources_and_their_answers(
    kind: str, again: Callable[[Any], Any], toy_set: SurrogateSet, table: Source
) -> None:
    source = SOURCES[kind](toy_set, table)
    task = source.tasks[0]
    rng = np.random.default_rng(3)
    rows = [{c["name"]: c["levels"][int(rng.integers(len(c["levels"])))] if "levels" in c else c["high"]
             for c in source.columns} for _ in range(5)]  # fmt: skip
    before = source.predict(task, rows).to_numpy()
    oracle = source.oracle(task, source.metrics(task), np.random.default_rng(0))
    oracle.one(rows[0])
    other, told = again(source), again(oracle)
    if again is copy.copy:  # it shares what it draws from
        told = pickle.loads(pickle.dumps(oracle))
    assert (other.name, other.hash) == (source.name, source.hash)
    assert np.array_equal(other.predict(task, rows).to_numpy(), before, equal_nan=True)
    expected = [oracle.one(row) for row in rows * 30]
    assert np.array_equal([told.one(row) for row in rows * 30], expected, equal_nan=True)


def test_an_answer_goes_on_whether_asked_one_by_one_or_at_once(table: Source) -> None:
    rows = [{"width": 8, "depth": 1, "act": "relu", "epochs": 9}] * 150
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    metrics = table.metrics("toy")
    one, mixed = (table.oracle("toy", metrics, np.random.default_rng(1)) for _ in range(2))
    expected = [one.one(row) for row in rows]
    first = [mixed.one(row) for row in rows[:10]]
    middle = mixed.many({name: values[10:100] for name, values in columns.items()}).tolist()
    last = [mixed.one(row) for row in rows[100:]]
    assert [*first, *middle, *last] == expected


def test_results_and_what_is_made_of_them(again: Callable[[Any], Any], toy_set: SurrogateSet) -> None:
    results = harness.run("cifar10", "mf", seeds=2, surrogates=toy_set)
    results.summary()
    other = again(results)
    assert other.trajectory().equals(results.trajectory())
    assert other.evaluations().equals(results.evaluations())
    assert again(results.records[0]).spec == results.records[0].spec
    assert (again(curves(results.records[0])).values == curves(results.records[0]).values).all()
    (board,) = scores(results.trajectory()).values()
    assert (again(board).paired() == board.paired()).all()


def test_suites_studies_and_methods(again: Callable[[Any], Any], table: Source) -> None:
    for name in registry.suites():
        suite = registry.suite(name)
        assert list(again(suite).leaderboards) == list(suite.leaderboards)
        for rules in suite.protocols.values():
            for board in rules.leaderboards.values():
                assert again(board).id == board.id
        again(registry.publication(name)) if name in registry.shipped_suites() else None
    for study in catalogue().values():
        assert again(study).arms() == study.arms()
    for entry in registry.methods().values():
        assert again(entry) == entry


def test_the_parts_of_a_run(again: Callable[[Any], Any], toy_set: SurrogateSet) -> None:
    pairing = pair(registry.leaderboard("cifar10", "multi", "mf"), toy_set, registry.method("hyperband"))
    problem = pairing.problem(0)
    other = again(pairing)
    assert other.problem(0).space.sample(np.random.default_rng(0)) == problem.space.sample(np.random.default_rng(0))
    assert again(problem).full == problem.full
    observation = harness.Observation(0, {"x": 1}, {"epoch": 3}, (0.5,), None)
    assert again(observation) == observation
    assert again(harness.Proposal({"x": 1})) == harness.Proposal({"x": 1})
    assert again(harness.Objective("a", maximize=True)) == harness.Objective("a", maximize=True)
    assert again(harness.Capabilities()) == harness.Capabilities()
    assert str(again(Subject("random-search"))) == "random-search"
    assert [check.name for check in again(CHECKS)] == [check.name for check in CHECKS]


def kinds(base: Any) -> Iterator[Any]:
    for kind in base.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_errors_say_the_same_elsewhere(again: Callable[[Any], Any]) -> None:
    for found in pkgutil.walk_packages(harness.__path__, "harness."):
        if not found.name.startswith(("harness.testing.suite", "harness.reports")):
            with contextlib.suppress(UsageError):  # the forms of other frameworks need these
                importlib.import_module(found.name)
    made: list[Exception] = [
        UnknownName("task", "cifar", ["cifar10"]), TooFewSeeds("a test", have=1, need=5),
        MixedScores("view", ["a", "b"]), StorageError.of(Path("x"), OSError(28, "no space")),
        errors.WorkerError("lost", "a trace"),
        Failed("no", "a trace"), NotApplicable("why"), errors.SlowPathWarning("slow"),
    ]  # fmt: skip
    special: set[Any] = {type(error) for error in made}
    further: list[Any] = [kind for kind in (HarnessError, *kinds(HarnessError)) if kind not in special]
    made += [kind("a message") for kind in further]
    assert len(made) > 30
    for error in made:
        other = again(error)
        assert type(other) is type(error)
        assert (str(other), vars(other)) == (str(error), vars(error))


def test_every_public_name(again: Callable[[Any], Any]) -> None:
    for name in harness.__all__:
        assert again(getattr(harness, name)) is getattr(harness, name)


def answer(source: Source, task: str, row: dict[str, Any]) -> dict[str, float]:
    return source.query(task, row)


def refuse(_: int) -> None:
    raise UnknownName("task", "cifar", ["cifar10"])


def test_other_processes(toy_set: SurrogateSet, table: Source) -> None:
    row = {"width": 8, "depth": 1, "act": "relu"}
    table.query("toy", row)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(answer, table, "toy", row).result() == table.query("toy", row)
        with pytest.raises(UnknownName, match="did you mean 'cifar10'"):
            pool.submit(refuse, 0).result()
