"""One panel: a line per method, the mean over seeds with a band of one standard error, or the median with quartiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import (
    FixedLocator,
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    NullLocator,
    ScalarFormatter,
)
from numpy.typing import NDArray

from harness.reports.plots import styles
from harness.runs.results import Curves
from harness.scores.metrics import Floats, mean_and_error

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKS = 6
"""Markers along a line."""
BAND = 0.18
"""Opacity of the bands."""
BEGINNING = 0.04
"""Of the time shown: what happens before has no say in the range of y."""
LOWEST = 1e-3
"""How far down a logarithmic axis goes at most where lines end at 0, relative to its top."""
LOG_DIGITS = ((1,), (1, 2, 5), (1, 1.5, 2, 3, 5, 7), (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8))
"""What the ticks of a logarithmic axis may begin with, from coarse to fine."""


@dataclass(frozen=True)
class Line:
    """One entry in one panel. ``start`` is the score before a run's first counted evaluation; ``quartiles``: median and
    quartiles over seeds are drawn instead of mean and standard error.
    """

    label: str
    curves: Curves
    start: float
    quartiles: bool = False

    @property
    def spread(self) -> tuple[Floats, Floats, Floats]:
        """The line over time, and the ends of its band."""
        if self.quartiles:
            below, middle, above = np.quantile(self.curves.values, (0.25, 0.5, 0.75), axis=0)
            return middle, below, above
        mean, error = mean_and_error(self.curves.values)
        return mean, mean - np.nan_to_num(error), mean + np.nan_to_num(error)

    @property
    def part(self) -> slice:
        """The grid times whose values are to be in view: from ``settled`` on, the beginning of the time left out."""
        grid = self.curves.grid
        if self.settled < 0:
            return slice(-1, None)
        return slice(max(self.settled, int(np.searchsorted(grid, BEGINNING * grid[-1]))), None)

    @property
    def settled(self) -> int:
        """Index of the first grid time at which every seed has a counted evaluation; -1 (the last) if there is none."""
        have = (self.curves.values != self.start).all(axis=0)
        return int(np.argmax(have)) if have.any() else -1


def draw_panel(ax: Axes, lines: Sequence[Line], slots: Mapping[str, int], linear: bool) -> bool:
    """Draws lines into axes; whether one of them leaves it through the top or the bottom.

    The range of y is that of the lines from where every seed has a counted evaluation, after the first hundredths of
    the time. Before, the mean is mostly the score of guessing or of a first draw and would squeeze all else into a
    corner.
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
        # Before that, the spread is that between seeds with and without an evaluation, which is no error of the mean.
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
    if log_y and low <= 0 < high and np.isfinite(least):  # what no logarithmic axis has: the best there can be
        low = max(least / 2, high * LOWEST)
    bottom, top = _limits(low, high, log_y)
    ax.set_ylim(bottom, top)
    _ticks(ax, linear, log_ticks(bottom, top) if log_y else [])
    return bool(min(outermost) < bottom if maximize else max(outermost) > top)


def _steps(*curves: Floats) -> NDArray[np.int64]:
    """Where any of the curves changes, and both ends: fewer points draw the same band."""
    changed = np.any([np.diff(values, prepend=np.nan) != 0 for values in curves], axis=0)
    changed[-1] = True
    return np.flatnonzero(changed)


def marks(points: int, slot: int) -> list[int]:
    """Evenly spaced along the axis, and shifted from slot to slot so that markers do not hide each other."""
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


def log_ticks(bottom: float, top: float) -> list[float]:
    """At least four round numbers. Powers of ten alone say nothing about an axis from 8 to 20 %."""
    decades = [10.0**k for k in range(int(np.floor(np.log10(bottom))), int(np.ceil(np.log10(top))))]
    for digits in LOG_DIGITS:
        ticks = [digit * decade for decade in decades for digit in digits if bottom <= digit * decade <= top]
        if len(ticks) >= 4:
            return ticks
    return [float(tick) for tick in _even().tick_values(bottom, top) if bottom <= tick <= top]


def _even() -> MaxNLocator:
    return MaxNLocator(6, steps=[1, 2, 2.5, 5, 10])


def _ticks(ax: Axes, linear: bool, y_ticks: list[float]) -> None:
    if not linear:
        ax.xaxis.set_major_locator(LogLocator(subs=(1.0,)))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.xaxis.set_minor_formatter(NullFormatter())
    ax.yaxis.set_major_locator(FixedLocator(y_ticks) if y_ticks else _even())
    ax.yaxis.set_minor_locator(NullLocator())
    if y_ticks and max(y_ticks) >= 1000 * min(y_ticks):  # the decimals of the least would be those of all
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        return
    plain = ScalarFormatter(useOffset=False)
    plain.set_scientific(False)
    ax.yaxis.set_major_formatter(plain)
