"""The parameters of a space: real numbers, whole numbers, and choices, each with its range and its check."""

from __future__ import annotations

import math
import sys
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.base import exact
from harness.base.escape import shown
from harness.base.whole import whole
from harness.errors import SpaceError

WIDEST = float(np.finfo(np.float32).max)
"""The largest number that 32 bits hold."""

LONGEST = 200
"""Characters of a name."""


def rounds_to(value: Any, narrow: Any) -> bool:
    """Whether ``narrow`` is the real ``value`` rounded to 32 bits, in which many frames have their numbers."""
    return isinstance(value, float) and isinstance(narrow, float | np.floating) and bool(narrowed(value) == narrow)


def narrowed(value: float) -> float:
    """A number rounded to 32 bits; NaN, which equals nothing, if 32 bits cannot hold it."""
    return float(np.float32(value)) if abs(value) <= WIDEST else math.nan


def is_finite(value: object) -> bool:
    """Whether this is a finite number; truth values are none."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.integer | np.floating):
        return False
    return bool(abs(value) <= sys.float_info.max)


def check_name(name: object) -> None:
    """SpaceError if a parameter cannot have this name."""
    if not isinstance(name, str) or not name or len(name) > LONGEST or not name.isprintable():
        raise SpaceError(f"{shown(name, 60)} is no name of a parameter; give 1 to {LONGEST} printable characters")


def _ends(low: object, high: object) -> str:
    return f"{shown(low, 40)} to {shown(high, 40)}"


@dataclass(frozen=True)
class Float:
    """A real number in [low, high], uniform or (``log``) log-uniform. SpaceError if there is no such range."""

    name: str
    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        ends = (self.low, self.high)
        check_name(self.name)
        if not all(is_finite(end) for end in ends) or not self.low <= self.high:
            raise SpaceError(f"{self.name}: {_ends(*ends)} is no range; give two finite numbers, the lower one first")
        if self.high - self.low == math.inf:
            raise SpaceError(f"{self.name}: {_ends(*ends)} is wider than any number; give a narrower range")
        if self.log and self.low < sys.float_info.min:
            raise SpaceError(f"{self.name}: {_ends(*ends)} has no logarithms; begin above 0 or leave out log")

    @property
    def domain(self) -> str:
        """The range in words."""
        return f"[{self.low:g}, {self.high:g}]" + (" (log-uniform)" if self.log else "")

    @property
    def several(self) -> bool:
        """Whether there is more than one value."""
        return self.high > self.low

    def check(self, value: Any) -> float:
        """The value as a float, or SpaceError."""
        ok = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
        exactly = float(value) if isinstance(value, np.floating) else value  # NumPy would compare in 32 bits
        if not ok or not self.low <= exactly <= self.high:
            end = next((end for end in (self.low, self.high) if rounds_to(end, value)), None)
            if end is None:
                raise SpaceError(f"{self.name} = {shown(value)} is outside its range {self.domain}")
            return float(end)
        return float(value)

    def place(self, value: Any) -> float:
        """Where a legal value stands in the order of values."""
        return float(value)

    def at(self, u: float) -> float:
        """The value at position ``u`` in [0, 1) of the range (of its logarithm if ``log``)."""
        value = self.low * exact.exp(u * self._span) if self.log else self.low + u * (self.high - self.low)
        return min(max(value, self.low), self.high)

    def at_all(self, u: NDArray[np.float64]) -> list[Any]:
        """The values at many positions, with the same bits as ``at``."""
        values = self.low * exact.exp_array(u * self._span) if self.log else self.low + u * (self.high - self.low)
        held: list[float] = np.minimum(np.maximum(values, self.low), self.high).tolist()
        return held

    @cached_property
    def _span(self) -> float:
        return exact.log_ratio(self.high, self.low)


@dataclass(frozen=True)
class Integer:
    """A whole number in low..high, of at most 64 bits. SpaceError if there is no such range."""

    name: str
    low: int
    high: int

    def __post_init__(self) -> None:
        check_name(self.name)
        low, high = whole(self.low), whole(self.high)
        if low is None or high is None or not low <= high:
            raise SpaceError(
                f"{self.name}: {_ends(self.low, self.high)} is no range; give two whole numbers, the lower one first"
            )
        if not -(2**63) <= low <= high < 2**63:
            raise SpaceError(f"{self.name}: {_ends(low, high)} has more than 64 bits; give smaller numbers")
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "high", high)

    @property
    def domain(self) -> str:
        """The range in words."""
        return f"{{{self.low}..{self.high}}}"

    @property
    def several(self) -> bool:
        """Whether there is more than one value."""
        return self.high > self.low

    def check(self, value: Any) -> int:
        """The value as an int, or SpaceError; 200.0 is 200."""
        number = whole(value)
        if number is None or not self.low <= number <= self.high:
            raise SpaceError(f"{self.name} = {shown(value)} is outside its range {self.domain}")
        return number

    def place(self, value: Any) -> float:
        """Where a legal value stands in the order of values."""
        return float(value)

    def at(self, u: float) -> int:
        """The value at position ``u`` in [0, 1) of the range."""
        return self.low + int(u * (self.high - self.low + 1))

    def at_all(self, u: NDArray[np.float64]) -> list[Any]:
        """The values at many positions."""
        return [self.at(one) for one in u.tolist()]


@dataclass(frozen=True)
class Categorical:
    """One of ``choices``; ``ordered`` says whether their order means something. SpaceError if they are no choices."""

    name: str
    choices: tuple[Any, ...]
    ordered: bool = False

    def __post_init__(self) -> None:
        check_name(self.name)
        if isinstance(self.choices, list):
            object.__setattr__(self, "choices", tuple(self.choices))
        if not isinstance(self.choices, tuple) or not self.choices:
            raise SpaceError(f"{self.name}: choices = {shown(self.choices)} must be a tuple of one or more values")
        for choice in self.choices:
            if isinstance(choice, float | np.floating) and not math.isfinite(choice):
                raise SpaceError(f"{self.name} has the choice {shown(choice)}; a number must be finite")
            if type(choice) is int and not -(2**63) <= choice < 2**63:
                raise SpaceError(f"{self.name} has the choice {shown(choice)}; a number has at most 64 bits")
        try:
            kinds = [(isinstance(choice, bool), choice) for choice in self.choices]
            twice = next((choice for choice, count in Counter(kinds).items() if count > 1), None)
        except TypeError:
            raise SpaceError(f"{self.name} has choices that cannot be told apart, such as lists; use tuples") from None
        if twice is not None:
            raise SpaceError(f"{self.name} has the choice {shown(twice[1])} twice; give every choice once")

    @property
    def domain(self) -> str:
        """The range in words."""
        return "{" + ", ".join(map(str, self.choices)) + "}"

    @property
    def several(self) -> bool:
        """Whether there is more than one value."""
        return len(self.choices) > 1

    def check(self, value: Any) -> Any:
        """The choice equal to ``value`` and of its kind (True is not 1, "1" is not 1), or SpaceError."""
        try:
            return self._accepted[type(value), value]
        except (KeyError, TypeError):
            for choice in self.choices:
                if rounds_to(choice, value):
                    return choice
            if isinstance(value, np.generic):
                return self.check(value.item())
            raise SpaceError(f"{self.name} = {shown(value)} is outside its range {self.domain}") from None

    def place(self, value: Any) -> float:
        """Where a legal value stands among the choices."""
        return float(self.choices.index(value))

    def at(self, u: float) -> Any:
        """The choice at position ``u`` in [0, 1)."""
        return self.choices[int(u * len(self.choices))]

    def at_all(self, u: NDArray[np.float64]) -> list[Any]:
        """The choices at many positions."""
        return [self.choices[place] for place in (u * len(self.choices)).astype(np.int64).tolist()]

    @cached_property
    def _accepted(self) -> dict[tuple[type, Any], Any]:
        """By kind and value, so that True is not 1; 200 and 200.0 are one number."""
        reals = {(int, number): c for c in self.choices if isinstance(c, float) and (number := whole(c)) is not None}
        wholes = {(float, float(c)): c for c in self.choices if type(c) is int}
        return reals | wholes | {(type(c), c): c for c in self.choices}


Parameter = Float | Integer | Categorical
