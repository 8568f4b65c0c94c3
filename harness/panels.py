"""One figure: a panel per task side by side, a line per method with a band of one standard error, the legend below.

Panels keep their size whatever the legend needs: it is measured first and the figure grows by it, so it covers no data.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from harness import styles
from harness.metrics import Floats, mean_and_error
from harness.results import Curves

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.legend import Legend
    from matplotlib.text import Text

MARKS = 6
"""Markers along a line."""
GAP = 0.06
"""Inches between the parts of a figure."""


@dataclass(frozen=True)
class Line:
    """One entry in one panel. ``start`` is the score before a run's first counted evaluation."""

    label: str
    curves: Curves
    start: float

    @property
    def settled(self) -> int:
        """Index of the first grid time at which every seed has a counted evaluation; -1 (the last) if there is none."""
        have = (self.curves.values != self.start).all(axis=0)
        return int(np.argmax(have)) if have.any() else -1


@dataclass(frozen=True)
class Look:
    """What the caller chooses: see ``harness.plots.draw``. ``slots`` maps labels to slots, in the legend's order."""

    slots: Mapping[str, int]
    names: Mapping[str, str]
    linear: bool
    width: str


def figure(panels: Mapping[str, Sequence[Line]], look: Look, note: str, cut_note: str) -> Figure:
    """The figure of panels (title -> lines); ``note`` stands below it, with ``cut_note`` where an axis cuts a line off."""
    columns = min(len(panels), styles.PANELS_PER_ROW[look.width])
    rows = -(-len(panels) // columns)
    width = styles.WIDTHS["column" if len(panels) == 1 else look.width]
    layout = ConstrainedLayoutEngine(w_pad=0.04, h_pad=0.04, wspace=0.03, hspace=0.03)
    fig = Figure(figsize=(width, 1.0), layout=layout)
    grid = fig.subplots(rows, columns, squeeze=False)
    axes = list(grid.flat)
    cut = False
    for index, (ax, (title, lines)) in enumerate(zip(axes, panels.items(), strict=False)):
        cut |= _panel(ax, lines, look)
        ax.set_title(title)
        if index + columns >= len(panels):
            ax.set_xlabel("Approx. full evaluations")
        if index % columns == 0:
            ax.set_ylabel(lines[0].curves.board.score.label)
    for ax in axes[len(panels) :]:
        ax.set_axis_off()
    text = " ".join(part for part in (note, cut_note if cut and note else "") if part)
    _arrange(fig, look, text, rows * styles.ASPECT[columns] * width / columns)
    return fig


def _panel(ax: Axes, lines: Sequence[Line], look: Look) -> bool:
    """Draws one panel; whether a line leaves it through the top or the bottom."""
    maximize = lines[0].curves.board.score.maximize
    log_y = not maximize and not look.linear
    if not look.linear:
        ax.set_xscale("log")
    if log_y:
        ax.set_yscale("log")
    low, high, outermost = np.inf, -np.inf, []
    for line in sorted(lines, key=lambda line: -look.slots[line.label]):  # the first in the legend is drawn on top
        slot = look.slots[line.label]
        style = styles.line_style(slot)
        mean, error = mean_and_error(line.curves.values)
        band = np.nan_to_num(error)
        time = line.curves.grid
        if np.isfinite(error).any():
            ax.fill_between(time, mean - band, mean + band, step="post", color=style.color, alpha=0.18, linewidth=0)
        ax.plot(
            time, mean, drawstyle="steps-post", color=style.color, linestyle=style.linestyle, marker=style.marker,
            markevery=_marks(len(time), slot), markeredgecolor="white", markeredgewidth=0.4, gid=f"line {line.label}",
        )  # fmt: skip
        part = slice(line.settled, None)
        low, high = min(low, (mean - band)[part].min()), max(high, (mean + band)[part].max())
        outermost.append(mean.min() if maximize else mean.max())
    time = lines[0].curves.grid
    ax.set_xlim(time[0], time[-1])
    bottom, top = _limits(low, high, log_y)
    ax.set_ylim(bottom, top)
    _ticks(ax, look.linear, log_y and top / bottom >= 4)
    return bool(min(outermost) < bottom if maximize else max(outermost) > top)


def _marks(points: int, slot: int) -> list[int]:
    """Evenly spaced along the axis, and shifted from slot to slot so that markers do not hide each other."""
    shift = (3 * slot % len(styles.PALETTE) + 0.5) / len(styles.PALETTE)
    return [int((k + shift) / MARKS * (points - 1)) for k in range(MARKS)]


def _limits(low: float, high: float, log: bool) -> tuple[float, float]:
    """The range with a margin; never empty, and positive on a logarithmic axis."""
    if log:
        low = max(low, 1e-3)
        margin = max((high / low) ** 0.05, 1.002)
        return low / margin, high * margin
    margin = max((high - low) * 0.05, 1e-3)
    return low - margin, high + margin


def _ticks(ax: Axes, linear: bool, wide: bool) -> None:
    plain = FuncFormatter(lambda value, _: f"{value:g}")
    if not linear:
        ax.xaxis.set_major_locator(LogLocator(subs=(1.0,)))
        ax.xaxis.set_major_formatter(plain)
        ax.xaxis.set_minor_formatter(NullFormatter())
    # Powers of ten say nothing about an axis from 8 to 20 %: a narrow logarithmic axis gets round numbers instead.
    ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)) if wide else MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    ax.yaxis.set_major_formatter(plain)
    ax.yaxis.set_minor_locator(NullLocator())


