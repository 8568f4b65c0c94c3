"""Scatter charts of many points: a panel per title, a cloud per series, so small and pale that density shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from harness.reports.plots import styles
from harness.reports.plots.figures import Look, compose
from harness.scores.metrics import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE, PALE = 1.6, 0.25
"""Of a point: points (typographic) across, opacity."""


@dataclass(frozen=True)
class Cloud:
    """Points of one series: ``x`` and ``y`` of equal length."""

    x: Floats
    y: Floats


Panel = Mapping[str, Cloud]
"""Series -> cloud."""


def scatter_figure(
    panels: Mapping[str, Panel],
    look: Look,
    *,
    x_label: str,
    y_label: str,
    note: str = "",
    diagonal: bool = False,
) -> Figure:
    """A figure with a panel per title, with the same range everywhere. ``diagonal``: whether x = y is marked.

    Points are drawn as pixels in SVG and PDF too, which would be huge otherwise.
    """
    clouds = [cloud for panel in panels.values() for cloud in panel.values()]
    left, right = min(float(c.x.min()) for c in clouds), max(float(c.x.max()) for c in clouds)
    low, high = min(float(c.y.min()) for c in clouds), max(float(c.y.max()) for c in clouds)

    def draw(ax: Axes, title: str) -> None:
        for name, cloud in panels[title].items():
            ax.plot(
                cloud.x, cloud.y, linestyle="", marker=".", markersize=SIZE, markeredgewidth=0,
                color=styles.line_style(look.slots[name]).color, alpha=PALE, rasterized=True,
            )  # fmt: skip
        if diagonal:
            ax.plot([left, right], [left, right], color=styles.INK, linewidth=0.8)
        ax.set_xlim(left, right)
        ax.set_ylim(low, high)
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_locator(MaxNLocator(5))
            axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))

    return compose(list(panels), draw, look, lambda: note, x_label=x_label, y_label=y_label, aspect=0.75)
