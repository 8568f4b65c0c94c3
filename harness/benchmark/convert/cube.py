"""The unit cube: one coordinate from 0 to 1 for each parameter, as SciPy's and many other optimizers have it.

A coordinate is the position in the (logarithmic) range, or among the choices. A uniform point of the cube is a uniform
configuration, the same that ``Space.sample`` makes of these random numbers.

Reals of 64 bits are too coarse near 1 to have a coordinate for every value: of ten neighbouring learning rates near the
upper end, several share one. Every value that has a coordinate of its own comes back with the same bits: the ends, and
all values that ``sample`` or a point of the cube gives. Other values come back within a few units in the last place.
"""

from __future__ import annotations

import math
from typing import Any

from harness.base import exact
from harness.benchmark.convert.common import number_of
from harness.benchmark.parameters import Categorical, Float, Integer, Parameter
from harness.errors import SpaceError

BEYOND = 1e-9
"""How far outside [0, 1] a coordinate still counts as the end."""
NEIGHBOURS = 64
"""How many coordinates on either side of the computed one are tried."""


def there(parameter: Parameter, value: Any) -> float:
    """The coordinate of a legal value."""
    if isinstance(parameter, Float):
        return _place(parameter, value)
    if isinstance(parameter, Integer):
        return float((value - parameter.low + 0.5) / (parameter.high - parameter.low + 1))
    return (number_of(parameter, value) + 0.5) / len(parameter.choices)


def back(parameter: Parameter, coordinate: Any) -> Any:
    """The value at a coordinate. SpaceError if it is outside [0, 1]."""
    try:
        u = float(coordinate)
    except (TypeError, ValueError):
        u = math.nan
    if not -BEYOND <= u <= 1 + BEYOND:
        raise SpaceError(f"{parameter.name} has the coordinate {coordinate!r}; coordinates lie between 0 and 1")
    if u >= 1:
        return parameter.choices[-1] if isinstance(parameter, Categorical) else parameter.high
    return parameter.at(max(u, 0.0))


def _place(parameter: Float, value: float) -> float:
    if value <= parameter.low:
        return 0.0
    if value >= parameter.high:
        return 1.0
    width = parameter.high - parameter.low
    if parameter.log:
        span = exact.log_ratio(parameter.high, parameter.low)
        guess, slope = exact.log_ratio(value, parameter.low) / span, value * span
    else:
        guess, slope = (value - parameter.low) / width, width
    step = max(math.ulp(guess), math.ulp(max(abs(parameter.low), value)) / slope / 4)
    return _nearby(parameter, value, min(guess, 1.0), step)


def _nearby(parameter: Float, value: float, guess: float, step: float) -> float:
    """A coordinate near ``guess`` with exactly this value, or ``guess`` if none has."""
    for n in range(NEIGHBOURS):
        for u in (guess + n * step, guess - n * step):
            if 0 <= u < 1 and parameter.at(u) == value:
                return u
    return guess
