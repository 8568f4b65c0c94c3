"""The precomputed cells of NAS-Bench-360 as a parquet: a row per NAS-Bench-201 cell.

Columns: ``architecture`` (the benchmark's text), ``ninapro`` (accuracy in %), ``darcy`` (a score of at most 1, here
times 100), ``latency_ms_pi5_onnx_ninapro`` and ``..._darcy`` (median milliseconds per input on one small device). Each
cell was trained once per task; training times are not known.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from harness.errors import SpaceError
from harness.sources.tables.errors import BadValue, DuplicateKey, IncompleteEntry
from harness.sources.tables.parquet import has_columns, read_columns
from harness.suites import Plan, Radix, Trainings
from harness.suites.publication import Publication
from protocols.nasbench201.space import SPACE, from_text, to_text
from protocols.nasbench360 import GOALS, SCORE
from protocols.nasbench360.precompute import LATENCY

IMPORTS = {"nasbench360": "nasbench360_nb201.parquet"}
SOURCES = {"ninapro": ("ninapro", 1.0), "darcy_flow": ("darcy", 100.0)}
"""Task -> the column of its score, and the factor of the score."""
ABOUT = {
    "what": "trainings of every cell of NAS-Bench-201 on two tasks of NAS-Bench-360, and latencies on a small device",
    "attribution": "Tu et al.: NAS-Bench-360, NeurIPS 2022 Datasets and Benchmarks, https://nb360.ml.cmu.edu",
}


def recognise(path: Path) -> str:
    """The name of the set that the file becomes; empty if the file is not this table."""
    return "nasbench360" if has_columns(path, ("architecture", "ninapro", "darcy")) else ""


def read_plan(path: Path) -> Plan:
    """The table of both tasks. ImportRefused says what is wrong; every cell must be there once."""
    numbers = [name for column, _ in SOURCES.values() for name in (column, LATENCY.format(column))]
    frame = read_columns(path, ["architecture"], numbers)
    if not frame["ninapro"].dropna().between(0, 100).all():
        raise BadValue(f"{path}: column 'ninapro' has values outside 0 to 100; accuracies are in percent")
    columns = [{"name": name, "levels": list(SPACE[name].choices)} for name in SPACE]  # type: ignore[union-attr]
    key = Radix(columns)
    doubled = frame["architecture"].duplicated()
    if doubled.any():
        raise DuplicateKey(f"{path} has two rows of {frame['architecture'][doubled].iloc[0]}; give one")
    try:
        keys = np.array([key.one(from_text(text)) for text in frame["architecture"]], np.int64)
    except SpaceError as error:
        raise BadValue(f"{path}: {error}") from None
    if len(keys) < key.size:
        raise IncompleteEntry(f"{path} has {len(keys):,} of the {key.size:,} cells; it needs them all")
    tasks = {}
    for task, (column, scale) in SOURCES.items():
        values = {
            SCORE: scale * frame[column],
            "latency": frame[LATENCY.format(column)],
            "trainings": np.ones(len(keys)),
        }
        metrics = {name: np.asarray(own, np.float64)[:, None, None] for name, own in values.items()}
        tasks[task] = Trainings(keys, metrics, means=(SCORE, "latency"))
    return Plan(
        "nasbench360", columns, full={}, price="trainings", goals=GOALS, tasks=tasks, about=ABOUT,
        name_of=lambda code: to_text(key.row(code)),
    )  # fmt: skip


PUBLISHED = Publication(imports=IMPORTS, recognise=recognise, read_plan=read_plan)
