"""Questions to a source as people write them: rows in many forms, numbers in many types, names with mistakes."""

# ruff: noqa: ARG001 - fixtures that are given, not used

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest

from harness.benchmark.source import Source
from harness.benchmark.space import Categorical, Float
from harness.errors import HarnessError, SpaceError, UnknownName
from harness.sources.live.function import FunctionSource, FunctionTask
from harness.sources.models.surrogates import SurrogateSet
from harness.sources.perturbations import Shift
from harness.sources.shelf import remove
from harness.sources.tables.table import TableSource
from support import made_suite
from support.imports import import_table

ROW: dict[str, Any] = {
    "LearningRate": 0.1, "WeightDecay": 5e-4, "Activation": "Mish", "TrivialAugment": True,
    "Op1": 0, "Op2": 1, "Op3": 2, "Op4": 3, "Op5": 4, "Op6": 2,
}  # fmt: skip


def seen(row: Any) -> dict[str, float]:
    """A function that answers in detail what it was asked."""
    assert type(row["depth"]) is int
    assert type(row["epoch"]) is int
    assert type(row["share"]) is float
    return {"loss": row["depth"] + row["share"], "seconds": float(row["epoch"])}


FUNCTION = FunctionSource(
    "seen", {"task": FunctionTask(seen, ("loss", "seconds"), {"mean_runtime": 1.0})},
    [
        {"name": "depth", "low": 1, "high": 8, "integer": True}, {"name": "share", "levels": [0.1, 0.5, 1.0]},
        {"name": "epoch", "levels": [1, 3, 9], "default": 9},
    ],
    version="1",
)  # fmt: skip


@pytest.fixture(scope="module")
def table(data_directory: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TableSource]:
    folder = tmp_path_factory.mktemp("asking")
    made = import_table(made_suite.write(folder))
    assert isinstance(made, TableSource)
    yield made
    remove(made.name)


@pytest.mark.parametrize("more", [{}, {"epoch": 20, "N": 1}])
def test_rows_come_in_many_forms(more: dict[str, Any], toy_set: SurrogateSet) -> None:
    row = ROW | more
    frame = pd.DataFrame([row])
    expected = toy_set.predict("cifar10", frame).to_numpy()
    for rows in (row, pd.Series(row), [row], (pd.Series(row),), iter([row]), {k: [v] for k, v in row.items()}):
        found = toy_set.predict("cifar10", rows)
        assert isinstance(found, pd.DataFrame)
        assert (found.to_numpy() == expected).all()
    assert list(toy_set.query("cifar10", pd.Series(row)).values()) == expected[0].tolist()


def test_a_series_keeps_its_name_as_the_index(toy_set: SurrogateSet) -> None:
    frame = pd.DataFrame([ROW, ROW], index=[7, 9])
    assert list(toy_set.predict("cifar10", frame.iloc[1]).index) == [9]


def test_a_mapping_of_columns_with_one_value_for_all_rows(toy_set: SurrogateSet) -> None:
    found = toy_set.predict("cifar10", ROW | {"epoch": [20, 200]}, "runtime")
    assert found["runtime"].is_monotonic_increasing
    assert found.shape == (2, 1)


def test_an_array_without_a_dimension_is_no_list_of_metrics(toy_set: SurrogateSet) -> None:
    with pytest.raises(SpaceError, match="must be a name or a list of names"):
        toy_set.query("cifar10", ROW, np.array(1))


@pytest.mark.parametrize("rows", ["text", 7, None, [1, 2], object(), np.array(1), np.ones((3, 3))])
def test_what_are_no_rows_is_said(rows: Any, toy_set: SurrogateSet) -> None:
    with pytest.raises(SpaceError, match="rows must be a DataFrame") as caught:
        toy_set.predict("cifar10", rows)
    assert str(caught.value).isprintable()
    with pytest.raises(SpaceError, match="a row is a mapping"):
        toy_set.query("cifar10", rows)


def test_a_column_that_is_there_twice_is_named(toy_set: SurrogateSet) -> None:
    frame = pd.DataFrame([ROW])
    with pytest.raises(SpaceError, match="'Op1' is there twice"):
        toy_set.predict("cifar10", pd.concat([frame, frame[["Op1"]]], axis=1))


