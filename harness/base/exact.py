"""The exponential function with the same bits on every machine.

``math.exp`` and ``numpy.exp`` call the platform's library and may differ in the last bit, which is enough to make two
replays of a run diverge. This one uses only additions, products and scaling by powers of two, each rounded as IEEE 754
prescribes; ``harness/sources/models/_native.c`` performs the same operations in the same order.
"""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

LIMIT = 700.0
"""Arguments are clipped to [-LIMIT, LIMIT], where the result is neither subnormal nor infinite."""
_LOG2_E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 0.693147180369123816490, 1.90821492927058770002e-10
_INVERSE_FACTORIALS = tuple(1 / math.factorial(n) for n in range(13, -1, -1))


def exp(x: float) -> float:
    """e**x to about one unit in the last place."""
    x = min(max(x, -LIMIT), LIMIT)
    k = math.floor(x * _LOG2_E + 0.5)
    r = x - k * _LN2_HIGH
    r = r - k * _LN2_LOW
    p = _INVERSE_FACTORIALS[0]
    for term in _INVERSE_FACTORIALS[1:]:
        p = p * r + term
    return math.ldexp(p, k)


def exp_array(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """``exp`` of every element, with the same bits as ``exp``."""
    x = np.clip(x, -LIMIT, LIMIT)
    k = np.floor(x * _LOG2_E + 0.5)
    r = x - k * _LN2_HIGH
    r = r - k * _LN2_LOW
    p = np.full_like(x, _INVERSE_FACTORIALS[0])
    for term in _INVERSE_FACTORIALS[1:]:
        p = p * r
        p = p + term
    return np.ldexp(p, k.astype(np.int64))


def log_ratio(high: float, low: float) -> float:
    """ln(high / low), correctly rounded."""
    return float((Decimal(high) / Decimal(low)).ln())
