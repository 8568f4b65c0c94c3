"""Checks that a source names its columns, tasks and metrics, and refuses names and values that it does not have."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial

from harness.base.seeding import derive_generator
from harness.benchmark.source import Source
from harness.errors import SpaceError, UnknownName
from harness.testing.sources.asking import NONSENSE, must_equal, must_refuse, rows_of, sample
from harness.testing.subject import Failed


def named(source: Source) -> None:
    """Has a name, a hash, columns, tasks and metrics, and the price of a mean full evaluation."""
    if not source.name or not isinstance(source.hash, str):
        raise Failed(
            f"its name is {source.name!r} and its hash {source.hash!r}; both must be texts, the name not empty"
        )
    names = [column["name"] for column in source.columns]
    if len(set(names)) < len(names):
        raise Failed(f"its columns are {', '.join(map(str, names))}; no two may have one name")
    if not source.tasks:
        raise Failed("it has no task")
    for task in source.tasks:
        if not source.metrics(task) or len(set(source.metrics(task))) < len(source.metrics(task)):
            raise Failed(f"{task}: its metrics are {source.metrics(task)!r}; it needs some, each once")
        mean = source.constants(task).get("mean_runtime")
        if mean is not None and not (math.isfinite(mean) and mean > 0):
            raise Failed(f"{task}: mean_runtime is {mean!r}; it must be a positive number of seconds")


def cards(source: Source) -> None:
    """Has a card for every metric, which is a mapping."""
    for task in source.tasks:
        for metric in source.metrics(task):
            if not isinstance(source.card(task, metric), Mapping):
                raise Failed(f"{task}: the card of {metric} is no mapping")


def bounds(source: Source) -> None:
    """Refuses a value outside its column, in a frame and in one row, naming the column."""
    frame = sample(source, 2)
    row = rows_of(frame)[0]
    task = source.tasks[0]
    for spec in source.columns:
        name, wrong = str(spec["name"]), NONSENSE if "levels" in spec else spec["high"] + 1
        spoiled = frame.assign(**{name: [wrong] * len(frame)})
        must_refuse(partial(source.predict, task, spoiled), SpaceError, name, f"predict with {name} = {wrong!r}")
        asked = {**row, name: wrong}
        must_refuse(partial(source.query, task, asked), SpaceError, name, f"query with {name} = {wrong!r}")


def missing(source: Source) -> None:
    """Takes the default of a column that is left out, and refuses rows without a column that has none."""
    frame = sample(source, 4)
    for task in source.tasks:
        for spec in source.columns:
            name = str(spec["name"])
            without = frame.drop(columns=name)
            if "default" in spec:
                must_equal(
                    f"{task}: without {name}", source.predict(task, frame.assign(**{name: spec["default"]})).to_numpy(),
                    source.predict(task, without).to_numpy(),
                )  # fmt: skip
            else:
                must_refuse(partial(source.predict, task, without), SpaceError, name, f"predict without {name}")
                row = rows_of(without)[0]
                must_refuse(partial(source.query, task, row), SpaceError, name, f"query without {name}")


def unknown_names(source: Source) -> None:
    """Says that it does not know a task or a metric."""
    frame, task = sample(source, 1), source.tasks[0]
    rng = derive_generator("conformance")
    asked: dict[str, Callable[[], object]] = {
        "metrics": lambda: source.metrics(NONSENSE), "constants": lambda: source.constants(NONSENSE),
        "card": lambda: source.card(task, NONSENSE), "predict": lambda: source.predict(NONSENSE, frame),
        "predict of a metric": lambda: source.predict(task, frame, [NONSENSE]),
        "oracle": lambda: source.oracle(task, [NONSENSE], rng), "means": lambda: source.means(NONSENSE),
    }  # fmt: skip
    for what, ask in asked.items():
        must_refuse(ask, UnknownName, NONSENSE, f"{what} with an unknown name")
