"""Attainment surfaces: the trade-offs between two objectives that half of the runs have reached, and the quartiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from harness.benchmark.leaderboard import Leaderboard
from harness.errors import DoesNotApply
from harness.reports.plots import styles
from harness.reports.plots.curves import plain_ticks
from harness.reports.plots.figures import Look, compose
from harness.reports.plots.kinds import BANDED, Group, look_of
from harness.reports.plots.panels import BAND, Line
from harness.reports.plots.trajectories import title_of
from harness.scores.metrics import Floats
from harness.statistics import attainment_surfaces

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

QUARTILES = (0.75, 0.5, 0.25)
"""Fractions of runs: lower, drawn and upper surface."""


def attainment(panels: Sequence[Sequence[Line]], group: Group) -> Figure:
    """A panel per task: x is the second objective, y the first; a line per method, with a band from 25 to 75 %."""
    board = panels[0][0].curves.board
    if len(board.objectives) != 2:
        raise DoesNotApply(
            f"{group.surrogates} {group.objective} {group.setting}: an attainment surface needs two objectives; "
            f"run some with --objective multi"
        )
    surfaces = {
        title_of(lines[0].curves.board): {line.label: _surfaces(line, group.view) for line in lines} for lines in panels
    }
    labels = dict.fromkeys(line.label for lines in panels for line in lines)
    banded = len(labels) <= BANDED
    look = look_of(list(labels), group, bands=banded)
    first, second = board.objectives

    def draw(ax: Axes, title: str) -> None:
        _panel(ax, surfaces[title], look, (second.maximize, first.maximize))

    bands = "bands from a quarter to three quarters" if banded else "bands are left out where there are so many methods"
    note = (
        f"{group.said} What half of the runs attain within the budget; {bands}. The y axis leaves out "
        "the worst quarter of the corners."
    )
    return compose(
        list(surfaces), draw, look, lambda: note if group.note else "", x_label=second.metric, y_label=first.metric
    )


def _surfaces(line: Line, view: str) -> list[Floats]:
    """Per fraction the corners (second objective, first objective)."""
    curves = line.curves
    board: Leaderboard = curves.board
    columns = {n: curves.record.table[n].to_numpy() for n in ("seed", "counted", *board.fidelities, *board.metrics)}
    used = columns["counted"].astype(bool)
    if view == "full":
        for name, value in board.full.items():
            used &= columns[name] == value
    first, second = board.objectives
    points = np.stack([columns[second.metric], columns[first.metric]], axis=1).astype(np.float64)
    runs = [points[used & (columns["seed"] == seed)] for seed in curves.seeds]
    return attainment_surfaces(runs, maximize=(second.maximize, first.maximize), fractions=QUARTILES)


def _panel(ax: Axes, surfaces: Mapping[str, Sequence[Floats]], look: Look, maximize: tuple[bool, bool]) -> None:
    """``look.linear`` says whether x is; y always is, and begins where the better three quarters of the corners do."""
    medians = [of[QUARTILES.index(0.5)] for of in surfaces.values()]
    corners = np.concatenate([one for one in medians if len(one)] or [np.ones((1, 2))])
    log = not look.linear and bool((corners[:, 0] > 0).all())
    low, high = float(corners[:, 0].min()), float(corners[:, 0].max())
    span = max(high - low, 1e-9)
    ends = (low / 1.1, high * 1.1) if log else (low - 0.04 * span, high + 0.04 * span)
    x = np.unique(np.concatenate([corners[:, 0], *(of[k][:, 0] for of in surfaces.values() for k in (0, 2)), ends]))
    y_low, y_high = _visible(corners[:, 1], maximize[1])
    worst = y_low if maximize[1] else y_high
    step: Literal["pre", "post"] = "pre" if maximize[0] else "post"
    for label in sorted(surfaces, key=lambda name: -look.slots[name]):
        style = styles.line_style(look.slots[label])
        lower, middle, upper = (_staircase(one, x, maximize) for one in surfaces[label])
        if look.bands:
            ax.fill_between(x, np.nan_to_num(lower, nan=worst), np.nan_to_num(upper, nan=worst), step=step,
                            color=style.color, alpha=BAND, linewidth=0)  # fmt: skip
        ax.plot(x, middle, drawstyle=f"steps-{step}", color=style.color, linestyle=style.linestyle, label=label)
        median = surfaces[label][QUARTILES.index(0.5)]
        shown = median[:: max(1, len(median) // 6)]
        ax.plot(shown[:, 0], shown[:, 1], linestyle="", marker=style.marker, color=style.color,
                markeredgecolor="white", markeredgewidth=0.4)  # fmt: skip
    if log:
        ax.set_xscale("log")
        plain_ticks(ax, *ends)
    ax.set_xlim(*ends)
    ax.set_ylim(y_low, y_high)


def _visible(values: Floats, maximize: bool) -> tuple[float, float]:
    """The range of y, with a margin."""
    low, high = float(np.min(values)), float(np.max(values))
    if maximize:
        low = float(np.quantile(values, 0.25))
    else:
        high = float(np.quantile(values, 0.75))
    margin = max(0.06 * (high - low), 1e-9)
    return low - margin, high + margin


def _staircase(corners: Floats, x: Floats, maximize: tuple[bool, bool]) -> Floats:
    """The best second value attained at each x; NaN where nothing is."""
    found = np.full(len(x), np.nan)
    for k, place in enumerate(x):
        within = corners[corners[:, 0] >= place] if maximize[0] else corners[corners[:, 0] <= place]
        if len(within):
            found[k] = within[:, 1].max() if maximize[1] else within[:, 1].min()
    return found
