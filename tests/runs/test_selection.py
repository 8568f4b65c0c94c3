"""Seeds may be given however Python has whole numbers; nothing else is taken for one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import harness
from harness.errors import UsageError
from harness.runs.selection import Selection, parse_seeds
from harness.sources.models.surrogates import SurrogateSet


@pytest.mark.parametrize(
    "seeds",
    [
        3, np.int64(3), np.array(3), "3", "0-2", [0, 1, 2], (0, 1, 2), range(3), np.arange(3),
        pd.Series([0, 1, 2]), dict.fromkeys(range(3)), [np.uint8(0), np.int64(1), 2],
    ],
    ids=repr,
)  # fmt: skip
def test_three_seeds_in_many_ways(seeds: Any) -> None:
    found = parse_seeds(seeds)
    assert found == (0, 1, 2)
    assert {type(seed) for seed in found} == {int}


@pytest.mark.parametrize(
    "seeds",
    [
        True, np.True_, [True, False], np.array([True]), 0.5, [0.1, 0.2, 0.3], np.array([[0, 1]]), ["0"], [None], None,
        [], 0, -1, [-1], [10**6], [1, 1], [1, 1.0], 3.0, np.arange(3.0), float("nan"), [float("nan")], ..., "x",
        np.array(3.0), b"3",
        "3-1",
    ],
    ids=repr,
)  # fmt: skip
def test_what_are_no_seeds_is_said(seeds: Any) -> None:
    with pytest.raises(UsageError, match="seed"):
        parse_seeds(seeds)


def endless() -> Any:
    seed = 0
    while True:
        yield seed
        seed += 1


def test_an_endless_generator_is_refused() -> None:
    with pytest.raises(UsageError, match="0, 1, 2, 3, 4, 5, 6, 7, 8, 9, \\.\\.\\."):
        parse_seeds(endless())


def test_a_generator_serves_every_job(toy_set: SurrogateSet) -> None:
    selection = Selection("cifar10", "bb", seeds=(seed for seed in range(2)))
    assert [job.seeds for _ in range(2) for job in selection.jobs(toy_set)] == [(0, 1)] * 2


@pytest.mark.parametrize("make", [lambda: np.arange(2), lambda: range(2), lambda: iter([0, 1]), lambda: np.int64(2)])
def test_runs_of_seeds_in_many_ways(make: Callable[[], Any], toy_set: SurrogateSet) -> None:
    results = harness.run("cifar10", "bb", seeds=make(), surrogates=toy_set)
    assert [sorted(record.runs) for record in results] == [[0, 1]]


def test_seeds_of_many_digits_are_refused_in_a_sentence() -> None:
    for seeds in (10**5000, [10**5000], -(10**5000), "1" * 5000, "0-" + "9" * 5000, 10**6 + 1):
        with pytest.raises(UsageError, match="seeds") as refusal:
            parse_seeds(seeds)
        assert len(str(refusal.value)) < 500


def numpys(value: int) -> Any:
    return np.int64(value)


@pytest.mark.parametrize("workers", [3, numpys(3), 3.0, np.array(3)], ids=repr)
def test_three_workers_in_many_ways(workers: Any, toy_set: SurrogateSet, tmp_path: Path) -> None:
    """They are part of the record, which knows integers of Python alone."""
    results = harness.run("cifar10", "bb", workers=workers, seeds=1, surrogates=toy_set, results=tmp_path)
    assert [record.spec.workers for record in results] == [3]


@pytest.mark.parametrize(
    ("argument", "values"),
    {
        "workers": [0, -1, 1.5, True, "2", float("nan"), float("inf"), 10**9, 10**5000, [1]],
        "jobs": [0, -2, 1.5, True, "2", float("nan"), 10**6, 10**5000, [1], None],
        "settings": [[1], "eta", 5, {1: 2}],
        "from_scratch": ["no", 1, None],
        "method": [1, ["random-search", 1], {"random-search": 1, 2: 3}.keys(), 0.5],
        "suite": [1, ["jahs"], ("jahs",)], "protocol": [1, ["async"]], "preset": [1, ["x"]],
        "fidelity": [1, ["epoch"]], "space": [1, ["hpo"]],
        "results": [1, "a\0b", "x" * 5000, ["x"]],
    }.items(),
)  # fmt: skip
def test_an_argument_of_another_type_is_named_in_a_sentence(
    argument: str, values: list[Any], toy_set: SurrogateSet
) -> None:  # fmt: skip
    for value in values:
        given: dict[str, Any] = {"seeds": 1, "surrogates": toy_set, "jobs": 1, argument: value}
        with pytest.raises(UsageError, match=argument) as refusal:
            harness.run("cifar10", "bb", **given)
        assert len(str(refusal.value)) < 500
