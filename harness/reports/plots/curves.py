"""Figures of step curves other than trajectories of scores: ranks over time, profiles, runtime distributions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.reports.plots import mpl, styles
from harness.reports.plots.figures import compose
from harness.reports.plots.panels import BAND, marks
from harness.reports.plots.styles import Look
from harness.reports.plots.ticks import even, log_ticks, log_x_ticks, short
from harness.scores.metrics import Floats

FRACTIONS = (-0.02, 1.04)
"""The limits of a vertical axis from 0 to 1."""


@dataclass(frozen=True)
class Curve:
    """Values over the panel's x, and the ends ``low`` and ``high`` of their interval, if there is one."""

    y: Floats
    low: Floats | None = None
    high: Floats | None = None


@dataclass(frozen=True)
class Panel:
    """Curves by label over the same ascending x; ``log``: whether x is logarithmic."""

    x: Floats
    curves: Mapping[str, Curve]
    log: bool


@dataclass(frozen=True)
class VerticalAxis:
    """``limits``: at the bottom and at the top; ``ticks``: empty for round numbers; ``log``: logarithmic or not."""

    label: str
    limits: tuple[float, float]
    ticks: Sequence[float] = ()
    log: bool = False


def curves_figure(
    panels: Mapping[str, Panel],
    look: Look,
    *,
    x_label: str,
    y: VerticalAxis,
    note: str,
    where: str = "post",
    wide: bool = False,
) -> mpl.Figure:
    """A figure with a panel per title; all panels have the same vertical axis ``y``.

    ``where``: the side of a step on which its value holds (see matplotlib's ``Axes.step``); ``wide``: whether a single
    panel has the whole width.
    """

    def draw(ax: mpl.Axes, title: str) -> None:
        panel = panels[title]
        for label in sorted(panel.curves, key=lambda name: -look.slots[name]):  # the legend's first name is on top
            _draw(ax, panel, label, look.slots[label], where)
        if panel.log:
            ax.set_xscale("log")
            log_x_ticks(ax, panel.x[0], panel.x[-1])
        else:
            ax.xaxis.set_major_locator(mpl.MaxNLocator(5))
        ax.set_xlim(panel.x[0], panel.x[-1])
        if y.log:
            ax.set_yscale("log")
            ax.yaxis.set_minor_locator(mpl.NullLocator())
            ax.yaxis.set_major_formatter(short())
        ax.set_ylim(*y.limits)
        ticks = y.ticks or (log_ticks(*y.limits) if y.log else ())
        ax.yaxis.set_major_locator(mpl.FixedLocator(ticks) if ticks else even())

    aspect = 0.5 if wide and look.width == "full" else None
    return compose(list(panels), draw, look, lambda: note, x_label=x_label, y_label=y.label, aspect=aspect, wide=wide)


def _draw(ax: mpl.Axes, panel: Panel, label: str, slot: int, where: str) -> None:
    curve, style = panel.curves[label], styles.line_style(slot)
    if curve.low is not None and curve.high is not None:
        ax.fill_between(panel.x, curve.low, curve.high, step=where, color=style.color, alpha=BAND, linewidth=0)  # type: ignore[arg-type]
    ax.plot(
        panel.x, curve.y, drawstyle=f"steps-{where}", color=style.color, linestyle=style.linestyle,
        marker=style.marker, markevery=marks(len(panel.x), slot), markeredgecolor="white", markeredgewidth=0.4,
        label=label,
    )  # fmt: skip
