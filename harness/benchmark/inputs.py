"""The inputs of a source: columns with levels or a range, and the check that values lie within them.

A column is a mapping with ``name`` and either ``levels`` (a list of values) or ``low`` and ``high`` (and ``integer``),
optionally ``default``, the value for rows that leave the column out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.base.escape import shown
from harness.benchmark.parameters import Categorical, Integer, rounds_to
from harness.benchmark.space import Space
from harness.errors import SpaceError

if TYPE_CHECKING:
    import pandas as pd

NUMBERS = (int, float, np.integer)
Checked = tuple[NDArray[Any], "list[Any] | None", "NDArray[np.int64] | None"]
"""A column's values; its levels; the position of each value among the levels. The last two may be None."""


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


def level_codes(levels: Sequence[Any], values: NDArray[Any]) -> NDArray[np.int64]:
    """The position of each value among the levels, -1 for a value that is no level. True is not 1."""
    if values.dtype.kind in "biuf" and not isinstance(levels[0], str):
        known = np.array(levels)
        if (known.dtype.kind == "b") != (values.dtype.kind == "b"):
            return np.full(len(values), -1)
        order = np.argsort(known)
        found = order[np.minimum(np.searchsorted(known, values, sorter=order), len(known) - 1)]
        codes = np.where(known[found] == values, found, -1)
        if known.dtype == np.float64 and (codes < 0).any():  # 0.1 is another number in 32 bits
            for at, level in enumerate(known.astype(np.float32).astype(np.float64).tolist()):
                codes[(codes < 0) & (values == level)] = at
        return codes
    places = {(isinstance(level, bool), level): i for i, level in enumerate(levels)}
    try:
        given = values.tolist()
        found = np.array([places.get((isinstance(v, bool), v), -1) for v in given], np.int64)
        for at in np.flatnonzero(found < 0).tolist():
            found[at] = _code(places, given[at])
        return found
    except TypeError:  # something unhashable, such as a list
        return np.full(len(values), -1)


def _code(codes: Mapping[tuple[bool, Any], int], value: Any) -> int:
    found = codes.get((isinstance(value, bool | np.bool_), value), -1)
    if found < 0 and isinstance(value, float | np.floating):
        return next((at for (truth, level), at in codes.items() if not truth and rounds_to(level, value)), -1)
    return found


def _numbers(values: NDArray[Any]) -> NDArray[np.float64]:
    """A column of numbers; NaN where a value is none, as texts and truth values are not."""
    if values.dtype.kind in "iuf":
        return values.astype(np.float64)
    numbers = [
        v if isinstance(v, (*NUMBERS, np.floating)) and not isinstance(v, bool) else np.nan for v in values.tolist()
    ]
    try:
        return np.array(numbers, np.float64)
    except OverflowError:  # an integer that no real number holds
        return np.array([float(v) if abs(v) < 1e300 else np.nan for v in numbers], np.float64)


def checked(frame: pd.DataFrame, spec: Mapping[str, Any]) -> Checked:
    """The values of one column of a frame. A missing column has its default in every row.

    SpaceError names a value outside its range, or a missing column without a default.
    """
    name = spec["name"]
    if name not in frame:
        if "default" not in spec:
            raise SpaceError(f"column {name!r} is missing; it takes {range_text(spec)}")
        values: NDArray[Any] = np.full(len(frame), spec["default"])
    else:
        values = frame[name].to_numpy()
    levels, index = spec.get("levels"), None
    if levels is not None:
        index = level_codes(levels, values)
        wrong = index < 0
        known = np.array(levels)
        if known.dtype != values.dtype and known.dtype.kind in "biuf" and not wrong.any():
            values = known[index]  # 200.0 is the level 200
    else:
        numbers = _numbers(values)
        wrong = ~((numbers >= spec["low"]) & (numbers <= spec["high"]))
        for end in (spec["low"], spec["high"]) if wrong.any() else ():
            rounded = wrong & (numbers == float(np.float32(end)))
            numbers[rounded] = end
            wrong &= ~rounded
        if spec.get("integer"):
            wrong |= numbers != np.floor(numbers)
        if not wrong.any():
            values = numbers.astype(np.int64) if spec.get("integer") else numbers
    if wrong.any():
        row = int(np.argmax(wrong))
        value = values[row]
        plain = value.item() if isinstance(value, np.generic) else value
        raise SpaceError(f"row {row}: {name} = {shown(plain)} is outside its range {range_text(spec)}")
    return values, levels, index


class RowCheck:
    """Checks single rows quickly, by the rules that ``checked`` has for frames. ``names``: the columns' names."""

    def __init__(self, columns: Iterable[Mapping[str, Any]]) -> None:
        self._columns = [(spec["name"], *_levels(spec), bool(spec.get("integer")), spec) for spec in columns]
        self.names = tuple(str(name) for name, *_ in self._columns)
        self.known = frozenset(self.names)

    def whole(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The row with defaults filled in, and its numbers as the columns have them: 200.0 becomes the level 200.

        SpaceError for a value outside its range.
        """
        complete = dict(row)
        for name, levels, truths, integer, spec in self._columns:
            if name not in row:
                if "default" in spec:
                    complete[name] = spec["default"]
                continue
            value = row[name]
            if isinstance(value, np.ndarray) and not value.ndim:
                value = complete[name] = value[()]
            if isinstance(value, np.floating):  # NumPy would compare in 32 bits
                value = complete[name] = float(value)
            try:
                # True equals 1 in Python, but is no number and no level of a column of numbers.
                inside = isinstance(value, bool | np.bool_) == truths
                if not inside:
                    pass
                elif levels is not None:
                    complete[name] = levels[value]
                elif isinstance(value, NUMBERS) and spec["low"] <= value <= spec["high"]:
                    inside = not (integer and value != int(value))
                    if integer and inside:
                        complete[name] = int(value)
                else:
                    inside = False
            except (KeyError, TypeError):
                inside = False
            if not inside and isinstance(value, float | np.floating):
                ends = levels or (spec["low"], spec["high"])
                complete[name] = next((end for end in ends if rounds_to(end, value)), None)
                inside = complete[name] is not None
            if not inside:
                plain = value.item() if isinstance(value, np.generic) else value
                raise SpaceError(f"{name} = {shown(plain)} is outside its range {range_text(spec)}")
        return complete

    def check_complete(self, row: Mapping[str, Any]) -> None:
        """SpaceError if a row lacks a column that has no default.

        A task may need only some of its source's columns, so this is checked only after the source could not answer.
        """
        for name, _, _, _, spec in self._columns:
            if name not in row and "default" not in spec:
                raise SpaceError(f"{name} is missing; it takes {range_text(spec)}")


def _levels(spec: Mapping[str, Any]) -> tuple[dict[Any, Any] | None, bool]:
    """The levels of a column by every equal value, None without levels; and whether they are truth values."""
    if "levels" not in spec:
        return None, False
    return {level: level for level in spec["levels"]}, isinstance(spec["levels"][0], bool)


def range_text(spec: Mapping[str, Any]) -> str:
    """The values that a column takes, for a message."""
    if "levels" in spec:
        return "{" + ", ".join(map(str, spec["levels"])) + "}"
    return f"[{spec['low']:g}, {spec['high']:g}]"
