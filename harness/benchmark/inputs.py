"""The inputs of a source: columns with levels or a range, and the check that values lie within them.

A column is a mapping with ``name`` and either ``levels`` (a list of values) or ``low`` and ``high`` (and ``integer``),
optionally ``default``, the value for rows that leave the column out. ``Inputs`` prepares the columns of a source once,
then checks frames and single rows by the same rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.base.escape import shown
from harness.benchmark.levels import Levels
from harness.benchmark.parameters import Categorical, Float, Integer, narrowed, rounds_to
from harness.benchmark.space import Space
from harness.errors import SpaceError

NUMBERS = (int, float, np.integer)


def columns_of(space: Space, fidelities: Space, full: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The columns of a source for these spaces. The default of a fidelity is its value in ``full``."""
    described: list[dict[str, Any]] = []
    for name, parameter in (*space.items(), *fidelities.items()):
        if isinstance(parameter, Categorical):
            column: dict[str, Any] = {"name": name, "levels": list(parameter.choices)}
        else:
            column = {"name": name, "low": parameter.low, "high": parameter.high}
            column |= {"integer": True} if isinstance(parameter, Integer) else {"log": parameter.log}
        described.append(column | ({"default": full[name]} if name in full else {}))
    return described


def check_column(column: Mapping[str, Any]) -> None:
    """SpaceError if a column has neither levels nor a range, or has a level, an end or a name that cannot be."""
    name: Any = column.get("name")  # of any type; the parameters check it
    if "levels" in column:
        Categorical(name, tuple(column["levels"]))
    elif "low" in column and "high" in column:
        kind = Integer if column.get("integer") else Float
        kind(name, column["low"], column["high"])
    else:
        raise SpaceError(f"column {shown(name)} has neither levels nor low and high; give it one of them")


class Input:
    """One column of a source. ``levels``: None for a column with a range."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.name = str(spec["name"])
        self.levels = Levels(spec["levels"]) if "levels" in spec else None
        self._default, self._required = spec.get("default"), "default" not in spec
        self._integer = bool(spec.get("integer"))
        self._ends: tuple[Any, ...] = (spec["low"], spec["high"]) if self.levels is None else ()
        self._by_value: dict[Any, Any] = {level: level for level in spec.get("levels", ())}
        self._truths = bool(self._by_value) and isinstance(spec["levels"][0], bool)
        self._text = range_text(spec)

    def usual(self) -> tuple[str, type | None, Mapping[Any, Any] | None, Any, Any]:
        """The name; the type of values that need no conversion, None for no type; and the levels, or the range's ends.

        A value of this type that is a level, or lies between the ends, is inside and is as the column has it.
        """
        if self.levels is None:
            return self.name, int if self._integer else float, None, *self._ends
        kinds = {type(level) for level in self._by_value}
        kind = kinds.pop() if len(kinds) == 1 else None
        if kind is float and 0.0 in self._by_value:  # -0.0 becomes this level
            kind = None
        return self.name, kind, self._by_value, None, None

    def column(self, columns: Mapping[str, Any], rows: int) -> tuple[NDArray[Any], NDArray[np.int64] | None]:
        """The checked values of one of ``columns`` (Series or arrays by name), and their positions among the levels.

        Without levels the positions are None. A missing column has its default in all ``rows``. SpaceError names a
        value outside the range, or a missing column without a default.
        """
        given = columns.get(self.name)
        if given is None:
            if self._required:
                raise SpaceError(f"column {self.name!r} is missing; it takes {self._text}")
            values: NDArray[Any] = np.full(rows, self._default)
        else:
            values = given.to_numpy()
        if self.levels is None:
            numbers = _numbers(values)
            wrong = self._outside(numbers)
            if not wrong.any():
                return numbers.astype(np.int64) if self._integer else numbers, None
        else:
            codes = self.levels.codes(values)
            wrong = codes < 0
            if not wrong.any():
                return self.levels.exactly(values, codes), codes
        row = int(np.argmax(wrong))
        raise SpaceError(f"row {row}: {self._refused(values[row])}")

    def _outside(self, numbers: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which numbers lie outside the range. An end of it that was rounded to 32 bits is put right in place."""
        low, high = self._ends
        wrong: NDArray[np.bool_] = ~((numbers >= low) & (numbers <= high))
        for end in (low, high) if wrong.any() else ():
            rounded = wrong & (numbers == narrowed(end))
            numbers[rounded] = end
            wrong &= ~rounded
        if self._integer:
            wrong |= numbers != np.floor(numbers)
        return wrong

    def value(self, value: Any) -> Any:
        """A value as the column has it: 200.0 becomes the level 200. SpaceError for a value outside the range."""
        if isinstance(value, np.ndarray) and not value.ndim:
            value = value[()]
        if isinstance(value, np.floating):  # NumPy would compare in 32 bits
            value = float(value)
        found = self._inside(value)
        if found is None and isinstance(value, float):
            found = next((end for end in self._by_value or self._ends if rounds_to(end, value)), None)
        if found is None:
            raise SpaceError(self._refused(value))
        return found

    def _inside(self, value: Any) -> Any:
        """The value as the column has it, None if it lies outside."""
        try:
            if isinstance(value, bool | np.bool_) != self._truths:  # True equals 1 in Python, but is no number
                return None
            if self.levels is not None:
                return self._by_value[value]
            low, high = self._ends
            if not isinstance(value, NUMBERS) or not low <= value <= high or (self._integer and value != int(value)):
                return None
        except (KeyError, TypeError):
            return None
        return int(value) if self._integer else value

    def complete(self, row: dict[str, Any]) -> None:
        """Puts the row's value as the column has it, or the default. A missing value without default stays missing."""
        if self.name in row:
            row[self.name] = self.value(row[self.name])
        elif not self._required:
            row[self.name] = self._default

    def check_there(self, row: Mapping[str, Any]) -> None:
        """SpaceError if the row lacks this column, which has no default."""
        if self._required and self.name not in row:
            raise SpaceError(f"{self.name} is missing; it takes {self._text}")

    def _refused(self, value: Any) -> str:
        plain = value.item() if isinstance(value, np.generic) else value
        return f"{self.name} = {shown(plain)} is outside its range {self._text}"


