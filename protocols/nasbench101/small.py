"""Reads the small real table: cells of up to 5 vertices trained for 4 epochs, from EC-NAS-Bench (README of the data).

The table has two spaces. ``5V9E`` has all 2,532 cells of up to 5 vertices with one training each, evaluated halfway and
at the end. ``4V9E`` has the 91 cells of up to 4 vertices with three trainings each, evaluated at the end. The trainings
are not the benchmark's; EC-NAS-Bench made them with its own implementation.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.base.parquet import layout_of, read_table, readable
from harness.errors import UnknownName
from harness.sources.foreign.errors import DamagedFile, MissingPart
from protocols.nasbench101.cells import Cell
from protocols.nasbench101.columns import Cells, hash_order
from protocols.nasbench101.errors import BadRow, DuplicateTrial, HashMismatch, InvalidCell, UnequalTrials
from protocols.nasbench101.table import Table

SPACES = ("5V9E", "4V9E")
ACCURACIES = ("train_acc", "valid_acc", "test_acc")
HALF = ("valid_acc_2", "training_time_2")
TYPES = {
    **dict.fromkeys(("space", "hash", "adjacency", "labels"), "string"),
    **dict.fromkeys(("repeat", "parameters"), "int64"),
    **dict.fromkeys(("epochs", *ACCURACIES, "training_time", "energy_kWh", *HALF), "double"),
}
"""Column -> the type it is read as. Only the columns in ``HALF`` may be missing in a row."""


def read(path: Path, space: str = "5V9E") -> Table:
    """The table of one space: metrics (n, 1, trials, 2), NaN where nothing was measured halfway; energy in kWh.

    Raises ``UnknownName`` for another space, ``MissingPart`` or ``DamagedFile`` for a file that cannot be read, and
    ``BadRow``, ``HashMismatch``, ``DuplicateTrial`` or ``UnequalTrials`` for wrong contents.
    """
    if space not in SPACES:
        raise UnknownName("space", space, SPACES)
    columns = _columns(path, space)
    cells, parameters, row = _cells(path, columns)
    trials = _check_trials(path, cells, row, columns)
    order = hash_order(cells.hashes)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    place = rank[row] * trials + columns["repeat"] - 1

    def metric(end: str, halfway: str | None = None) -> NDArray[Any]:
        filled = np.full((len(order) * trials, 2), np.nan)
        filled[place, 1] = columns[end]
        if halfway is not None:
            filled[place, 0] = columns[halfway]
        return _narrow(filled).reshape(len(order), 1, trials, 2)

    energy = np.empty(len(place))
    energy[place] = columns["energy_kWh"]
    return Table(
        cells.take(order), parameters[order], (int(columns["epochs"][0]),),
        metric("training_time", "training_time_2"), metric("train_acc"),
        metric("valid_acc", "valid_acc_2"), metric("test_acc"), energy.reshape(len(order), 1, trials),
    )  # fmt: skip


def _columns(path: Path, space: str) -> dict[str, NDArray[Any]]:
    import pyarrow.compute as pc

    with readable(
        lambda reason: DamagedFile(f"{path} is not the small table ({reason}); copy it again"),
        missing=MissingPart(f"{path} is missing; check its name"),
    ):
        there = layout_of(path).names
        if missing := [name for name in ("space", *TYPES) if name not in there]:
            raise BadRow(f"{path} has no column {missing[0]}; it needs {', '.join(TYPES)}")
        whole = read_table(path, list(dict.fromkeys(("space", *TYPES))))
        frame = whole.filter(pc.equal(whole["space"], space))
        columns = {name: frame[name].cast(kind) for name, kind in TYPES.items()}
    if not frame.num_rows:
        raise BadRow(f"{path} has no row of space {space}; it needs at least one")
    if empty := [name for name, column in columns.items() if column.null_count and name not in HALF]:
        raise BadRow(f"{path} has rows without {empty[0]}; only {' and '.join(HALF)} may be missing")
    arrays = {name: column.to_numpy() for name, column in columns.items()}
    accuracies = np.stack([arrays[name] for name in ACCURACIES])
    if not ((accuracies >= 0) & (accuracies <= 1)).all():
        raise BadRow(f"{path} has accuracies outside 0 to 1; they must be fractions")
    for name in ("parameters", "epochs", "training_time"):
        if not ((arrays[name] > 0) & (arrays[name] < 1 << 31)).all():
            raise BadRow(f"{path} has {name} that are not above 0 and below 2,147,483,648")
    return arrays


def _cells(path: Path, columns: dict[str, NDArray[Any]]) -> tuple[Cells, NDArray[np.int32], NDArray[np.int64]]:
    """The cells in the order of their first rows, their parameters, and the number of the cell of every row."""
    index: dict[str, int] = {}
    cells: list[Cell] = []
    parameters: list[int] = []
    row = np.empty(len(columns["hash"]), dtype=np.int64)
    parts = [columns[name].tolist() for name in ("hash", "adjacency", "labels", "parameters")]
    for at, (name, matrix, labels, count) in enumerate(zip(*parts, strict=True)):
        try:
            cell = Cell.of(json.loads(matrix), json.loads(labels)).checked
        except InvalidCell as error:
            raise BadRow(f"row {at + 1} of {path} has no cell of the benchmark: {error}") from None
        except (ValueError, TypeError, RecursionError):
            raise BadRow(f"row {at + 1} of {path} has no matrix and labels written as JSON lists") from None
        if cell.hash != name:
            raise HashMismatch(
                f"row {at + 1} of {path} says that its cell has hash {name}, but the hash is {cell.hash}"
            )
        if name not in index:
            index[name] = len(cells)
            cells.append(cell)
            parameters.append(count)
        row[at] = index[name]
        if parameters[row[at]] != count:
            raise UnequalTrials(
                f"row {at + 1} of {path} has {count} parameters, another row of its cell has {parameters[row[at]]}"
            )
    return Cells.of(cells), np.array(parameters, dtype=np.int32), row


def _check_trials(path: Path, cells: Cells, row: NDArray[np.int64], columns: dict[str, NDArray[Any]]) -> int:
    """The number of trials that every cell has. Refuses rows whose repeats are not the same 1, 2, ... for every
    cell.
    """
    repeats = columns["repeat"]
    taken, counts = np.unique(np.stack([row, repeats]), axis=1, return_counts=True)
    if (counts > 1).any():
        name = cells.hash(int(taken[0, np.argmax(counts > 1)]))
        raise DuplicateTrial(f"{path} has two rows of cell {name} with the same repeat; each row must have its own")
    trials = int(repeats.max())
    if repeats.min() != 1 or (np.bincount(row) != trials).any() or len(np.unique(columns["epochs"])) != 1:
        raise UnequalTrials(f"{path} must have the same repeats 1 to {trials:,} and the same epochs for every cell")
    return trials


def _narrow(values: NDArray[np.float64]) -> NDArray[Any]:
    """The values as float32 if that changes none of them, else unchanged."""
    narrow = values.astype(np.float32)
    return narrow if np.array_equal(narrow, values, equal_nan=True) else values
