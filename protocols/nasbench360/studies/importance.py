"""Which operations matter on which task? (paper, Figure 4 and Section 5.2.3)"""

from __future__ import annotations

from functools import partial

import numpy as np

from harness.reports.plots import mpl
from harness.reports.plots.dots import Dot, dot_figure
from harness.reports.plots.styles import Look
from harness.reports.studies import Column, Evidence, Report, Table
from harness.reports.studies.tables import Value
from harness.scores.metrics import Floats
from protocols.nasbench360.cells import OPERATIONS, SHORT, best, importance_of
from protocols.nasbench360.precompute import available, read

EVERY, GOOD = "all cells", "best 5 % of the task"
FRACTION = 0.05
SLOTS = {EVERY: 0, GOOD: 1}
DRAWN = tuple(name for name in SHORT if name != "none")
"""The operations in the paper's figure."""
PARTS = (5, 25, 50, 75, 95)
"""The percentiles that describe the distribution of an importance."""


def report(evidence: Evidence) -> Report:
    """The distribution of every operation's importance on every task whose data exist."""
    tables = {source.title: read(source, evidence.data) for source in available(evidence.data)}
    if not tables:
        return Report(())
    found = {title: _distributions(table) for title, table in tables.items()}
    order = "; ".join(f"{title}: {' > '.join(_order(found[title][GOOD]))}" for title in found)
    text = (
        "**Operation importance (Figure 4).** What a cell's score loses on average when the operation of one edge is "
        "replaced by each of the other four, over every edge and cell that has the operation there (the procedure of "
        "Wan et al. 2022, which the paper follows). The paper has pictures, does not say of which cells, and finds "
        "similar distributions on the vision tasks and others on NinaPro and Darcy Flow. Both all cells and each "
        "task's best 5 % are shown.",
        f"By median importance among the best cells: {order}.",
    )
    return Report(text, (_table(found),), {"figure-4": partial(_figure, found)})


Distributions = dict[str, dict[str, Floats]]
"""Which cells -> operation -> importances."""


def _distributions(table: Floats) -> Distributions:
    kept = {EVERY: None, GOOD: best(table, FRACTION)}
    return {
        cells: {name: importance_of(table, OPERATIONS.index(name), among) for name in SHORT}
        for cells, among in kept.items()
    }


def _order(found: dict[str, Floats]) -> list[str]:
    medians = {SHORT[name]: float(np.median(values)) for name, values in found.items() if name in DRAWN}
    return sorted(medians, key=lambda name: -medians[name])


def _table(found: dict[str, Distributions]) -> Table:
    rows: list[dict[str, Value]] = []
    for title, by_cells in found.items():
        for cells, by_operation in by_cells.items():
            for name, values in by_operation.items():
                row: dict[str, Value] = {"task": title, "cells": cells, "operation": SHORT[name]}
                row |= {f"p{part}": float(np.percentile(values, part)) for part in PARTS} if values.size else {}
                rows.append(row | {"edges": int(values.size)})
    columns = (
        Column("task", "task", "text"), Column("cells", "cells", "text"), Column("operation", "operation", "text"),
        *(Column(f"p{part}", "median" if part == 50 else f"{part} %") for part in PARTS), Column("edges", "edges"),
    )  # fmt: skip
    return Table(
        "figure-4", "Operation importance: percentiles over edges of cells.", columns, tuple(rows),
        "Points of accuracy (%), Darcy Flow's score times 100. Positive: the operation helps.",
    )  # fmt: skip


def _figure(found: dict[str, Distributions], width: str) -> mpl.Figure:
    panels = {
        title: {
            SHORT[name]: {cells: Dot(*_box(by_operation[name])) for cells, by_operation in by_cells.items()}
            for name in DRAWN
        }
        for title, by_cells in found.items()
    }
    look = Look(SLOTS, {name: name for name in SLOTS}, linear=True, width=width, bands=False, lines=False)
    return dot_figure(
        panels, look, x_label="Importance [points]", zero=0.0,
        note="Median, bars from the lower to the upper quartile. Darcy Flow: points of its score times 100.",
    )  # fmt: skip


def _box(values: Floats) -> tuple[float, float, float]:
    if not values.size:
        return (np.nan, np.nan, np.nan)
    low, middle, high = np.percentile(values, (25, 50, 75)).tolist()
    return middle, low, high
