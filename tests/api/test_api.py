"""The same from Python: ``harness.run`` and what it returns."""

# ruff: noqa: ARG001 - fixtures and methods whose arguments are given, not used

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import harness
from harness import registry
from harness.errors import HarnessError, SpaceError, UnknownName, UsageError
from harness.runs.api import Options
from harness.runs.selection import parse_seeds
from harness.sources.models.surrogates import SurrogateSet
from support.commands import harness_command


def test_the_line_of_the_readme(toy_set: SurrogateSet) -> None:
    results = harness.run(task="cifar10", setting="mf", method="hyperband", seeds=3, surrogates="toy")
    rows, path = results.evaluations(), results.trajectory()
    assert sorted(rows["seed"].unique()) == sorted(path["seed"].unique()) == [0, 1, 2]
    assert set(rows["epoch"]) <= {2, 7, 22, 66, 200}
    assert path.groupby("seed")["value"].last().between(5, 30).all()


def test_the_arguments_are_those_of_the_command_line() -> None:
    names = {*inspect.signature(harness.run).parameters, *Options.__annotations__}
    assert {
        "task", "setting", "objective", "method", "seeds", "fidelity", "from_scratch", "space", "surrogates", "workers",
        "jobs", "results", "rerun",
    } <= names  # fmt: skip


def test_the_default_set_is_the_embedded_one() -> None:
    assert inspect.signature(harness.run).parameters["surrogates"].default is None
    (record,) = harness.run("cifar10", "bb", seeds=1).records
    assert record.spec.surrogates == registry.suite().source == "lite-1"


def test_python_and_the_command_line_give_the_same_record(toy_set: SurrogateSet, tmp_path: Path) -> None:
    from support.record_bytes import unmeasured

    harness.run("cifar10", "mf", seeds=2, surrogates=toy_set, results=tmp_path / "python")
    answer = harness_command("run", "--task", "cifar10", "--setting", "mf", "--seeds", 2, "--surrogates", "toy",
                             "--results", tmp_path / "shell", "--json")  # fmt: skip
    assert answer.code == 0
    first, second = (next((tmp_path / name).rglob("*.parquet")) for name in ("python", "shell"))
    assert unmeasured(first) == unmeasured(second)
    (row,) = harness.load_results(tmp_path / "python").summary()
    assert json.loads(answer.out)["mean"] == row["mean"]


def test_without_a_folder_nothing_is_written(
    toy_set: SurrogateSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    kept = harness.run("cifar10", "bb", seeds=2, surrogates=toy_set)
    assert list(tmp_path.iterdir()) == []
    written = harness.run("cifar10", "bb", seeds=2, surrogates=toy_set, results="here")
    first, second = (r.evaluations().drop(columns="method_seconds") for r in (kept, written))
    assert first.equals(second)


def test_several_methods_and_all_settings(toy_set: SurrogateSet) -> None:
    results = harness.run("cifar10", "all", ["random-search", "hyperband"], seeds=1, surrogates=toy_set)
    assert [(r.spec.leaderboard.split("/")[2], r.spec.method) for r in results] == [
        ("bb", "random-search"), ("ca", "random-search"), ("mf", "random-search"), ("mf", "hyperband"),
        ("multi-mf", "random-search"),
    ]  # fmt: skip


def test_bb_and_ca_differ_in_nothing_for_random_search_but_their_seeds(toy_set: SurrogateSet) -> None:
    rows = harness.run("cifar10", "all", "random-search", seeds=1, surrogates=toy_set).evaluations()
    assert len(rows.groupby("leaderboard")["LearningRate"].first().unique()) == 4
    assert (rows["epoch"] == 200).all()


def test_a_failing_method_does_not_raise(toy_set: SurrogateSet, tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(
        "class M:\n    def __init__(self, problem, seed): pass\n    def ask(self): 1 / 0\n    def tell(self, o): pass\n"
    )
    results = harness.run("cifar10", "bb", f"{tmp_path / 'm.py'}:M", seeds=2, surrogates=toy_set)
    assert results.summary()[0]["failed"] == 2
    (record,) = results
    assert "ZeroDivisionError" in record.runs[0]["traceback"]


@pytest.mark.parametrize(
    ("seeds", "expected"),
    [(3, (0, 1, 2)), ("3", (0, 1, 2)), ("3-5", (3, 4, 5)), ("7-7", (7,)), ([4, 2], (4, 2)), (range(2), (0, 1))],
    ids=str,
)
def test_seeds(seeds: int | str | Iterable[int], expected: tuple[int, ...]) -> None:
    assert parse_seeds(seeds) == expected


@pytest.mark.parametrize(
    "seeds",
    [0, -1, "", "a", "1-", "-1", "3-1", "1-2-3", "1.5", [], [1, 1], [-1], ["1"], [1.0], 10**7, "0-1000000"],
    ids=str,
)
def test_seeds_that_are_none(seeds: Any) -> None:
    with pytest.raises(UsageError, match="seed"):
        parse_seeds(seeds)


@given(st.integers(0, 999), st.integers(0, 999))
def test_a_range_of_seeds_includes_both_ends(low: int, high: int) -> None:
    if low <= high:
        assert parse_seeds(f"{low}-{high}") == tuple(range(low, high + 1))
    else:
        with pytest.raises(UsageError):
            parse_seeds(f"{low}-{high}")


def test_errors_can_be_caught_by_one_name(toy_set: SurrogateSet) -> None:
    right: dict[str, Any] = {"task": "cifar10", "setting": "bb", "surrogates": toy_set}
    for wrong in ({"task": "cifar"}, {"setting": "fm"}, {"method": "hyperbnd"}, {"objective": "many"}, {"seeds": "x"}):
        with pytest.raises(HarnessError):
            harness.run(**(right | wrong))
    with pytest.raises(UnknownName, match="did you mean 'toy'"):
        harness.run("cifar10", "bb", surrogates="toi")
    with pytest.raises(SpaceError):
        harness.load_surrogates("toy").predict("cifar10", harness.run("cifar10", "bb", seeds=1, surrogates=toy_set)
                                               .evaluations().assign(epoch=0))  # fmt: skip


def test_evaluations_can_be_predicted_again(toy_set: SurrogateSet) -> None:
    """A record's rows are rows of the surrogate set: official names, official values."""
    rows = harness.run("cifar10", "mf", seeds=1, surrogates=toy_set).evaluations()
    predicted = toy_set.predict("cifar10", rows)
    assert all((predicted[metric] == rows[metric]).all() for metric in predicted)
