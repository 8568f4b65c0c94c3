"""Dot charts of final numbers: a row per method (or other name), a marker per series, bars for intervals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.reports.plots import mpl, styles
from harness.reports.plots.figures import compose
from harness.reports.plots.styles import Look
from harness.reports.plots.ticks import even, log_x_ticks

ROW = 0.17
"""Inches from one row to the next."""
SPREAD = 0.5
"""The share of a row's height that the markers of its series take."""


@dataclass(frozen=True)
class Dot:
    """A value with the ends of its interval (NaN where there is none)."""

    value: float
    low: float = math.nan
    high: float = math.nan


Panel = Mapping[str, Mapping[str, Dot]]
"""Row -> series -> dot. A series that has no dot in a row is left out there."""


def dot_figure(
    panels: Mapping[str, Panel],
    look: Look,
    *,
    x_label: str,
    note: str = "",
    limits: tuple[float, float] | None = None,
    zero: float | None = None,
) -> mpl.Figure:
    """A figure with a panel per title. ``look.slots`` are the series; there is no legend if ``look.names`` is empty.

    x is logarithmic unless ``look.linear``; ``limits``: the range of x; ``zero``: the x at which a line marks "no
    difference".
    """
    rows = list(dict.fromkeys(row for panel in panels.values() for row in panel))
    columns = min(len(panels), styles.PANELS_PER_ROW[look.width])
    share = styles.WIDTHS["column" if len(panels) == 1 else look.width] / columns
    abreast = _abreast(panels.values())
    height = 0.62 + ROW * max(len(rows), 3) * max(1.0, 0.3 + 0.35 * abreast)

    def draw(ax: mpl.Axes, title: str) -> None:
        _draw(ax, panels[title], rows, look, abreast)
        if list(panels).index(title) % columns:
            ax.set_yticklabels([])
        if limits is not None:
            ax.set_xlim(*limits)
        if zero is not None:
            ax.axvline(zero, color=styles.QUIET, linewidth=0.7, zorder=0.5)

    return compose(list(panels), draw, look, lambda: note, x_label=x_label, y_label="", aspect=height / share)


def _abreast(panels: Iterable[Panel]) -> int:
    """The most series that share a row."""
    return max((len(dots) for panel in panels for dots in panel.values()), default=1)


def _draw(ax: mpl.Axes, panel: Panel, rows: Sequence[str], look: Look, abreast: int) -> None:
    for index, (name, slot) in enumerate(look.slots.items()):
        style = styles.line_style(slot)
        offset = SPREAD * ((index + 0.5) / len(look.slots) - 0.5) if abreast > 1 else 0.0
        for row, dots in panel.items():
            dot = dots.get(name)
            if dot is None or math.isnan(dot.value):
                continue
            y = rows.index(row) + offset
            if not math.isnan(dot.low):
                ax.plot([dot.low, dot.high], [y, y], color=style.color, linewidth=0.9, solid_capstyle="butt")
            ax.plot([dot.value], [y], linestyle="", marker=style.marker, color=style.color, markersize=4.2,
                    markeredgecolor="white", markeredgewidth=0.4)  # fmt: skip
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_yticks(range(len(rows)))
    ax.set_yticklabels(rows, parse_math=False)
    ax.tick_params(axis="y", length=0)
    ax.grid(visible=True, axis="x")
    ax.set_yticks([row + 0.5 for row in range(len(rows) - 1)], minor=True)
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="y", which="minor", color="#EEEEEE")
    ax.tick_params(axis="y", which="minor", length=0)
    if look.linear:
        ax.xaxis.set_major_locator(even(5))
    else:
        ax.set_xscale("log")
        log_x_ticks(ax, *ax.get_xlim())
