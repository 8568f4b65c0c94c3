"""A clustered heat map of a symmetric matrix in [-1, 1]: dendrogram, colour codes of the rows, numbers in the cells."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from harness.reports.plots import mpl, styles
from harness.reports.plots.figures import GAP, put_note
from harness.scores.metrics import Floats

MAP = "PuOr_r"
"""The colour map: diverging, and safe for the colour-blind."""
TREE, STRIP, LABELS, HEAD, FEET, BAR = 0.42, 0.12, 0.62, 0.26, 0.56, 0.44
"""Sizes in inches of the dendrogram, a strip of codes, row labels, title, column labels, colour bar with its label."""


def heatmap_figure(
    matrix: Floats,
    names: Sequence[str],
    branches: Sequence[tuple[Sequence[float], Sequence[float]]],
    codes: Mapping[str, Mapping[str, str]],
    *,
    title: str,
    bar_label: str,
    note: str = "",
    width: str = "column",
) -> mpl.Figure:
    """The heat map of ``matrix``, shape (names, names), whose rows and columns are already in the order of ``names``.

    ``branches``: the links of the dendrogram, each of four heights and four positions in rows (0 is the middle of the
    first row); ``codes``: kind of code -> name -> code, drawn as a strip of colours per kind.
    """
    inches = styles.WIDTHS[width]
    side = inches - TREE - STRIP * len(codes) - LABELS - 2 * GAP
    fig = mpl.Figure(figsize=(inches, 1.0))
    mpl.FigureCanvasAgg(fig)
    text = put_note(fig, note, inches - 2 * GAP)
    note_height = text.get_window_extent().height / fig.dpi + GAP if text is not None else 0.0
    legend_height = 0.15 * len(codes) + GAP if codes else 0.0
    bottom = GAP + note_height + legend_height + BAR + FEET
    total = bottom + side + HEAD
    fig.set_size_inches(inches, total)
    if text is not None:
        text.set_position((0.5, GAP / total))

    def place(x: float, y: float, w: float, h: float) -> mpl.Axes:
        return fig.add_axes((x / inches, y / total, w / inches, h / total))

    left = GAP + TREE
    _tree(place(GAP, bottom, TREE - 0.03, side), branches, len(names))
    for index, (kind, of) in enumerate(codes.items()):
        _strip(place(left + index * STRIP, bottom, STRIP * 0.8, side), [of[name] for name in names], kind, codes)
    heat = place(left + STRIP * len(codes), bottom, side, side)
    _cells(heat, matrix, names)
    heat.set_title(title, parse_math=False)
    _bar(place(left + STRIP * len(codes), bottom - FEET - 0.09, side, 0.09), bar_label)
    for index, kind in enumerate(reversed(list(codes))):
        _legend(fig, kind, codes, (GAP + note_height + 0.15 * index) / total)
    return fig


def _tree(ax: mpl.Axes, branches: Sequence[tuple[Sequence[float], Sequence[float]]], rows: int) -> None:
    ax.set_axis_off()
    ax.add_collection(
        mpl.LineCollection(
            [list(zip(heights, at, strict=True)) for heights, at in branches], colors=styles.INK, linewidths=0.7
        )
    )
    highest = max((h for heights, _ in branches for h in heights), default=1.0)
    ax.set_xlim(highest * 1.03, 0.0)
    ax.set_ylim(rows - 0.5, -0.5)


def _colour(code: str, kind: str, codes: Mapping[str, Mapping[str, str]]) -> str:
    """The colour of a code. Every code of every kind has its own, unless there are more codes than colours."""
    every = [(k, c) for k, of in codes.items() for c in dict.fromkeys(of.values())]
    return styles.PALETTE[(every.index((kind, code)) + 1) % len(styles.PALETTE)]


def _strip(ax: mpl.Axes, own: Sequence[str], kind: str, codes: Mapping[str, Mapping[str, str]]) -> None:
    ax.set_axis_off()
    for row, code in enumerate(own):
        ax.add_patch(
            mpl.Rectangle((0, row - 0.5), 1, 1, facecolor=_colour(code, kind, codes), edgecolor="white", linewidth=0.4)
        )
    ax.set_xlim(0, 1)
    ax.set_ylim(len(own) - 0.5, -0.5)


def _cells(ax: mpl.Axes, matrix: Floats, names: Sequence[str]) -> None:
    colours = mpl.colormaps[MAP]
    for row, values in enumerate(matrix.tolist()):
        for column, value in enumerate(values):
            fill = colours(0.5 if math.isnan(value) else (value + 1) / 2)
            ax.add_patch(
                mpl.Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=fill, edgecolor="white", linewidth=0.6)
            )
            light = 0.299 * fill[0] + 0.587 * fill[1] + 0.114 * fill[2]
            said = "–" if math.isnan(value) else f"{value:.2f}".replace("-", "−")
            ax.text(column, row, said, ha="center", va="center", fontsize=5.8,
                    color=styles.INK if light > 0.5 else "white")  # fmt: skip
    ax.set_xlim(-0.5, len(names) - 0.5)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.grid(visible=False)
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.tick_params(length=0, pad=2)
    ax.yaxis.tick_right()
    ax.set_yticks(range(len(names)), names, parse_math=False)
    ax.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor", parse_math=False)


def _bar(ax: mpl.Axes, label: str) -> None:
    colours, steps = mpl.colormaps[MAP], 64
    for step in range(steps):
        ax.add_patch(mpl.Rectangle((2 * step / steps - 1, 0), 2 / steps, 1, facecolor=colours((step + 0.5) / steps)))
    ax.set_xlim(-1, 1)
    ax.set_ylim(0, 1)
    ax.set_yticks([])
    ax.grid(visible=False)
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.set_xticks([-1, -0.5, 0, 0.5, 1], ["−1", "−0.5", "0", "0.5", "1"])
    ax.set_xlabel(label, labelpad=1, parse_math=False)


def _legend(fig: mpl.Figure, kind: str, codes: Mapping[str, Mapping[str, str]], bottom: float) -> None:
    own = list(dict.fromkeys(codes[kind].values()))
    handles = [mpl.Patch(facecolor=_colour(code, kind, codes), label=code) for code in own]
    legend = fig.legend(
        handles=[mpl.Patch(alpha=0.0, label=f"{kind}:"), *handles], ncols=len(own) + 1, loc="lower center",
        bbox_to_anchor=(0.5, bottom), borderaxespad=0.0, borderpad=0.0, handlelength=0.9, handletextpad=0.4,
        columnspacing=0.9, fontsize=6.5,
    )  # fmt: skip
    for text in legend.get_texts():
        text.set_parse_math(False)
