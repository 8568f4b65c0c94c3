"""Trials over simulated wall-clock time (Figure 1 of Klein et al. 2020): which trial trains when, and how far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.reports.plots import mpl, styles
from harness.reports.plots.figures import compose
from harness.reports.plots.styles import Look
from harness.reports.studies.study import Arm, Evidence

SIZES = (1.2, 5.0)
"""Diameters of the markers (points) of the best and the worst score that is drawn."""


def timelines(evidence: Evidence, task: str, arms: Sequence[Arm], seed: int, until: float, width: str) -> mpl.Figure:
    """A panel per arm: the trials of one seed that start before ``until`` (mean full evaluations).

    A line rises from the depth where a training began (its checkpoint's, or 1) to the one it ended at, on the axis that
    continues, which is logarithmic; a gap between two lines of a trial is a pause. Markers grow with the loss.
    """
    data = {arm.label: _rows(evidence, task, arm, seed, until) for arm in arms}
    losses = np.concatenate([rows["loss"] for rows in data.values()])
    low, high = float(losses.min()), float(np.quantile(losses, 0.95))
    board = evidence.board(task, arms[0])

    def draw(ax: mpl.Axes, title: str) -> None:
        rows = data[title]
        for trial in np.unique(rows["trial"]).tolist():
            color = styles.PALETTE[trial % len(styles.PALETTE)]
            for at in np.flatnonzero(rows["trial"] == trial).tolist():
                x, y = (rows["start"][at], rows["end"][at]), (rows["from"][at], rows["to"][at])
                ax.plot(x, y, color=color, linewidth=0.7)
                share = min(max((rows["loss"][at] - low) / (high - low or 1.0), 0.0), 1.0)
                ax.plot(x[1], y[1], "o", color=color, markersize=SIZES[0] + share * (SIZES[1] - SIZES[0]),
                        markeredgecolor="white", markeredgewidth=0.2)  # fmt: skip
        ax.set_yscale("log")
        ax.set_xlim(0.0, until)
        ax.yaxis.set_major_locator(mpl.FixedLocator(sorted(set(rows["to"].tolist()))))
        ax.yaxis.set_major_formatter(mpl.FuncFormatter(lambda value, _: f"{value:g}"))
        ax.yaxis.set_minor_locator(mpl.NullLocator())

    note = (
        f"{evidence.title(task)}, {arms[0].workers} workers, seed {seed}. A line is an evaluation from where it "
        f"starts to the {board.continues} it reaches; colours tell trials apart; larger markers are larger losses."
    )
    look = Look({}, {}, linear=True, width=width, bands=False)
    return compose(
        [arm.label for arm in arms], draw, look, lambda: note,
        x_label="Wall-clock time [mean full evaluations]", y_label=board.axis.capitalize(), wide=True,
    )  # fmt: skip


def _rows(evidence: Evidence, task: str, arm: Arm, seed: int, until: float) -> dict[str, Any]:
    """Of the evaluations started in time: trial, start and end (mean full evaluations), depths, loss."""
    record, board = evidence.records[task, arm], evidence.board(task, arm)
    objective = board.objectives[0]
    names = ("seed", "trial", "start", "end", "credit", board.continues, objective.metric)
    columns = {name: record.table[name].to_numpy() for name in names}
    unit = record.spec.constants["mean_runtime"]
    own = (columns["seed"] == seed) & (columns["start"] < until * unit)
    chosen = {name: values[own] for name, values in columns.items()}
    depth = chosen[board.continues].astype(float)
    reached: dict[int, float] = {}
    began = np.ones(len(depth))
    for at, trial in enumerate(chosen["trial"].tolist()):
        if chosen["credit"][at] > 0:
            began[at] = reached.get(trial, 1.0)
        reached[trial] = max(reached.get(trial, 1.0), depth[at])
    return {
        "trial": chosen["trial"], "start": chosen["start"] / unit, "end": chosen["end"] / unit, "from": began,
        "to": depth, "loss": np.array([objective.loss(v) for v in chosen[objective.metric].tolist()]),
    }  # fmt: skip
