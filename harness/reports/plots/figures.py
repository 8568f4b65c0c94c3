"""One figure: panels side by side, the legend below them, and a line of small print.

Panels have the same size whatever the size of the legend: the legend is measured first and the figure grows by it, so
that it covers no data. Where lines are named at their ends (see ``harness.reports.plots.ends``), panels stand below
each other and there is no legend.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.reports.plots import mpl, styles
from harness.reports.plots.ends import height_for, name_ends
from harness.reports.plots.panels import BAND, Line, draw_panel
from harness.reports.plots.styles import Look

GAP = 0.06
"""Inches between the parts of a figure."""
NARROW = 30
"""Characters after which a label of the legend may continue on the next line, if that makes the legend lower."""
MARGINS = 0.7
"""Inches of a panel's height that its title and the axis below it take, about."""
PER_INCH = 14
"""Characters of small print in an inch."""


def figure(panels: Mapping[str, Sequence[Line]], look: Look, note: str, cut_note: str) -> mpl.Figure:
    """The figure of ``panels`` (title -> lines), with ``note`` below, and ``cut_note`` if an axis cuts a line off."""
    cut: list[bool] = []

    def draw(ax: mpl.Axes, title: str) -> None:
        cut.append(draw_panel(ax, panels[title], look.slots, look.linear))

    def small_print() -> str:
        return " ".join(part for part in (note, cut_note if any(cut) and note else "") if part)

    boards = [line.curves.board for lines in panels.values() for line in lines]
    label = max(boards, key=lambda board: board.workers).time_label  # wall-clock time if a board has several workers
    return compose(list(panels), draw, look, small_print, x_label=label, y_label=boards[0].score.label)


