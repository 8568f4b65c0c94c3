"""Attainment surfaces: the trade-offs between two objectives that half of the runs have reached, and the quartiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from harness.errors import DoesNotApply
from harness.reports.plots import mpl, styles
from harness.reports.plots.comparing import BANDED, look_of
from harness.reports.plots.figures import compose
from harness.reports.plots.panels import BAND, Line
from harness.reports.plots.styles import Look
from harness.reports.plots.subject import Subject
from harness.reports.plots.ticks import log_x_ticks
from harness.reports.points import points_of
from harness.scores.metrics import Floats
from harness.statistics import attainment_surfaces

QUARTILES = (0.75, 0.5, 0.25)
"""Fractions of runs whose surfaces are drawn: the edge of the band, the line, the other edge."""


def attainment(panels: Sequence[Sequence[Line]], subject: Subject) -> mpl.Figure:
    """A panel per task: x is the second objective, y the first; a line per method, with a band from 25 to 75 %."""
    board = panels[0][0].curves.board
    if len(board.objectives) != 2:
        raise DoesNotApply(f"{subject}: an attainment surface needs two objectives; run some with --objective multi")
    surfaces = {
        lines[0].curves.board.title: {line.label: _surfaces(line, subject.view) for line in lines} for lines in panels
    }
    labels = dict.fromkeys(line.label for lines in panels for line in lines)
    banded = len(labels) <= BANDED
    look = look_of(list(labels), subject, bands=banded)
    first, second = board.objectives

    def draw(ax: mpl.Axes, title: str) -> None:
        _panel(ax, surfaces[title], look, (second.maximize, first.maximize))

    bands = "bands from a quarter to three quarters" if banded else "bands are left out where there are so many methods"
    note = subject.small_print(
        f"What half of the runs attain within the budget; {bands}. The y axis leaves out "
        "the worst quarter of the corners."
    )
    return compose(list(surfaces), draw, look, lambda: note, x_label=second.metric, y_label=first.metric)


def _surfaces(line: Line, view: str) -> list[Floats]:
    """Per fraction in ``QUARTILES`` the corners of the surface: shape (corners, 2), second objective first."""
    curves = line.curves
    first, second = curves.board.objectives
    runs = points_of(curves.record, curves.board, curves.seeds, view)
    return attainment_surfaces(runs, maximize=(second.maximize, first.maximize), fractions=QUARTILES)


def _panel(ax: mpl.Axes, surfaces: Mapping[str, Sequence[Floats]], look: Look, maximize: tuple[bool, bool]) -> None:
    """Draws the surfaces of a task. y is always linear, and leaves out the worst quarter of the corners."""
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
        log_x_ticks(ax, *ends)
    ax.set_xlim(*ends)
    ax.set_ylim(y_low, y_high)


def _visible(values: Floats, maximize: bool) -> tuple[float, float]:
    """The range of y: the better three quarters of ``values``, with a margin."""
    low, high = float(np.min(values)), float(np.max(values))
    if maximize:
        low = float(np.quantile(values, 0.25))
    else:
        high = float(np.quantile(values, 0.75))
    margin = max(0.06 * (high - low), 1e-9)
    return low - margin, high + margin


def _staircase(corners: Floats, x: Floats, maximize: tuple[bool, bool]) -> Floats:
    """The best y attained at each ``x``; NaN where none is. ``maximize``: of x and of y."""
    found = np.full(len(x), np.nan)
    for k, place in enumerate(x):
        within = corners[corners[:, 0] >= place] if maximize[0] else corners[corners[:, 0] <= place]
        if len(within):
            found[k] = within[:, 1].max() if maximize[1] else within[:, 1].min()
    return found
