"""Direct labels: the name of every line beside its right end, so that a reader need not look it up in a legend.

Names stand in the order of the lines' ends, as near to them as possible without touching each other. A thin leader in
the line's colour and dashes joins each name to its end. Names are outside the panel, so they cover no data.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.reports.plots import mpl, styles
from harness.reports.plots.styles import Look

PITCH = 0.125
"""Inches from name to name: a line of print."""
REACH = 0.16
"""Inches from the panel to the names."""
FONT = 7.0
"""Points."""


def height_for(names: int) -> float:
    """The height (inches) of a panel beside which so many names fit."""
    return PITCH * names


def name_ends(ax: mpl.Axes, look: Look) -> None:
    """Names the lines of a panel that have a label in ``look``. The panel must have its final height already."""
    heights: dict[str, float] = {}
    for line in ax.get_lines():
        values = np.asarray(line.get_ydata(), np.float64)
        if line.get_label() in look.slots and np.isfinite(values).any():
            heights[str(line.get_label())] = _end(ax, values[np.isfinite(values)][-1])
    order = sorted(heights, key=lambda label: (heights[label], -look.slots[label]))
    places = apart([heights[label] for label in order], PITCH / (ax.get_window_extent().height / ax.figure.dpi))
    beside = ax.transAxes + mpl.ScaledTranslation(REACH, 0.0, ax.figure.dpi_scale_trans)
    for label, place in zip(order, places, strict=True):
        style = styles.line_style(look.slots[label])
        leader = {"arrowstyle": "-", "color": style.color, "linestyle": style.linestyle, "linewidth": 0.7,
                  "shrinkA": 0.0, "shrinkB": 0.0, "relpos": (0.0, 0.5)}  # fmt: skip
        ax.annotate(
            look.names[label], (1.0, heights[label]), (1.0, place), xycoords=ax.transAxes, textcoords=beside,
            va="center_baseline", ha="left", fontsize=FONT, annotation_clip=False, parse_math=False, arrowprops=leader,
        )  # fmt: skip


def _end(ax: mpl.Axes, last: float) -> float:
    """The height at which a line ends, as a fraction of the panel's height; 0 or 1 if it leaves the panel."""
    at = ax.transAxes.inverted().transform(ax.transData.transform((ax.get_xlim()[1], last)))[1]
    return float(np.clip(at, 0.0, 1.0))


def apart(wanted: Sequence[float], gap: float) -> list[float]:
    """Ascending places at least ``gap`` apart, as near as possible to the ``wanted`` places, which ascend too.

    The sum of squared distances is the least possible: it is the isotonic regression of the wanted places less their
    gaps. Places that would leave [0, 1] are moved inside, unless there are too many to fit.
    """
    groups: list[tuple[float, int]] = []
    for index, place in enumerate(wanted):
        mean, count = place - gap * index, 1
        while groups and groups[-1][0] > mean:
            before, number = groups.pop()
            mean, count = (mean * count + before * number) / (count + number), count + number
        groups.append((mean, count))
    top = 1.0 - gap * (len(wanted) - 1)
    level = [min(max(mean, 0.0), max(top, 0.0)) for mean, count in groups for _ in range(count)]
    return [place + gap * index for index, place in enumerate(level)]