class Inputs:
    """All columns of a source, in their order: ``every``. ``names``: their names, as a set in ``known``."""

    def __init__(self, columns: Iterable[Mapping[str, Any]]) -> None:
        self.every = tuple(map(Input, columns))
        self._usual = [(*each.usual(), each) for each in self.every]
        self.names = tuple(each.name for each in self.every)
        self.known = frozenset(self.names)

    def whole(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The row with defaults filled in, and its numbers as the columns have them: 200.0 becomes the level 200.

        SpaceError for a value outside its range.
        """
        complete = dict(row)
        for name, kind, levels, low, high, each in self._usual:
            value = complete.get(name)
            if type(value) is kind and (low <= value <= high if levels is None else value in levels):
                continue
            each.complete(complete)
        return complete

    def check_complete(self, row: Mapping[str, Any]) -> None:
        """SpaceError if a row lacks a column that has no default.

        A task may need only some of its source's columns, so this is checked only after the source could not answer.
        """
        for each in self.every:
            each.check_there(row)


def _numbers(values: NDArray[Any]) -> NDArray[np.float64]:
    """A column of numbers; NaN where a value is none, as texts and truth values are not."""
    if values.dtype.kind in "iuf":
        return values.astype(np.float64)
    kinds = (*NUMBERS, np.floating)
    numbers = [v if isinstance(v, kinds) and not isinstance(v, bool) else np.nan for v in values.tolist()]
    try:
        return np.array(numbers, np.float64)
    except OverflowError:  # an integer that no real number holds
        return np.array([float(v) if abs(v) < 1e300 else np.nan for v in numbers], np.float64)


def range_text(spec: Mapping[str, Any]) -> str:
    """The values that a column takes, for a message."""
    if "levels" in spec:
        return "{" + ", ".join(map(str, spec["levels"])) + "}"
    return f"[{spec['low']:g}, {spec['high']:g}]"
