"""The levels of a column, and the positions of values among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.benchmark.parameters import narrowed, rounds_to


class Levels:
    """Different values of one kind, in their order, prepared for finding values among them."""

    def __init__(self, levels: Sequence[Any]) -> None:
        self._known = np.array(levels)
        self._texts = all(isinstance(level, str) for level in levels)
        self._numbers = not self._texts and self._known.dtype.kind in "biuf"
        self._order = np.argsort(self._known) if self._numbers else np.arange(0)
        self._ascending = self._known[self._order] if self._numbers else self._known
        self._places = {(isinstance(level, bool), level): at for at, level in enumerate(levels)}
        self._by_text = {level: at for at, level in enumerate(levels)} if self._texts else {}

    def codes(self, values: NDArray[Any]) -> NDArray[np.int64]:
        """The position of each value among the levels, -1 for a value that is no level. True is not 1."""
        if self._texts:
            return self._codes_of_texts(values)
        if self._numbers and values.dtype.kind in "biuf":
            return self._codes_of_numbers(values)
        return self._codes_of_objects(values)

    def exactly(self, values: NDArray[Any], codes: NDArray[np.int64]) -> NDArray[Any]:
        """The levels at these positions if they are numbers of another type than ``values``: 200.0 is the level 200."""
        same = self._known.dtype == values.dtype or self._known.dtype.kind not in "biuf"
        return values if same else self._known[codes]

    def _codes_of_texts(self, values: NDArray[Any]) -> NDArray[np.int64]:
        try:
            return np.fromiter(map(self._by_text.get, values.tolist(), repeat(-1)), np.int64, len(values))
        except TypeError:  # something unhashable, such as a list
            return np.full(len(values), -1)

    def _codes_of_numbers(self, values: NDArray[Any]) -> NDArray[np.int64]:
        known = self._known
        if (known.dtype.kind == "b") != (values.dtype.kind == "b"):
            return np.full(len(values), -1)
        at = np.minimum(np.searchsorted(self._ascending, values), len(known) - 1)
        codes = np.where(self._ascending[at] == values, self._order[at], -1)
        if known.dtype == np.float64 and (codes < 0).any():  # 0.1 is another number in 32 bits
            for place, level in enumerate(map(narrowed, known.tolist())):
                codes[(codes < 0) & (values == level)] = place
        return codes

    def _codes_of_objects(self, values: NDArray[Any]) -> NDArray[np.int64]:
        try:
            given = values.tolist()
            found = np.array([self._places.get((isinstance(v, bool), v), -1) for v in given], np.int64)
            for at in np.flatnonzero(found < 0).tolist():
                found[at] = _code(self._places, given[at])
            return found
        except TypeError:  # something unhashable, such as a list
            return np.full(len(values), -1)


def _code(codes: Mapping[tuple[bool, Any], int], value: Any) -> int:
    found = codes.get((isinstance(value, bool | np.bool_), value), -1)
    if found < 0 and isinstance(value, float | np.floating):
        return next((at for (truth, level), at in codes.items() if not truth and rounds_to(level, value)), -1)
    return found
