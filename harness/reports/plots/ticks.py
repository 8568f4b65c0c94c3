"""Ticks of axes: round numbers, written out, and enough of them."""

from __future__ import annotations

import numpy as np

from harness.reports.plots import mpl

LOG_DIGITS = ((1,), (1, 2, 5), (1, 1.5, 2, 3, 5, 7), (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8))
"""First digits that the ticks of a logarithmic axis may have, from coarse to fine."""
ROUND = (1, 2, 2.5, 5, 10)
"""Steps between the ticks of a linear axis, times a power of ten."""
MANY_DECADES = 30.0
"""A logarithmic axis whose end is more than this times its start has ticks at powers of ten only."""


def even(most: int = 6) -> mpl.MaxNLocator:
    """Round numbers at equal distances."""
    return mpl.MaxNLocator(most, steps=ROUND)


def short() -> mpl.FuncFormatter:
    """Numbers as short as possible: ``0.1``, ``10``, ``1e+06``."""
    return mpl.FuncFormatter(lambda value, _: f"{value:g}")


def log_ticks(bottom: float, top: float) -> list[float]:
    """At least four round numbers. Powers of ten alone say nothing about an axis from 8 to 20 %."""
    decades = [10.0**k for k in range(int(np.floor(np.log10(bottom))), int(np.ceil(np.log10(top))))]
    for digits in LOG_DIGITS:
        ticks = [digit * decade for decade in decades for digit in digits if bottom <= digit * decade <= top]
        if len(ticks) >= 4:
            return ticks
    return [float(tick) for tick in even().tick_values(bottom, top) if bottom <= tick <= top]


def log_x_ticks(ax: mpl.Axes, low: float, high: float) -> None:
    """Sets the ticks of a logarithmic x axis from ``low`` to ``high``."""
    wide = high / low > MANY_DECADES
    ax.xaxis.set_major_locator(mpl.LogLocator(subs=(1.0,)) if wide else mpl.FixedLocator(log_ticks(low, high)))
    ax.xaxis.set_major_formatter(short())
    ax.xaxis.set_minor_formatter(mpl.NullFormatter())
    if not wide:
        ax.xaxis.set_minor_locator(mpl.NullLocator())


def time_ticks(ax: mpl.Axes) -> None:
    """Sets the ticks of a logarithmic time axis, which are powers of ten."""
    ax.xaxis.set_major_locator(mpl.LogLocator(subs=(1.0,)))
    ax.xaxis.set_major_formatter(short())
    ax.xaxis.set_minor_formatter(mpl.NullFormatter())


def score_ticks(ax: mpl.Axes, at: list[float]) -> None:
    """Sets the ticks of the y axis to these numbers, or to round ones at equal distances if there are none."""
    ax.yaxis.set_major_locator(mpl.FixedLocator(at) if at else even())
    ax.yaxis.set_minor_locator(mpl.NullLocator())
    if at and max(at) >= 1000 * min(at):  # a ScalarFormatter gives every number the decimals of the least
        ax.yaxis.set_major_formatter(short())
        return
    plain = mpl.ScalarFormatter(useOffset=False)
    plain.set_scientific(False)
    ax.yaxis.set_major_formatter(plain)
