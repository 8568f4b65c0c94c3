"""Numbers as the tables show them."""

from __future__ import annotations

import math


def number(value: float, digits: int = 2) -> str:
    """``9.30``, or a dash for NaN."""
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def signed(value: float, digits: int = 2) -> str:
    """A difference with its sign, a true minus: ``+0.13`` or ``−0.13``."""
    return f"{value:+.{digits}f}".replace("-", "\N{MINUS SIGN}")


def plus_minus(mean: float, error: float, digits: int = 2) -> str:
    """``9.30 ± 0.07``, or the mean alone if there is no standard error."""
    return number(mean, digits) + ("" if math.isnan(mean) or math.isnan(error) else f" ± {error:.{digits}f}")


def exact(value: float) -> str:
    """Twelve significant digits for machines; empty for NaN."""
    return "" if math.isnan(value) else f"{value:.12g}"
