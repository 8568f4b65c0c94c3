"""The parameters of a space: real numbers, whole numbers, and choices, each with its range and its check."""

from __future__ import annotations

import math
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


def rounds_to(value: Any, narrow: Any) -> bool:
    """Whether ``narrow`` is the real ``value`` rounded to 32 bits, in which many frames have their numbers."""
    return isinstance(value, float) and isinstance(narrow, float | np.floating) and bool(narrowed(value) == narrow)


def narrowed(value: float) -> float:
    """A number rounded to 32 bits; NaN, which equals nothing, if 32 bits cannot hold it."""
    return float(np.float32(value)) if abs(value) <= WIDEST else math.nan


@dataclass(frozen=True)
class Float:
    """A real number in [low, high], uniform or (``log``) log-uniform."""

    name: str
    low: float
    high: float
    log: bool = False

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
    """A whole number in low..high."""

    name: str
    low: int
    high: int

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
    """One of ``choices``; ``ordered`` says whether their order means something."""

    name: str
    choices: tuple[Any, ...]
    ordered: bool = False

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
