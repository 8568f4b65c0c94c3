"""Numbers for small drawings: the paths of sparklines and the dots of per-seed scores.

The templates write them into SVG.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from harness.reports.plots import styles
from harness.scores.metrics import Floats

SPARK = (120, 28)
"""Width and height of a sparkline."""
STRIP = (280, 18)
"""Width and height of a row of dots."""
PAD = 3.0
DASH_UNIT = 1.6
"""Pixels per point of a dash pattern."""


@dataclass(frozen=True)
class Look:
    """A line's colour (its number in the palette) and dashes (pixels, empty for solid)."""

    color: int
    dashes: tuple[float, ...]

    @property
    def dash_text(self) -> str:
        """The dashes as SVG takes them."""
        return " ".join(f"{d:g}" for d in self.dashes) or "none"


def look(slot: int) -> Look:
    """The look of a slot, as in figures."""
    style = styles.line_style(slot)
    return Look(
        styles.PALETTE.index(style.color), tuple(round(d * DASH_UNIT, 1) for d in style.dashes) if style.dashes else ()
    )


def extent(curves: Iterable[Floats]) -> tuple[float, float]:
    """Least and greatest of some values."""
    every = np.concatenate(list(curves))
    return float(every.min()), float(every.max())


def spark_path(points: Floats, mean: Floats, low: float, high: float, first: float) -> str:
    """The SVG path of a step function from ``first`` on, over the logarithm of ``points``; high values are on top."""
    width, height = SPARK
    start = max(0, int(np.searchsorted(points, first, side="right")) - 1)
    x = PAD + (np.log(np.maximum(points[start:], first) / first) / math.log(points[-1] / first)) * (width - 2 * PAD)
    y = PAD + (high - np.clip(mean[start:], low, high)) / ((high - low) or 1.0) * (height - 2 * PAD)
    parts = [f"M{x[0]:.1f} {y[0]:.1f}"]
    last = f"{y[0]:.1f}"
    for across, down in zip(x[1:], y[1:], strict=True):
        if f"{down:.1f}" != last:
            last = f"{down:.1f}"
            parts.append(f"H{across:.1f}V{last}")
    return "".join([*parts, f"H{x[-1]:.1f}"])


def across(value: float, low: float, high: float) -> float:
    """The place of a value along a row of dots, in pixels."""
    width, _ = STRIP
    return round(PAD + (value - low) / ((high - low) or 1.0) * (width - 2 * PAD), 1)


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """At most ``most`` round numbers from ``low`` to ``high``."""
    span = (high - low) or 1.0
    power = 10.0 ** math.floor(math.log10(span))
    for step in (s * p for p in (power / 10, power, power * 10) for s in (1.0, 2.0, 2.5, 5.0)):
        found = [step * k for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]
        if len(found) <= most:
            return found
    return []


def middle(values: Sequence[float]) -> float:
    """The median."""
    return float(np.median(np.array(values)))
