"""The inputs of a source: columns with levels or a range, and the check that values lie within them.

A column is a mapping with ``name`` and either ``levels`` (a list of values) or ``low`` and ``high`` (and ``integer``),
optionally ``default``, the value for rows that leave the column out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.benchmark.space import Categorical, Integer, Space
from harness.errors import SpaceError

if TYPE_CHECKING:
    import pandas as pd

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
        return np.where(known[found] == values, found, -1)
    codes = {(isinstance(level, bool), level): i for i, level in enumerate(levels)}
    try:
        return np.array([codes.get((isinstance(v, bool), v), -1) for v in values.tolist()], np.int64)
    except TypeError:  # something unhashable, such as a list
        return np.full(len(values), -1)


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
    else:
        try:
            numbers = values.astype(np.float64)
        except (TypeError, ValueError):
            numbers = np.array([v if isinstance(v, int | float) else np.nan for v in values], np.float64)
        wrong = ~((numbers >= spec["low"]) & (numbers <= spec["high"]))
        if spec.get("integer"):
            wrong |= numbers != np.floor(numbers)
    if wrong.any():
        row = int(np.argmax(wrong))
        value = values[row]
        shown = value.item() if isinstance(value, np.generic) else value
        raise SpaceError(f"row {row}: {name} = {shown!r} is outside its range {range_text(spec)}")
    return values, levels, index


class RowCheck:
    """Checks single rows quickly, by the rules that ``checked`` has for frames."""

    def __init__(self, columns: Iterable[Mapping[str, Any]]) -> None:
        self._columns = [(spec["name"], *_levels(spec), bool(spec.get("integer")), spec) for spec in columns]

    def whole(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The row with defaults filled in. SpaceError for a value outside its range."""
        complete = dict(row)
        for name, levels, truths, integer, spec in self._columns:
            if name not in row:
                if "default" in spec:
                    complete[name] = spec["default"]
                continue
            value = row[name]
            try:
                if levels is not None:
                    # True equals 1 in Python, but is no level of a column of numbers.
                    inside = value in levels and isinstance(value, bool | np.bool_) == truths
                else:
                    inside = spec["low"] <= value <= spec["high"] and not (integer and value != int(value))
            except TypeError:
                inside = False
            if not inside:
                shown = value.item() if isinstance(value, np.generic) else value
                raise SpaceError(f"{name} = {shown!r} is outside its range {range_text(spec)}")
        return complete

    def check_complete(self, row: Mapping[str, Any]) -> None:
        """SpaceError if a row lacks a column that has no default.

        A task may need only some of its source's columns, so this is checked only after the source could not answer.
        """
        for name, _, _, _, spec in self._columns:
            if name not in row and "default" not in spec:
                raise SpaceError(f"{name} is missing; it takes {range_text(spec)}")


def _levels(spec: Mapping[str, Any]) -> tuple[frozenset[Any] | None, bool]:
    """The levels of a column, None without levels, and whether the levels are truth values."""
    if "levels" not in spec:
        return None, False
    return frozenset(spec["levels"]), isinstance(spec["levels"][0], bool)


def range_text(spec: Mapping[str, Any]) -> str:
    """The values that a column takes, for a message."""
    if "levels" in spec:
        return "{" + ", ".join(map(str, spec["levels"])) + "}"
    return f"[{spec['low']:g}, {spec['high']:g}]"