def compose(
    titles: Sequence[str],
    draw: Callable[[mpl.Axes, str], None],
    look: Look,
    note: Callable[[], str],
    *,
    x_label: str,
    y_label: str,
    aspect: float | None = None,
    wide: bool = False,
) -> mpl.Figure:
    """A figure with a panel per title, drawn by ``draw``, and the legend and the note below.

    ``note``: returns the note, and is called when every panel is drawn; ``aspect``: height of a panel divided by its
    share of the width (default: as for a trajectory); ``wide``: whether a single panel has the whole width.
    """
    columns = look.columns(len(titles))
    rows = -(-len(titles) // columns)
    width = styles.WIDTHS["column" if len(titles) == 1 and not wide and not look.direct else look.width]
    layout = mpl.ConstrainedLayoutEngine(w_pad=0.04, h_pad=0.04, wspace=0.03, hspace=0.03)
    fig = mpl.Figure(figsize=(width, 1.0), layout=layout)
    mpl.FigureCanvasAgg(fig)  # measures text
    axes = list(fig.subplots(rows, columns, squeeze=False).flat)
    for index, (ax, title) in enumerate(zip(axes, titles, strict=False)):
        draw(ax, title)
        ax.set_title(title, parse_math=False)  # words of a suite may have a dollar sign
        if index + columns >= len(titles):
            ax.set_xlabel(x_label.replace(" [", "\n[") if columns > 2 else x_label, parse_math=False)
        if index % columns == 0:
            ax.set_ylabel(y_label, parse_math=False)
    for ax in axes[len(titles) :]:
        ax.set_axis_off()
    share = aspect or (styles.DIRECT_ASPECT[look.width] if look.direct else styles.ASPECT[columns])
    height = share * width / columns
    if look.direct:
        height = max(height, MARGINS + height_for(len(look.slots)))
    _arrange(fig, layout, look, note(), rows * height)
    if look.direct:
        fig.draw_without_rendering()  # gives the panels their final heights, which names beside them do not change
        for ax in axes[: len(titles)]:
            name_ends(ax, look)
    return fig


def _arrange(fig: mpl.Figure, layout: mpl.ConstrainedLayoutEngine, look: Look, note: str, height: float) -> None:
    """Puts the legend and the note below panels of this height (inches), and makes the figure high enough for all."""
    width = fig.get_figwidth()
    legend = _legend(fig, look, width - 2 * GAP) if look.names and not look.direct else None
    text = put_note(fig, note, width - 2 * GAP)
    legend_height = _inches(fig, legend)[1] if legend is not None else 0.0
    note_height = _inches(fig, text)[1] + GAP if text is not None else 0.0
    total = height + legend_height + note_height + 2 * GAP
    fig.set_size_inches(width, total)
    if text is not None:
        text.set_position((0.5, GAP / total))
    bottom = (note_height + GAP) / total
    if legend is not None:
        legend.set_bbox_to_anchor((0.0, bottom, 1.0, 1.0 - bottom), transform=fig.transFigure)
    used = (legend_height + note_height + GAP) / total
    layout.set(rect=(0.0, used, 1.0, 1.0 - used))


def _legend(fig: mpl.Figure, look: Look, width: float) -> mpl.Legend:
    """The lowest legend that fits into this width (inches)."""
    tried = []
    for characters in (int(PER_INCH * width), NARROW):
        for columns in range(1, min(len(look.slots), 6) + 1):
            legend = _legend_of(fig, look, columns, characters)
            taken, height = _inches(fig, legend)
            tried.append((taken > width, round(height, 3), -characters, columns))
            legend.remove()
    _, _, characters, columns = min(tried)
    return _legend_of(fig, look, columns, -characters)


def _legend_of(fig: mpl.Figure, look: Look, columns: int, characters: int) -> mpl.Legend:
    handles: list[Any] = []
    for slot in look.slots.values():
        style = styles.line_style(slot)
        line = mpl.Line2D(
            [], [], color=style.color, linestyle=style.linestyle if look.lines else "", marker=style.marker,
            markeredgecolor="white", markeredgewidth=0.4,
        )  # fmt: skip
        handles.append((mpl.Patch(facecolor=style.color, alpha=BAND, linewidth=0), line) if look.bands else line)
    legend: mpl.Legend = fig.legend(
        handles, [str(k) for k in range(len(handles))], ncols=columns, loc="lower center",
        handlelength=3.2 if look.lines else 0.8, columnspacing=1.6, borderaxespad=0.0, borderpad=0.1,
        bbox_to_anchor=(0.0, 0.0, 1.0, 1.0),
    )  # fmt: skip
    # Labels are set afterwards, because matplotlib leaves out labels that begin with an underscore, and they are no
    # formulas.
    for text, label in zip(legend.get_texts(), look.slots, strict=True):
        text.set_parse_math(False)
        text.set_text(_wrap(look.names[label], characters))
    return legend


def _wrap(label: str, characters: int) -> str:
    """A label in lines of so many characters, broken at spaces and after commas where possible."""
    breakable = re.sub(r",(?=\S)", ",\v", label)
    breakable = re.sub(r" (?=seeds?\b|incomplete\b)", "\N{NO-BREAK SPACE}", breakable)
    lines = textwrap.wrap(breakable, characters, replace_whitespace=False, break_on_hyphens=False)
    return "\n".join(lines).replace("\v", "").replace("\N{NO-BREAK SPACE}", " ")


def put_note(fig: mpl.Figure, note: str, width: float) -> mpl.Text | None:
    """Small print at the foot of a figure, in lines of this width (inches); None for an empty note."""
    if not note:
        return None
    text = fig.text(
        0.5, 0.0, "", ha="center", va="bottom", fontsize=7.0, color=styles.QUIET, parse_math=False, linespacing=1.15
    )
    for characters in range(int(40 * width), 20, -2):
        text.set_text("\n".join(textwrap.wrap(note, characters)))
        if _inches(fig, text)[0] <= width:
            break
    return text


def _inches(fig: mpl.Figure, artist: mpl.Legend | mpl.Text) -> tuple[float, float]:
    box = artist.get_window_extent()
    return box.width / fig.dpi, box.height / fig.dpi
