"""Helpers of the conversions: numbers for choices, values that rounding moved past an end, and a missing library."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from harness.benchmark.parameters import Categorical, Float
from harness.errors import SpaceError, UsageError

ROUNDING = 1e-9
"""The share of its size by which a number may lie past the end of its range and still count as the end. Libraries take
a logarithm and then its exponential, which does not always give the same number.
"""
PLAIN = (bool, int, float, str)
"""The types of choices that every library keeps."""


@contextmanager
def library(package: str, what: str) -> Iterator[None]:
    """A context for the imports of a library. If it is not installed, UsageError says how to install ``package``."""
    try:
        yield
    except ImportError as error:
        named = f"'{package}'" if "[" in package else package
        raise UsageError(f"{what} needs {package}: pip install {named} ({error})") from error


def number_of(parameter: Categorical, value: Any) -> int:
    """The number of a legal choice; True is not 1."""
    same = (n for n, choice in enumerate(parameter.choices) if type(choice) is type(value) and choice == value)
    return next(same)


def numbered(parameter: Categorical, number: Any) -> Any:
    """The choice of a number, which may be a whole real or a NumPy number. SpaceError if there is none."""
    last = len(parameter.choices) - 1
    try:
        at = int(number)
    except (TypeError, ValueError, OverflowError):
        at = -1
    if not 0 <= at <= last or at != number:
        raise SpaceError(
            f"{parameter.name} = {number!r} is no number of a choice; choices have the numbers 0 to {last}"
        )
    return parameter.choices[at]


def keeps(parameter: Categorical) -> bool:
    """Whether a library that compares choices with ``==`` can have the choices themselves, instead of their numbers:
    they have plain types and no two are equal (True and 1 are).
    """
    choices = parameter.choices
    return all(type(choice) in PLAIN for choice in choices) and len(set(choices)) == len(choices)


def within(parameter: Float, value: Any, rounding: float = 0.0) -> Any:
    """The value; the end of the range instead of a number that rounding moved past it, by up to ``rounding`` or by
    ``ROUNDING`` of itself.
    """
    if not isinstance(value, float | int | np.number):
        return value
    allowed = max(rounding, ROUNDING * (parameter.high - parameter.low))
    for end, past in ((parameter.low, value < parameter.low), (parameter.high, value > parameter.high)):
        if past and math.isclose(value, end, rel_tol=ROUNDING, abs_tol=allowed):
            return end
    return value
