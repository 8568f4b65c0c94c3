"""Whole numbers as people write them: 200, ``np.int64(200)`` and 200.0 are one number; True and "200" are none."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def whole(value: Any) -> int | None:
    """The integer that ``value`` is, None if it is no whole number."""
    if type(value) is int:
        return value
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, int | np.integer):
        return None if isinstance(value, bool) else int(value)
    if isinstance(value, float | np.floating):
        return int(value) if math.isfinite(value) and value == math.floor(value) else None
    return None
