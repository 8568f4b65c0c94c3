"""How figures look: colours fixed per method, print sizes, fonts, and the rest of matplotlib's settings.

A *slot* is a number that stands for a colour, a dash pattern and a marker. Lines can be told apart in colour, by the
colour-blind (palette of Okabe and Ito, without its yellow, which vanishes on white paper) and in black and white.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from harness.reports.plots import mpl

PALETTE = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES: tuple[tuple[float, ...] | None, ...] = (None, (4.5, 1.5), (6, 1.5, 1.2, 1.5), (1.5, 1.2))
MARKERS = "osD^vXP"
INK, QUIET, GRID = "#222222", "#555555", "#DDDDDD"

WIDTHS = {"full": 6.75, "column": 3.3}
"""Inches: the text width of a two-column paper and one of its columns. Print at these sizes, unscaled."""
PANELS_PER_ROW = {"full": 3, "column": 1}
ASPECT = {1: 0.62, 2: 0.6, 3: 0.8}
"""Height of a panel divided by its share of the width, by the number of panels in a row."""
DIRECT_ASPECT = {"full": 0.4, "column": 0.75}
"""The same for panels whose lines are named at their ends; the names take a part of the width."""
FORMATS = ("png", "svg", "pdf")
PNG_DPI = 300


@dataclass(frozen=True)
class LineStyle:
    """Colour (hex), dash pattern (points of line width, None for solid) and marker of a line."""

    color: str
    dashes: tuple[float, ...] | None
    marker: str

    @property
    def linestyle(self) -> Literal["-"] | tuple[float, tuple[float, ...]]:
        """As matplotlib takes it."""
        return "-" if self.dashes is None else (0.0, self.dashes)


@dataclass(frozen=True)
class Look:
    """How the lines or dots of a figure look.

    ``slots``: label -> slot, in the order of the legend; ``names``: label -> the text that the legend shows (empty: no
    legend); ``linear``: whether axes are linear, not logarithmic; ``width``: a name in ``WIDTHS``; ``bands``: whether
    lines have a band behind them; ``lines``: whether there are lines, not markers alone; ``direct``: whether lines are
    named at their ends instead of in a legend, which needs panels below each other.
    """

    slots: Mapping[str, int]
    names: Mapping[str, str]
    linear: bool
    width: str
    bands: bool = True
    lines: bool = True
    direct: bool = False

    def columns(self, panels: int) -> int:
        """How many of ``panels`` panels stand in a row."""
        return 1 if self.direct else min(panels, PANELS_PER_ROW[self.width])


def line_style(slot: int) -> LineStyle:
    """The style of a slot. The 7 colours repeat after 7 slots, each time with other dashes and markers."""
    color, rounds = slot % len(PALETTE), slot // len(PALETTE)
    return LineStyle(
        PALETTE[color], DASHES[(color + rounds) % len(DASHES)], MARKERS[(color + 3 * rounds) % len(MARKERS)]
    )


def slots(labels: Iterable[str], known: Sequence[str]) -> dict[str, int]:
    """A different slot for every label, in the order of slots.

    A label in ``known`` has its position there as its slot, in every figure. Other labels (variants, a user's own
    methods) choose in alphabetical order: the colour least used so far, and among equally used ones the colour that the
    SHA-256 of the label prefers. So the same labels always look the same, and a label keeps its colour unless another
    label has taken it.
    """
    wanted = set(labels)
    chosen = {label: known.index(label) for label in wanted if label in known}
    highest = len(PALETTE) * ((len(known) + len(wanted)) // len(PALETTE) + 1)
    for label in sorted(wanted - chosen.keys()):
        used = Counter(slot % len(PALETTE) for slot in chosen.values())
        free = sorted(set(range(highest)) - set(chosen.values()))
        chosen[label] = min(
            free, key=lambda s: (used[s % len(PALETTE)], s // len(PALETTE), _preference(label, s % len(PALETTE)))
        )
    return dict(sorted(chosen.items(), key=lambda item: item[1]))


def _preference(label: str, color: int) -> bytes:
    return hashlib.sha256(f"{label}\x1f{PALETTE[color]}".encode()).digest()


SETTINGS: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # ships with matplotlib, so the same everywhere
    "font.size": 7.5,
    "axes.titlesize": 8.5,
    "axes.labelsize": 7.5,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "legend.fontsize": 7.0,
    "axes.linewidth": 0.6,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
    "xtick.minor.size": 1.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.5,
    "lines.linewidth": 1.1,
    "lines.markersize": 3.4,
    "legend.frameon": False,
    "svg.fonttype": "path",  # the same picture on every machine
    "svg.hashsalt": "jahs-harness",  # else the ids in an SVG are random
    "pdf.fonttype": 42,  # TrueType: many venues refuse Type 3 fonts
}


@contextmanager
def style() -> Iterator[None]:
    """Matplotlib's defaults with ``SETTINGS`` on top, whatever the user's matplotlibrc says; undone on leaving."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS)  # type: ignore[arg-type,unused-ignore]  # newer stubs list every key
        yield
