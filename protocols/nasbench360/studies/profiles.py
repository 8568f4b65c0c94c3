"""Performance profiles of the general approaches (Figures 1 and 2), and a check of the paper's statements on them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from harness.reports.plots import mpl
from harness.reports.plots.curves import FRACTIONS, Curve, Panel, VerticalAxis, curves_figure
from harness.reports.plots.styles import Look
from harness.reports.studies import Column, Evidence, Report, Table
from harness.reports.studies.tables import Value
from harness.reports.studies.words import names
from protocols.nasbench360.aggregates import above, profiles, steps
from protocols.nasbench360.paper import WRN
from protocols.nasbench360.tasks import TASKS

FAST = (WRN, "DenseNAS original", "DenseNAS random")
SLOW = ("tuned WRN", "DARTS GAEA")
ALL = (*FAST, *SLOW)
FLAT_POINT = tuple(name for name, task in TASKS.items() if task["dimensions"] == 2 and "point" in task["prediction"])
SLOTS = {WRN: 2, "DenseNAS original": 6, "DenseNAS random": 1, "tuned WRN": 5, "DARTS GAEA": 3}
"""The WRN in orange, architecture search in blue and green, as in Figure 1."""

FIGURES: dict[str, dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "figure-1": {
        "Constrained: 1–10 GPU-hours": (FAST, tuple(TASKS)),
        "Less constrained: 10–100+ GPU-hours": (SLOW, tuple(TASKS)),
    },
    "figure-2": {"All ten tasks": (ALL, tuple(TASKS)), "2D point tasks": (ALL, FLAT_POINT)},
}
"""Figure -> panel -> its approaches, whose least error is the reference of the panel, and its tasks."""
SHOWN = (1.0, 1.1, 1.25, 1.5, 2.0, 3.0)
"""Factors τ in the table."""
GRID = 401


def report(evidence: Evidence) -> Report:  # noqa: ARG001 - nothing was run
    """Both figures, and a table of their values at the factors τ in ``SHOWN``."""
    text = (
        "**Performance profiles (Figures 1 and 2).** The paper has them as pictures, without numbers. Here they are "
        "redrawn from the printed entries: the fraction of tasks on which an approach's error is at most τ times the "
        "least error of the approaches in the same panel (Dolan and Moré). The paper does not say over which "
        "approaches Figure 1 takes the least.",
        *_claims(),
    )
    return Report(text, (_table(),), {stem: partial(_figure, panels) for stem, panels in FIGURES.items()})


def _higher(one: str, other: str, approaches: Sequence[str], tasks: Sequence[str]) -> list[tuple[float, float]]:
    """The intervals of τ in which the profile of one approach is above the profile of another."""
    ratios = steps(approaches, tasks)
    curves = profiles(approaches, tasks, ratios)
    return above(curves[approaches.index(one)], curves[approaches.index(other)], ratios)


def _claims() -> list[str]:
    gaea, tuned = "DARTS GAEA", "tuned WRN"
    everywhere, flat = tuple(TASKS), FLAT_POINT
    return [
        f"**Figure 2, all tasks.** The paper: DARTS GAEA is overtaken by tuned WRN at a higher τ. Here tuned WRN is "
        f"above it {_said(_higher(tuned, gaea, ALL, everywhere))}, and below it "
        f"{_said(_higher(gaea, tuned, ALL, everywhere))}.",
        "**Figure 2, 2D point tasks.** The paper: DARTS GAEA is poor there. Here it is below "
        + "; ".join(f"{other} {_said(_higher(other, gaea, ALL, flat))}" for other in ALL if other != gaea)
        + ".",
        "**DenseNAS.** The paper: its profiles are usually worse than the untuned WRN's, and those of its two searches "
        "hard to tell apart. Here, in the constrained panel of Figure 1, "
        + "; ".join(
            f"{name} is below the WRN {_said(_higher(WRN, name, FAST, everywhere))} and above it "
            f"{_said(_higher(name, WRN, FAST, everywhere))}"
            for name in FAST[1:]
        )
        + f". The two searches differ by at most {_widest(FAST[1], FAST[2]):.1f}.",
    ]


def _widest(one: str, other: str) -> float:
    curves = dict(zip(FAST, profiles(FAST, tuple(TASKS), steps(FAST, tuple(TASKS))), strict=True))
    return float(np.abs(curves[one] - curves[other]).max())


def _said(intervals: Sequence[tuple[float, float]]) -> str:
    """``for τ from 1.565 to 1.567 and from 2.538 to 2.606``, or ``nowhere``."""
    return f"for τ {names([f'from {low:.3f} to {high:.3f}' for low, high in intervals])}" if intervals else "nowhere"


def _table() -> Table:
    rows: list[dict[str, Value]] = []
    for figure, panels in FIGURES.items():
        for title, (approaches, tasks) in panels.items():
            for name, values in zip(approaches, profiles(approaches, tasks, SHOWN).tolist(), strict=True):
                row: dict[str, Value] = {"figure": f"{figure.replace('figure-', '')}: {title}", "approach": name}
                rows.append(row | {f"at_{tau:g}": value for tau, value in zip(SHOWN, values, strict=True)})
    columns = (
        Column("figure", "figure", "text"), Column("approach", "approach", "text"),
        *(Column(f"at_{tau:g}", f"τ = {tau:g}") for tau in SHOWN),
    )  # fmt: skip
    return Table(
        "profiles", "Fraction of tasks within a factor τ of the least error in the panel.", columns, tuple(rows),
        "The paper has no numbers of its figures.",
    )  # fmt: skip


def _figure(panels: dict[str, tuple[tuple[str, ...], tuple[str, ...]]], width: str) -> mpl.Figure:
    last = 1.1 * max(float(steps(*panel)[-1]) for panel in panels.values())
    drawn = {}
    for title, (approaches, tasks) in panels.items():
        taus = np.union1d(np.geomspace(1.0, last, GRID), steps(approaches, tasks))
        curves = profiles(approaches, tasks, taus)
        drawn[title] = Panel(taus, {name: Curve(y) for name, y in zip(approaches, curves, strict=True)}, log=True)
    shown = [name for name in SLOTS if any(name in approaches for approaches, _ in panels.values())]
    look = Look({name: SLOTS[name] for name in shown}, {name: name for name in shown}, False, width, bands=False)
    note = "Fraction of tasks whose published mean error is at most τ times the least one of the panel's approaches."
    return curves_figure(
        drawn, look, x_label="τ: factor of the least error", y=VerticalAxis("Fraction of tasks", FRACTIONS),
        note=note,
    )  # fmt: skip
