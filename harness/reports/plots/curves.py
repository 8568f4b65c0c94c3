"""Panels of step curves that are no trajectories of scores: ranks over time, profiles, runtime distributions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from harness.reports.plots import styles
from harness.reports.plots.figures import Look, compose
from harness.reports.plots.panels import BAND, log_ticks, marks
from harness.scores.metrics import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Curve:
    """Values over the panel's x, with the ends of an interval, ``low`` and ``high``, where there is one."""

    y: Floats
    low: Floats | None = None
    high: Floats | None = None


@dataclass(frozen=True)
class Panel:
    """Curves by label over one x (ascending), which is drawn logarithmic if ``log``."""

    x: Floats
    curves: Mapping[str, Curve]
    log: bool


def curves_figure(
    panels: Mapping[str, Panel],
    look: Look,
    *,
    x_label: str,
    y_label: str,
    note: str,
    y_limits: tuple[float, float],
    y_ticks: Sequence[float] = (),
    where: str = "post",
    wide: bool = False,
    log_y: bool = False,
) -> Figure:
    """A figure with a panel per title.

    ``where``: on which side of a step its value holds (see ``Axes.step``); ``y_ticks``: instead of round numbers;
    ``wide``: a single panel has the whole width, too; ``log_y``: y is logarithmic.
    """

    def draw(ax: Axes, title: str) -> None:
        panel = panels[title]
        for label in sorted(panel.curves, key=lambda name: -look.slots[name]):  # the first in the legend on top
            _draw(ax, panel, label, look.slots[label], where)
        if panel.log:
            ax.set_xscale("log")
            plain_ticks(ax, panel.x[0], panel.x[-1])
        else:
            ax.xaxis.set_major_locator(MaxNLocator(5))
        ax.set_xlim(panel.x[0], panel.x[-1])
        if log_y:
            ax.set_yscale("log")
            ax.yaxis.set_minor_locator(NullLocator())
            ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.set_ylim(*y_limits)
        ticks = y_ticks or (log_ticks(*y_limits) if log_y else ())
        ax.yaxis.set_major_locator(FixedLocator(ticks) if ticks else MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))

    aspect = 0.5 if wide and look.width == "full" else None
    return compose(list(panels), draw, look, lambda: note, x_label=x_label, y_label=y_label, aspect=aspect, wide=wide)


def _draw(ax: Axes, panel: Panel, label: str, slot: int, where: str) -> None:
    curve, style = panel.curves[label], styles.line_style(slot)
    if curve.low is not None and curve.high is not None:
        ax.fill_between(panel.x, curve.low, curve.high, step=where, color=style.color, alpha=BAND, linewidth=0)  # type: ignore[arg-type]
    ax.plot(
        panel.x, curve.y, drawstyle=f"steps-{where}", color=style.color, linestyle=style.linestyle,
        marker=style.marker, markevery=marks(len(panel.x), slot), markeredgecolor="white", markeredgewidth=0.4,
        label=label,
    )  # fmt: skip


def plain_ticks(ax: Axes, low: float, high: float) -> None:
    """Ticks of a logarithmic x axis from ``low`` to ``high``: plain numbers, and enough of them."""
    wide = high / low > 30.0
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0,)) if wide else FixedLocator(log_ticks(low, high)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    if not wide:
        ax.xaxis.set_minor_locator(NullLocator())