def _arrange(fig: Figure, look: Look, note: str, height: float) -> None:
    """Puts the legend and the note below panels of a height (inches), and makes the figure as high as all of them."""
    width = fig.get_figwidth()
    legend = _legend(fig, look, width - 2 * GAP)
    text = _note(fig, note, width - 2 * GAP)
    legend_height = _inches(fig, legend)[1]
    note_height = _inches(fig, text)[1] + GAP if text is not None else 0.0
    total = height + legend_height + note_height + 2 * GAP
    fig.set_size_inches(width, total)
    if text is not None:
        text.set_position((0.5, GAP / total))
    bottom = (note_height + GAP) / total
    legend.set_bbox_to_anchor((0.0, bottom, 1.0, 1.0 - bottom), transform=fig.transFigure)
    engine = fig.get_layout_engine()
    assert isinstance(engine, ConstrainedLayoutEngine)
    used = (legend_height + note_height + GAP) / total
    engine.set(rect=(0.0, used, 1.0, 1.0 - used))


def _legend(fig: Figure, look: Look, width: float) -> Legend:
    """The legend with as many columns as fit into a width (inches)."""
    handles = []
    for slot in look.slots.values():
        style = styles.line_style(slot)
        line = Line2D([], [], color=style.color, linestyle=style.linestyle, marker=style.marker,
                      markeredgecolor="white", markeredgewidth=0.4)  # fmt: skip
        handles.append((Patch(facecolor=style.color, alpha=0.18, linewidth=0), line))
    for columns in range(len(handles), 0, -1):
        legend = fig.legend(
            handles, [str(k) for k in range(len(handles))], ncols=columns, loc="lower center", handlelength=3.2,
            columnspacing=1.6, borderaxespad=0.0, borderpad=0.1, bbox_to_anchor=(0.0, 0.0, 1.0, 1.0),
        )  # fmt: skip
        # Set afterwards: a label is no formula, and matplotlib leaves out labels that begin with an underscore.
        for text, label in zip(legend.get_texts(), look.slots, strict=True):
            text.set_parse_math(False)
            text.set_text("\n".join(textwrap.wrap(look.names[label], max(int(width * 15), 20), break_on_hyphens=False)))
        if columns == 1 or _inches(fig, legend)[0] <= width:
            break
        legend.remove()
    return legend


def _note(fig: Figure, note: str, width: float) -> Text | None:
    if not note:
        return None
    for characters in range(160, 20, -2):
        text = fig.text(
            0.5, 0.0, "\n".join(textwrap.wrap(note, characters)), ha="center", va="bottom", fontsize=7.0,
            color=styles.QUIET, parse_math=False, linespacing=1.15,
        )  # fmt: skip
        if _inches(fig, text)[0] <= width:
            break
        text.remove()
    return text


def _inches(fig: Figure, artist: Legend | Text) -> tuple[float, float]:
    box = artist.get_window_extent()
    return box.width / fig.dpi, box.height / fig.dpi


__all__ = ["Floats", "Line", "Look", "figure"]
