"""The table of NAS-Bench-201 as a parquet: a row per cell and data set, see the README of the reference data.

Columns: ``architecture`` (the benchmark's text), ``dataset``, ``valid_acc_200_seed0``..``2`` (one training each, the
third missing for about half of the cells), ``test_acc_200`` (their mean), ``valid_acc_12`` and ``test_acc_12`` (of one
training), ``runtime_200`` in seconds, ``size_MB``; accuracies in percent. 12 epochs take 12 / 200 of ``runtime_200``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from harness.errors import SpaceError
from harness.sources.tables.errors import BadValue, DuplicateKey, IncompleteEntry
from harness.sources.tables.keys import Radix
from harness.sources.tables.parquet import has_columns, read_columns
from harness.sources.tables.plan import Plan, Trainings
from harness.suites.publication import Publication
from protocols.nasbench201 import GOALS, REPORT, TASKS
from protocols.nasbench201.space import FIDELITIES, FULL, SPACE, from_text, to_text

IMPORTS = {"nasbench201": "nasbench201.parquet"}
SEEDS = tuple(f"valid_acc_200_seed{k}" for k in range(3))
NUMBERS = (*SEEDS, "test_acc_200", "valid_acc_12", "test_acc_12", "runtime_200", "size_MB")
ACCURACIES = NUMBERS[:-2]
ABOUT = {
    "what": "trainings of every cell of NAS-Bench-201, looked up; nothing is interpolated",
    "attribution": "Dong, Yang: NAS-Bench-201, ICLR 2020, https://github.com/D-X-Y/NAS-Bench-201",
}


def recognise(path: Path) -> str:
    """The name of the set that the file becomes; empty if the file is not this table."""
    return "nasbench201" if has_columns(path, ("architecture", "dataset", "runtime_200")) else ""


def read_plan(path: Path) -> Plan:
    """The table of all three tasks. ImportRefused says what is wrong; every cell must be there once per data set."""
    frame = read_columns(path, ("architecture", "dataset"), NUMBERS)
    for name in ACCURACIES:
        if not frame[name].dropna().between(0, 100).all():
            raise BadValue(f"{path}: column {name!r} has values outside 0 to 100; accuracies are in percent")
    names = frame["dataset"].str.lower()  # the benchmark also writes ImageNet16-120
    unknown = sorted(set(names) - set(TASKS))
    if unknown:
        raise BadValue(f"{path} has a data set {unknown[0]!r}; valid: {', '.join(TASKS)}")
    columns = [{"name": name, "levels": list(SPACE[name].choices)} for name in SPACE]  # type: ignore[union-attr]
    key = Radix(columns)
    try:
        codes = {text: key.one(from_text(text)) for text in frame["architecture"].unique()}
    except SpaceError as error:
        raise BadValue(f"{path}: {error}") from None
    tasks = {}
    for task in TASKS:
        rows = frame[names == task]
        doubled = rows["architecture"].duplicated()
        if doubled.any():
            raise DuplicateKey(f"{path} has two rows of {rows['architecture'][doubled].iloc[0]} on {task}; give one")
        if len(rows) < key.size:
            raise IncompleteEntry(f"{path} has {len(rows):,} of the {key.size:,} cells on {task}; it needs them all")
        tasks[task] = _trainings(rows, np.array([codes[text] for text in rows["architecture"]], np.int64))
    epochs = FIDELITIES["epoch"].choices  # type: ignore[union-attr]
    return Plan(
        suite="nasbench201", columns=[*columns, {"name": "epoch", "levels": list(epochs), "default": FULL["epoch"]}],
        full=FULL, price="runtime", goals=GOALS, tasks=tasks, about=ABOUT,
        name_of=lambda code: to_text(key.row(code)),
    )  # fmt: skip


def _trainings(rows: Any, keys: Any) -> Trainings:
    """The trainings of one task, metrics of shape (cells, [12, 200] epochs, 3 trials). Of 12 epochs only one training
    is known, and of the test accuracies only the mean.
    """
    empty = np.full((len(rows), 2, len(SEEDS)), np.nan)
    accuracy = empty.copy()
    accuracy[:, 0, 0] = rows["valid_acc_12"]
    accuracy[:, 1, :] = rows[list(SEEDS)]
    there = ~np.isnan(accuracy)

    def alike(short: Any, full: Any) -> Any:
        both = np.stack([np.asarray(short, np.float64), np.asarray(full, np.float64)], axis=1)
        return np.where(there, both[:, :, None], np.nan)

    seconds = rows["runtime_200"].to_numpy()
    return Trainings(
        keys,
        {
            "valid-acc": accuracy,
            REPORT: alike(rows["test_acc_12"], rows["test_acc_200"]),
            "runtime": alike(seconds * 12 / 200, seconds),
            "size_MB": alike(rows["size_MB"], rows["size_MB"]),
        },
        cards={
            "valid-acc": {"kind": "looked up", "note": "200 epochs: 2 or 3 trainings; 12 epochs: 1"},
            REPORT: {"kind": "looked up", "note": "mean over the trainings"},
            "runtime": {"kind": "looked up", "note": "12 epochs: 12/200 of the time of 200"},
            "size_MB": {"kind": "looked up"},
        },
    )


PUBLISHED = Publication(imports=IMPORTS, recognise=recognise, read_plan=read_plan)
