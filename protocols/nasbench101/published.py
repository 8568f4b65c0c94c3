"""The tables that the authors of NAS-Bench-101 published, and the small table, as sets of the harness."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.sources.obtain.archive import Archive
from harness.sources.tables.parquet import has_columns
from harness.sources.tables.plan import Plan, Trainings
from harness.suites.publication import Publication
from protocols.nasbench101 import EPOCHS, GOALS, SMALL, VERTICES, official, small
from protocols.nasbench101.cells import OPERATIONS, Cell
from protocols.nasbench101.enumerate import CellIndex
from protocols.nasbench101.space import Encoding
from protocols.nasbench101.table import END, Table

FULL, ONLY_108 = "nasbench101", "nasbench101-only108"
ARCHIVES = {
    name: Archive(
        name=name,
        # The addresses in the README of github.com/google-research/nasbench.
        url=f"https://storage.googleapis.com/nasbench/{file}",
        variable=f"HARNESS_{file.partition('.')[0].upper()}_URL",
        single=file,
        sha256=official.SHA256[file],
    )
    for name, file in ((FULL, "nasbench_full.tfrecord"), (ONLY_108, "nasbench_only108.tfrecord"))
}
IMPORTS = {SMALL: "nasbench101_small.parquet"}
SPACES = {"small4": "5V9E", "tiny4": "4V9E"}
"""Task -> the space of the small table that it uses."""
CELLS = {"cifar10": 423_624, "mini": 64_542, "small4": 2_532, "tiny4": 91}
"""Task -> the number of its cells (Section 2.2)."""
ABOUT = {
    "what": "trainings of cells of NAS-Bench-101, looked up; nothing is interpolated",
    "attribution": "Ying, Klein, Real, Christiansen, Murphy, Hutter: NAS-Bench-101, ICML 2019, "
    "https://github.com/google-research/nasbench (Apache-2.0)",
}
ABOUT_SMALL = {
    "what": "4-epoch trainings of the cells of NAS-Bench-101 with at most 5 vertices, looked up",
    "attribution": "Bakhtiarifard, Igel, Selvan: EC-NAS, https://github.com/saintslab/EC-NAS-Bench (MIT)",
}


def recognise(path: Path) -> str:
    """The name of the set that the file becomes; empty if the file is none of these tables."""
    if ".tfrecord" in path.suffixes:  # compressed files too, so that the reader can refuse them with a reason
        return ONLY_108 if "108" in path.name else FULL
    return SMALL if has_columns(path, ("hash", "adjacency", "labels", "valid_acc")) else ""


def read_plan(path: Path) -> Plan:
    """The tables in a file. ImportRefused names the wrong record and its fault."""
    if path.suffix == ".parquet":
        tables: Mapping[str, Table] = {task: small.read(path, space) for task, space in SPACES.items()}
        return _plan(tables, (4,), ABOUT_SMALL, _lacks(tables))
    whole = official.read(path)
    tables = {"cifar10": whole, "mini": whole.take(np.flatnonzero(whole.cells.vertices <= VERTICES["mini"]))}
    return _plan(tables, whole.epochs, ABOUT, _lacks(tables))


def _lacks(tables: Mapping[str, Table]) -> str:
    """The part of the published tables that these tables lack, as a text; empty if they are complete. A file may end
    between the records of two cells.
    """
    for task, table in tables.items():
        if len(table) < CELLS[task]:
            return f"has {len(table):,} of the {CELLS[task]:,} cells of {task}"
        if table.epochs not in (EPOCHS[task], EPOCHS[task][-1:]):
            wanted = ", ".join(map(str, EPOCHS[task]))
            return f"has trainings of {', '.join(map(str, table.epochs))} epochs, not of {wanted}"
    return ""


def _plan(tables: Mapping[str, Table], epochs: tuple[int, ...], about: Mapping[str, Any], lacks: str) -> Plan:
    encoding = Encoding(max(VERTICES[task] for task in tables))
    index = CellIndex(encoding.vertices)
    cells = {task: [table.cells.cell(row) for row in range(len(table))] for task, table in tables.items()}
    columns = [{"name": name, "levels": list(levels)} for names, levels in
               ((encoding.edges, (0, 1)), (encoding.nodes, OPERATIONS)) for name in names]  # fmt: skip
    return Plan(
        suite="nasbench101", columns=[*columns, {"name": "epoch", "levels": list(epochs), "default": epochs[-1]}],
        full={"epoch": epochs[-1]}, price="runtime", goals=GOALS,
        tasks={task: _trainings(table, cells[task], index) for task, table in tables.items() if len(table)},
        about=about, name_of=lambda key: f"cell {key}", lacks=lacks,
    )  # fmt: skip


def _trainings(table: Table, cells: list[Cell], index: CellIndex) -> Trainings:
    def percent(fractions: NDArray[Any]) -> NDArray[np.float64]:
        return 100.0 * fractions[..., END].astype(np.float64)

    times = table.training_time[..., END].astype(np.float64)
    parameters = np.broadcast_to(table.parameters[:, None, None].astype(np.float64), times.shape)
    return Trainings(
        np.array([index.row(cell) for cell in cells], np.int64),
        {
            "valid-acc": percent(table.validation_accuracy),
            "test-acc": percent(table.test_accuracy),
            "train-acc": percent(table.train_accuracy),
            "runtime": times,
            "parameters": np.where(np.isnan(times), np.nan, parameters),
        },
        means=("test-acc",),
        cards={"runtime": {"kind": "looked up", "note": "training time in seconds, without evaluation"}},
    )


__all__ = ["ABOUT", "ARCHIVES", "EPOCHS", "IMPORTS", "read_plan", "recognise"]


PUBLISHED = Publication(ARCHIVES, IMPORTS, recognise, read_plan)