def test_a_text_is_one_metric(toy_set: SurrogateSet, table: TableSource) -> None:
    frame = pd.DataFrame([ROW])
    assert list(toy_set.predict("cifar10", frame, "valid-acc")) == ["valid-acc"]
    assert list(toy_set.query("cifar10", ROW, "valid-acc")) == ["valid-acc"]
    sources: list[tuple[Source, str, str]] = [
        (toy_set, "cifar10", "valid-acc"), (table, "toy", "valid"), (FUNCTION, "task", "loss"),
        (Shift(FUNCTION, {"share": 1}), "task", "loss"),
    ]  # fmt: skip
    for source, task, metric in sources:
        assert source.means(task, metric).metrics == (metric,)
        assert source.oracle(task, metric, np.random.default_rng(0)).metrics == (metric,)
    with pytest.raises(UnknownName, match="unknown metric of task cifar10 'valid'"):
        toy_set.predict("cifar10", frame, "valid")


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("epochs", "epoch"), ("Epoch", "epoch"), ("nepochs", "epoch"), ("n", "N"), ("w", "W"),
        ("resolution", "Resolution"),
        ("learningrate", "LearningRate"), ("learning_rate", "LearningRate"), ("Learning-Rate", "LearningRate"),
        ("weight decay", "WeightDecay"), ("optimiser", "Optimizer"),
    ],
)  # fmt: skip
def test_a_misspelt_column_is_an_error_that_names_the_nearest(wrong: str, right: str, toy_set: SurrogateSet) -> None:
    row = ROW | {wrong: 1}
    row.pop(right, None)
    message = re.escape(f"{wrong!r} is no column; the nearest is {right!r}")
    with pytest.raises(SpaceError, match=message):
        toy_set.predict("cifar10", pd.DataFrame([row]))
    with pytest.raises(SpaceError, match=message):
        toy_set.query("cifar10", row)


def test_other_columns_may_be_passed_along(toy_set: SurrogateSet) -> None:
    names = [*toy_set.metrics("cifar10"), "leaderboard", "surrogates", "method", "seed", "trial", "price", "worker",
             "start", "end", "counted", "method_seconds", "note", "Unnamed: 0", 7]  # fmt: skip
    row: dict[Any, Any] = {**ROW, **dict.fromkeys(names, 1.0)}
    expected = toy_set.query("cifar10", ROW)
    assert toy_set.query("cifar10", row) == expected
    assert toy_set.predict("cifar10", pd.DataFrame([row])).iloc[0].to_dict() == expected


@pytest.mark.parametrize("kind", [float, np.float64, np.float32, np.int64, np.uint8])
def test_whole_numbers_mean_the_integer(kind: Any, toy_set: SurrogateSet, table: TableSource) -> None:
    given = ROW | {"epoch": kind(20), "N": kind(3), "Op2": kind(1)}
    plain = ROW | {"epoch": 20, "N": 3}
    assert toy_set.query("cifar10", given) == toy_set.query("cifar10", plain)
    expected = toy_set.predict("cifar10", pd.DataFrame([plain])).to_numpy()
    assert (toy_set.predict("cifar10", pd.DataFrame([given])).to_numpy() == expected).all()
    entry = {"width": kind(8), "depth": kind(1), "act": "relu", "epochs": kind(3)}
    whole = entry | {"width": 8, "depth": 1, "epochs": 3}
    assert table.query("toy", entry) == table.query("toy", whole)
    assert table.predict("toy", entry).equals(table.predict("toy", whole))
    asked = {"depth": kind(2), "share": 0.5, "epoch": kind(3)}
    assert FUNCTION.query("task", asked) == {"loss": 2.5, "seconds": 3.0}
    assert FUNCTION.predict("task", asked)["loss"].tolist() == [2.5]


def test_a_narrow_number_is_the_level_that_it_rounds(toy_set: SurrogateSet) -> None:
    kind = np.float32
    asked = {"depth": 1, "share": kind(0.1)}
    assert FUNCTION.query("task", asked)["loss"] == 1.1
    assert FUNCTION.predict("task", asked)["loss"].tolist() == [1.1]
    frame = pd.DataFrame([asked] * 2).astype({"share": np.float32})
    assert FUNCTION.predict("task", frame)["loss"].tolist() == [1.1, 1.1]
    assert FUNCTION.predict("task", pd.DataFrame([asked]).astype({"share": object}))["loss"].tolist() == [1.1]
    low = ROW | {"WeightDecay": kind(1e-5)}  # rounds to less than the range's end
    assert toy_set.query("cifar10", low) == toy_set.query("cifar10", ROW | {"WeightDecay": 1e-5})
    assert toy_set.predict("cifar10", low).equals(toy_set.predict("cifar10", ROW | {"WeightDecay": 1e-5}))
    assert Categorical("share", (0.1, 0.5)).check(kind(0.1)) == Float("x", 1e-5, 0.1).check(kind(1e-5)) * 1e4 == 0.1


