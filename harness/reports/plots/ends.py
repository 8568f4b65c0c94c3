"""Direct labels: the name of every line beside its right end, instead of a legend that the eye has to go back to.

Names stand in the order of the ends and as near to them as they can without touching each other; a thin leader of the
line's colour and dashes joins each to its end. They are outside the panel, so they cover no data.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.transforms import ScaledTranslation

from harness.reports.plots import styles

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from harness.reports.plots.figures import Look

PITCH = 0.125
"""Inches from name to name: a line of print."""
REACH = 0.16
"""Inches from the panel to the names."""
FONT = 7.0


def height_for(names: int) -> float:
    """Inches of a panel in which so many names fit beside each other."""
    return PITCH * names


def name_ends(ax: Axes, look: Look) -> None:
    """Names the lines of a panel, whose labels are those of ``look``; the panel has its final height already."""
    heights: dict[str, float] = {}
    for line in ax.get_lines():
        values = np.asarray(line.get_ydata(), np.float64)
        if line.get_label() in look.slots and np.isfinite(values).any():
            heights[str(line.get_label())] = _end(ax, values[np.isfinite(values)][-1])
    order = sorted(heights, key=lambda label: (heights[label], -look.slots[label]))
    places = apart([heights[label] for label in order], PITCH / (ax.get_window_extent().height / ax.figure.dpi))
    beside = ax.transAxes + ScaledTranslation(REACH, 0.0, ax.figure.dpi_scale_trans)
    for label, place in zip(order, places, strict=True):
        style = styles.line_style(look.slots[label])
        leader = {"arrowstyle": "-", "color": style.color, "linestyle": style.linestyle, "linewidth": 0.7,
                  "shrinkA": 0.0, "shrinkB": 0.0, "relpos": (0.0, 0.5)}  # fmt: skip
        ax.annotate(
            look.names[label], (1.0, heights[label]), (1.0, place), xycoords=ax.transAxes, textcoords=beside,
            va="center_baseline", ha="left", fontsize=FONT, annotation_clip=False, parse_math=False, arrowprops=leader,
        )  # fmt: skip


def _end(ax: Axes, last: float) -> float:
    """Where a line ends, as a fraction of the panel's height; at an edge if it ends beyond."""
    at = ax.transAxes.inverted().transform(ax.transData.transform((ax.get_xlim()[1], last)))[1]
    return float(np.clip(at, 0.0, 1.0))


def apart(wanted: Sequence[float], gap: float) -> list[float]:
    """Ascending places at least ``gap`` apart, with the least sum of squared distances from the ``wanted`` ones, which
    ascend too; moved as a whole where they would leave [0, 1], in which they fit unless there are too many.

    The isotonic regression of the wanted places less their gaps: neighbours that are too near share one place.
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
