"""Reads the table of a declared suite: a parquet file with one row per training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from harness.base.parquet import layout_of, read_table, readable
from harness.benchmark.goals import MEAN
from harness.errors import SpaceError
from harness.sources.foreign.errors import DamagedFile, MissingPart
from harness.sources.tables.errors import BadValue, DuplicateKey, IncompleteEntry, MissingColumn
from harness.sources.tables.keys import Radix
from harness.sources.tables.making import MAX_TRIALS
from harness.sources.tables.plan import Plan, Trainings
from harness.suites.declaration import Declaration
from harness.suites.names import check_task
from harness.suites.values import levels_problem

Columns = dict[str, NDArray[Any]]
LEAST_VALUES, MOST_TIMES = 4_000_000, 64
"""Places for values of a metric that any table may have, and times its rows that a larger one may have."""


def read_plan(declared: Declaration) -> Plan:
    """The table of a declaration.

    MissingPart or DamagedFile if the parquet file cannot be read; MissingColumn, BadValue or DuplicateKey if its
    content is wrong.
    """
    columns = _columns(declared)
    levels = {name: list(given) or _levels(columns[name]) for name, given in declared.parameters.items()}
    steps = {name: _steps(declared, name, columns[name]) for name in declared.fidelities}
    for name, own in (*levels.items(), *steps.items()):
        if problem := levels_problem(own):
            raise BadValue(f"{declared.table}: column {name!r} {problem}")
    described: list[dict[str, Any]] = [{"name": name, "levels": own} for name, own in levels.items()]
    axes: list[dict[str, Any]] = [{"name": name, "levels": own} for name, own in steps.items()]
    key, fidelity = Radix(described), Radix(axes)
    tasks = {}
    for task, rows in _tasks(declared, columns):
        try:
            keys, at = key.many(rows), fidelity.many({name: rows[name] for name in (*steps, declared.price)})
        except SpaceError as error:
            raise BadValue(f"{declared.table}: {error}") from None
        tasks[task] = _trainings(declared, task, keys, at, fidelity.size, rows, key)
    full = {name: own[-1] for name, own in steps.items()}
    suite = {
        "title": declared.title, "parameters": described, "fidelities": axes, "full": full,
        "continues": declared.continues, "goals": [asdict(goal) for goal in declared.goals], "score": declared.score,
        "price": declared.price,
        "metrics": [*declared.metrics, *map(MEAN.format, declared.tests)], "budget": declared.budget,
        "seeds": declared.seeds, "tasks": list(tasks), "whole": all(len(t.keys) == key.size for t in tasks.values()),
    }  # fmt: skip
    return Plan(
        suite=declared.name, columns=[*described, *({**axis, "default": full[axis["name"]]} for axis in axes)],
        full=full, price=declared.price, goals=declared.goals, tasks=tasks,
        about={"what": declared.title or f"table of suite {declared.name}"},
        more={"declaration": suite}, name_of=lambda code: _shown(key, code),
    )  # fmt: skip


def _columns(declared: Declaration) -> Columns:
    path = declared.table
    inputs = [*declared.parameters, *declared.fidelities]
    others = [name for name in (declared.task_column, declared.trials) if name is not None]
    wanted = [*inputs, *declared.metrics, *others]
    with readable(
        lambda reason: DamagedFile(f"{path} is no readable parquet file ({reason}); write it again"),
        missing=MissingPart(f"there is no table {path}, which the declaration names"),
    ):
        layout = layout_of(path)
        missing = [name for name in wanted if name not in layout.names]
        if missing:
            raise MissingColumn(f"{path} has no column {missing[0]!r}; it has {', '.join(layout.names)}")
        for name in wanted:
            _check_kind(layout.field(name).type, name, path, name in declared.metrics)
        whole = read_table(path, wanted)
        columns = {name: _values(whole[name], name, path, name in declared.metrics) for name in wanted}
    if not whole.num_rows:
        raise MissingColumn(f"{path} has no row; it needs one per training")
    return columns


def _check_kind(kind: pa.DataType, name: str, path: Path, metric: bool) -> None:
    """MissingColumn for a column that holds something else than it must."""
    if metric:
        numbers = (
            pa.types.is_integer,
            pa.types.is_floating,
            pa.types.is_decimal,
            pa.types.is_boolean,
            pa.types.is_null,
        )
        if not any(fits(kind) for fits in numbers):
            raise MissingColumn(f"{path}: column {name!r} is a metric, but holds {kind}, not numbers")
        return
    kinds = (pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating, pa.types.is_string,
             pa.types.is_large_string, pa.types.is_dictionary, pa.types.is_null)  # fmt: skip
    if not any(fits(kind) for fits in kinds):
        raise MissingColumn(f"{path}: column {name!r} holds {kind}; it must hold numbers, texts or truth values")


def _values(column: pa.ChunkedArray, name: str, path: Path, metric: bool) -> NDArray[Any]:
    if metric:
        return np.asarray(column.cast(pa.float64()).to_numpy(), np.float64)
    if column.null_count:
        raise BadValue(f"{path}: column {name!r} has {column.null_count:,} empty cells; only metrics may be missing")
    words = column.to_pylist()
    if any(isinstance(word, str) for word in words):
        found = np.empty(len(words), object)  # an array of texts would be as wide as the longest
        found[:] = words
        return found
    values = np.asarray(words)
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise BadValue(f"{path}: column {name!r} has numbers that are not finite; only metrics may be missing")
    return values if values.dtype.kind in "biuf" else values.astype(object)


def _levels(values: NDArray[Any]) -> list[Any]:
    return sorted(set(values.tolist()))


def _steps(declared: Declaration, name: str, values: NDArray[Any]) -> list[Any]:
    """The levels of a fidelity, ascending."""
    if values.dtype.kind not in "iuf":
        raise BadValue(f"{declared.table}: fidelity {name!r} must be numbers; the largest is the full fidelity")
    if name == declared.continues and not values.min() > 0:
        raise BadValue(
            f"{declared.table}: {name!r} continues, so it must be above 0 in every row; it has {values.min()}"
        )
    return _levels(values)


def _tasks(declared: Declaration, columns: Columns) -> Iterator[tuple[str, Columns]]:
    if declared.task_column is None:
        yield str(declared.task), columns
        return
    names = columns[declared.task_column]
    for name in _levels(names):
        chosen = names == name
        yield check_task(str(name)), {column: values[chosen] for column, values in columns.items()}


def _trainings(
    declared: Declaration, task: str, keys: NDArray[np.int64], fidelity: NDArray[np.int64], fidelities: int,
    rows: Mapping[str, NDArray[Any]], key: Radix,
) -> Trainings:  # fmt: skip
    entries, row = np.unique(keys, return_inverse=True)
    if len(entries) * fidelities > len(keys):
        raise _incomplete(declared, task, row, fidelity, fidelities, key, entries)
    repeats = np.zeros(len(keys), np.int64)
    if declared.trials is not None:
        repeats = np.unique(rows[declared.trials], return_inverse=True)[1]
    cell = row * fidelities + fidelity
    order = np.lexsort((repeats, cell))
    same = np.diff(cell[order]) == 0
    twice = np.flatnonzero(same & (np.diff(repeats[order]) == 0))
    if len(twice):
        at = int(order[twice].min())
        told = [*declared.fidelities, *filter(None, [declared.trials])]
        said = " at " * bool(told) + ", ".join(f"{name} {rows[name][at]}" for name in told)
        hint = "declare the column that tells them apart as trials" if declared.trials is None else "give each once"
        raise DuplicateKey(f"{declared.table}: {task} has two rows of {_shown(key, int(keys[at]))}{said}; {hint}")
    # A trial's place is its rank among those of its entry and fidelity, whatever numbers the table gives them.
    starts = np.concatenate([[0], np.flatnonzero(~same) + 1])
    rank = np.arange(len(order)) - np.repeat(starts, np.diff([*starts, len(order)]))
    trials = int(rank.max()) + 1
    if trials > MAX_TRIALS:
        most = _shown(key, int(keys[order[int(rank.argmax())]]))
        raise BadValue(f"{declared.table}: {task} has {trials:,} trials of {most}; at most {MAX_TRIALS} can be kept")
    size = len(entries) * fidelities * trials
    if size > max(LEAST_VALUES, MOST_TIMES * len(keys)):
        raise BadValue(
            f"{declared.table}: {task} has {len(keys):,} rows for {size:,} places of {len(entries):,} entries at "
            f"{fidelities:,} fidelities with {trials} trials; give all entries about the same number of trials"
        )
    place = np.empty(len(order), np.int64)
    place[order] = cell[order] * trials + rank
    metrics = {}
    for name in declared.metrics:
        filled = np.full(len(entries) * fidelities * trials, np.nan)
        filled[place] = rows[name]
        metrics[name] = filled.reshape(len(entries), fidelities, trials)
    return Trainings(entries, metrics, means=declared.tests)


def _incomplete(
    declared: Declaration, task: str, row: NDArray[np.int64], fidelity: NDArray[np.int64], fidelities: int, key: Radix,
    entries: NDArray[np.int64],
) -> IncompleteEntry:  # fmt: skip
    """Names an entry that lacks a fidelity; there are fewer rows than entries and fidelities need."""
    have = np.bincount(np.unique(np.stack([row, fidelity]), axis=1)[0], minlength=len(entries))
    at = int(np.argmax(have < fidelities))
    return IncompleteEntry(
        f"{declared.table}: {task}: {_shown(key, int(entries[at]))} has {have[at]:,} of {fidelities:,} fidelities: "
        "there is no training at the others; every entry needs one at every fidelity"
    )


def _shown(key: Radix, code: int) -> str:
    """The configuration with a key, for a message."""
    return ", ".join(f"{name} = {level}" for name, level in key.row(code).items())
