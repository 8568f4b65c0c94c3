"""Scatter charts of many points. Points are small and pale, so that places with many of them look darker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.reports.plots import mpl, styles
from harness.reports.plots.figures import compose
from harness.reports.plots.styles import Look
from harness.scores.metrics import Floats

SIZE, PALE = 1.6, 0.25
"""Diameter of a dot (typographic points), and its opacity."""


@dataclass(frozen=True)
class Cloud:
    """The dots of one series: coordinates ``x`` and ``y`` of equal length."""

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
) -> mpl.Figure:
    """A figure with a panel per title; all panels have the same ranges. ``diagonal``: whether a line marks x = y.

    Dots are drawn as pixels in SVG and PDF too; as shapes they would make the files huge.
    """
    clouds = [cloud for panel in panels.values() for cloud in panel.values()]
    left, right = min(float(c.x.min()) for c in clouds), max(float(c.x.max()) for c in clouds)
    low, high = min(float(c.y.min()) for c in clouds), max(float(c.y.max()) for c in clouds)

    def draw(ax: mpl.Axes, title: str) -> None:
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
            axis.set_major_locator(mpl.MaxNLocator(5))
            axis.set_major_formatter(mpl.StrMethodFormatter("{x:,.0f}"))

    return compose(list(panels), draw, look, lambda: note, x_label=x_label, y_label=y_label, aspect=0.75)
