"""One panel: a line per method, the mean over seeds with a band of one standard error, or the median with quartiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.reports.plots import mpl, styles
from harness.reports.plots.ticks import log_ticks, score_ticks, time_ticks
from harness.runs.curves import Curves
from harness.scores.metrics import Floats, mean_and_error

MARKS = 6
"""How many markers stand along a line."""
BAND = 0.18
"""Opacity of the bands."""
BEGINNING = 0.04
"""The first part of the time shown, whose values do not decide the range of y."""
LOWEST = 1e-3
"""The bottom of a logarithmic axis, relative to its top, where lines end at 0."""


@dataclass(frozen=True)
class Line:
    """One entry in one panel.

    ``start``: the score before a run's first counted evaluation; ``quartiles``: whether to draw median and quartiles
    over seeds instead of mean and standard error.
    """

    label: str
    curves: Curves
    start: float
    quartiles: bool = False

    @property
    def spread(self) -> tuple[Floats, Floats, Floats]:
        """The line over time, and the lower and upper ends of its band."""
        if self.quartiles:
            below, middle, above = np.quantile(self.curves.values, (0.25, 0.5, 0.75), axis=0)
            return middle, below, above
        mean, error = mean_and_error(self.curves.values)
        return mean, mean - np.nan_to_num(error), mean + np.nan_to_num(error)

    @property
    def part(self) -> slice:
        """The grid times whose values decide the range of y: from ``settled`` on, without the beginning."""
        grid = self.curves.grid
        if self.settled < 0:
            return slice(-1, None)
        return slice(max(self.settled, int(np.searchsorted(grid, BEGINNING * grid[-1]))), None)

    @property
    def settled(self) -> int:
        """Index of the first grid time at which every seed has a counted evaluation; -1 (the last) if there is none."""
        have = (self.curves.values != self.start).all(axis=0)
        return int(np.argmax(have)) if have.any() else -1


def draw_panel(ax: mpl.Axes, lines: Sequence[Line], slots: Mapping[str, int], linear: bool) -> bool:
    """Draws lines into axes. Returns whether one of them leaves the axes through the top or the bottom.

    The range of y covers the lines after the first hundredths of the time, from where every seed has a counted
    evaluation. Before, the mean is mostly the score of guessing or of a first random configuration; showing it would
    squeeze the rest into a corner.
    """
    maximize = lines[0].curves.board.score.maximize
    drawn = [(line, *line.spread) for line in sorted(lines, key=lambda line: -slots[line.label])]
    log_y = not maximize and not linear and any((mean[line.part] > 0).any() for line, mean, _, _ in drawn)
    if not linear:
        ax.set_xscale("log")
    if log_y:
        ax.set_yscale("log")
    low, high, least, outermost = np.inf, -np.inf, np.inf, []
    for line, mean, below, above in drawn:  # the first in the legend is drawn on top
        slot = slots[line.label]
        style = styles.line_style(slot)
        time = line.curves.grid
        # Before, some seeds have no evaluation yet, and the spread says nothing about the error of the mean.
        part = slice(line.settled, None)
        steps = _steps(below[part], above[part])
        ax.fill_between(
            time[part][steps], below[part][steps], above[part][steps], step="post", color=style.color, alpha=BAND,
            linewidth=0,
        )  # fmt: skip
        ax.plot(
            time, mean, drawstyle="steps-post", color=style.color, linestyle=style.linestyle, marker=style.marker,
            markevery=marks(len(time), slot), markeredgecolor="white", markeredgewidth=0.4, label=line.label,
        )  # fmt: skip
        low, high = min(low, float(np.min(below[line.part]))), max(high, float(np.max(above[line.part])))
        least = min(least, float(np.min(mean[line.part], where=mean[line.part] > 0, initial=np.inf)))
        outermost.append(np.min(mean) if maximize else np.max(mean))
    time = lines[0].curves.grid
    ax.set_xlim(time[0], time[-1])
    if log_y and low <= 0 < high and np.isfinite(least):  # a regret of 0 has no place on a logarithmic axis
        low = max(least / 2, high * LOWEST)
    bottom, top = _limits(low, high, log_y)
    ax.set_ylim(bottom, top)
    if not linear:
        time_ticks(ax)
    score_ticks(ax, log_ticks(bottom, top) if log_y else [])
    return bool(min(outermost) < bottom if maximize else max(outermost) > top)


def _steps(*curves: Floats) -> NDArray[np.int64]:
    """The indices at which a curve changes, and both ends: the band looks the same with fewer points."""
    changed = np.any([np.diff(values, prepend=np.nan) != 0 for values in curves], axis=0)
    changed[-1] = True
    return np.flatnonzero(changed)


def marks(points: int, slot: int) -> list[int]:
    """Indices of the markers: evenly spaced, and shifted from slot to slot so that markers do not hide each other."""
    shift = (3 * slot % len(styles.PALETTE) + 0.5) / len(styles.PALETTE)
    return [int((k + shift) / MARKS * (points - 1)) for k in range(MARKS)]


def _limits(low: float, high: float, log: bool) -> tuple[float, float]:
    """The range with a margin; never empty, and positive on a logarithmic axis."""
    if log:
        low = max(low, min(1e-3, high * LOWEST))
        margin = max((high / low) ** 0.05, 1.0002)
        return low / margin, high * margin
    margin = max((high - low) * 0.05, 1e-4)
    return low - margin, high + margin
