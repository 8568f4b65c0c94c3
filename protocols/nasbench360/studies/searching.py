"""How good are search methods on the precomputed tasks? (paper, Section 5.2.2)"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from functools import partial

import numpy as np

from harness import registry
from harness.errors import UsageError
from harness.reports.plots import mpl, styles
from harness.reports.plots.curves import Curve, Panel, VerticalAxis, curves_figure
from harness.reports.plots.styles import Look
from harness.reports.studies import Column, Evidence, Measured, Report, Table
from harness.reports.studies.tables import Value
from harness.scores.metrics import Floats, mean_and_error
from protocols.nasbench360.precompute import CIFAR100, OWN, VISION, Source, available, read
from protocols.nasbench360.searches import METHODS, SEVERAL, Searched, search

TRAININGS = 100
TASKS = tuple(source for source in (*VISION, *OWN) if source.title == CIFAR100 or source in OWN)
EARLY = 5
"""The figure starts after this number of trainings: earlier regrets are so large that they would squeeze the others."""

Curves = dict[str, dict[str, Floats]]
"""Task -> method -> regret, shape (seeds, trainings)."""


def report(evidence: Evidence) -> Report:
    """Regret of the incumbent over trainings, per method and task, over the study's seeds."""
    there = [source for source in TASKS if source in available(evidence.data)]
    if not there:
        return Report(())
    found = {source.title: _searched(source, evidence) for source in there}
    text = (
        f"**Search methods (Section 5.2.2).** Each of {len(evidence.seeds)} seeds trains {TRAININGS} cells. On "
        f"CIFAR-100 a method is told the validation accuracy of the first training after 200 epochs and judged by the "
        f"mean test accuracy; NinaPro and Darcy Flow have one value per cell for both. The paper compares methods at "
        f"similar wall-clock time, in its appendix, and says that those that share no weights consistently perform "
        f"well; this precompute has no training times. Hyperband and BOHB need a second fidelity, which NinaPro and "
        f"Darcy Flow do not have: they run on CIFAR-100 alone, with trainings of 12 epochs that count 12/200, and are "
        f"judged by cells trained for 200. The weight-sharing methods are left out, because they train.",
        *_absent(there),
    )
    return Report(text, (_table(there, found, evidence),), {"search": partial(_figure, found, len(evidence.seeds))})


def _searched(source: Source, evidence: Evidence) -> dict[str, Floats]:
    judged = read(source, evidence.data)
    tables = Searched(read(source, evidence.data, source.shown) if source.shown else judged, judged)
    if source.short:
        tables = replace(tables, short=read(source, evidence.data, source.short))
    return {
        method: np.array([search(method, tables, seed, TRAININGS, source.title) for seed in evidence.seeds])
        for method in (*METHODS, *(_available() if source.short else ()))
    }


def _available() -> list[str]:
    """The methods of several fidelities whose libraries are installed."""
    found = []
    for name in SEVERAL:
        with contextlib.suppress(UsageError):
            registry.method(name).require()
            found.append(name)
    return found


def _absent(there: list[Source]) -> list[str]:
    lacking = [name for name in SEVERAL if name not in _available()]
    return [f"Left out, because a library is not installed: {', '.join(lacking)}."] if lacking and there else []


def _measured(regrets: Floats) -> Measured:
    mean, error = mean_and_error(regrets)
    return Measured(float(mean), float(error))


def _table(there: list[Source], found: Curves, evidence: Evidence) -> Table:
    rows: list[dict[str, Value]] = []
    for source in there:
        top = float(read(source, evidence.data).max())
        for method, regrets in found[source.title].items():
            rows.append(
                {
                    "task": source.title, "method": method, "regret": _measured(regrets[:, -1]),
                    "halfway": _measured(regrets[:, TRAININGS // 2 - 1]), "score": top - float(regrets[:, -1].mean()),
                    "best": top, "seeds": len(regrets),
                }
            )  # fmt: skip
    columns = (
        Column("task", "task", "text"), Column("method", "method", "text"),
        Column("halfway", f"regret, {TRAININGS // 2} trainings"), Column("regret", f"regret, {TRAININGS} trainings"),
        Column("score", "score of the choice"), Column("best", "best score"), Column("seeds", "seeds"),
    )  # fmt: skip
    return Table(
        "search", f"Search methods after {TRAININGS} trainings of NAS-Bench-201 cells.", columns, tuple(rows),
        "Regret: best score of the table minus that of the cell chosen, mean ± standard error over seeds, in points; "
        "Darcy Flow's score times 100.",
    )  # fmt: skip


def _figure(found: Curves, seeds: int, width: str) -> mpl.Figure:
    grid = np.arange(1.0, TRAININGS + 1)
    panels = {
        title: Panel(grid, {name: _curve(r) for name, r in own.items()}, log=False) for title, own in found.items()
    }
    names = dict.fromkeys(name for own in found.values() for name in own)
    slots = styles.slots(list(names), list(registry.methods()))
    look = Look(slots, {name: name for name in slots}, linear=True, width=width)
    top = max(float(regrets[:, EARLY - 1].mean()) for own in found.values() for regrets in own.values())
    return curves_figure(
        panels, look, x_label="Trainings", y=VerticalAxis("Regret [points]", (0.0, 1.05 * max(top, 1e-9))),
        note=f"Regret of the incumbent, mean ± standard error over {seeds} seeds. The first trainings' are cut off.",
    )  # fmt: skip


def _curve(regrets: Floats) -> Curve:
    mean, error = mean_and_error(regrets)
    spread = np.nan_to_num(error)
    return Curve(mean, mean - spread, mean + spread)