@pytest.mark.parametrize(
    "wrong",
    [
        {"LearningRate": 50}, {"LearningRate": "0.1"}, {"LearningRate": True}, {"LearningRate": float("nan")},
        {"LearningRate": None}, {"epoch": 20.5}, {"epoch": 0}, {"epoch": "20"}, {"epoch": True}, {"Op1": 1.5},
        {"Op1": True}, {"Op1": "1"}, {"TrivialAugment": 1}, {"Activation": 1}, {"N": np.float32(1.1)},
        {"Resolution": np.float32(0.3)}, {"Op1": [1]},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_outside_is_named_by_both(wrong: dict[str, Any], toy_set: SurrogateSet) -> None:
    (name,) = wrong
    with pytest.raises(SpaceError, match=f"{name} = "):
        toy_set.query("cifar10", ROW | wrong)
    frame = pd.DataFrame([ROW]).astype({name: object}) if name in ROW else pd.DataFrame([ROW])
    frame[name] = pd.Series([wrong[name]], dtype=object)
    with pytest.raises(SpaceError, match=f"{name} = "):
        toy_set.predict("cifar10", frame)


def test_a_missing_fidelity_is_the_full_one(toy_set: SurrogateSet, table: TableSource) -> None:
    assert toy_set.query("cifar10", ROW) == toy_set.query("cifar10", ROW | {"epoch": 200, "N": 5, "Optimizer": "SGD"})
    entry = {"width": 8, "depth": 1, "act": "relu"}
    assert table.query("toy", entry) == table.query("toy", entry | {"epochs": 9})


@pytest.mark.parametrize("kind", ["models", "function", "table"])
@pytest.mark.parametrize("metrics", [[], (), 5, [["a"]], [None], np.nan])
def test_metrics_that_are_none_are_refused(
    kind: str, metrics: Any, toy_set: SurrogateSet, table: TableSource
) -> None:  # fmt: skip
    source: Source = {"models": toy_set, "function": FUNCTION, "table": table}[kind]
    for ask in (source.predict, source.query):
        with pytest.raises(HarnessError, match="metric"):
            ask(source.tasks[0], {}, metrics)


@pytest.mark.parametrize("kind", ["models", "function", "table"])
@pytest.mark.parametrize("task", [["task"], {"depth": 1}, pd.DataFrame({"depth": [1]}), np.zeros(2), None, 1])
def test_a_task_that_is_no_name_is_refused(
    kind: str, task: Any, toy_set: SurrogateSet, table: TableSource
) -> None:  # fmt: skip
    """As where task and rows are given in the wrong order."""
    source: Source = {"models": toy_set, "function": FUNCTION, "table": table}[kind]
    for ask in (source.predict, source.query):
        with pytest.raises(UnknownName, match="task"):
            ask(task, {"depth": 2})


@pytest.mark.parametrize(
    "value",
    [np.array([0.1]), [0.1], (0.1,), Decimal("0.1"), Fraction(1, 10), 0.1 + 0j, pd.NaT, None, 10**400, 10**5000],
    ids=lambda value: type(value).__name__,
)
def test_predict_and_query_refuse_the_same_values(value: Any, toy_set: SurrogateSet) -> None:
    row = {**ROW, "LearningRate": value}
    with pytest.raises(SpaceError, match=r"LearningRate = .* is outside its range"):
        toy_set.query("cifar10", row)
    if not isinstance(value, np.ndarray | list | tuple):  # columns
        with pytest.raises(SpaceError, match=r"LearningRate = .* is outside its range"):
            toy_set.predict("cifar10", row)


def test_an_array_without_a_dimension_is_its_value(toy_set: SurrogateSet) -> None:
    row = {**ROW, "LearningRate": np.array(0.1), "Op1": np.array(0)}
    assert toy_set.query("cifar10", row) == toy_set.query("cifar10", ROW)
    assert toy_set.predict("cifar10", row).equals(toy_set.predict("cifar10", ROW))
    assert toy_set.predict("cifar10", [row, row]).equals(toy_set.predict("cifar10", [ROW, ROW]))


def test_columns_of_different_lengths_are_refused(toy_set: SurrogateSet) -> None:
    with pytest.raises(SpaceError, match="columns do not make a frame"):
        toy_set.predict("cifar10", {**{name: [value] for name, value in ROW.items()}, "Op1": [0, 1]})
