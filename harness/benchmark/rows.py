"""Rows as people have them: a frame, a mapping, a Series, or a list of these; and the check of their columns."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.base.escape import shown
from harness.benchmark.columns import RESERVED
from harness.errors import SpaceError

if TYPE_CHECKING:
    import pandas as pd

LABELS = frozenset({"leaderboard", "surrogates", "method"})
"""Further columns of a frame of evaluations."""
Rows = Any
"""A DataFrame, a mapping of column names to values, a Series, or a list of these."""
NEAR = 0.75
"""Likeness, from 0 to 1, from which on a name is taken for a misspelt one."""


def one_or_more(names: str | Iterable[str]) -> tuple[str, ...]:
    """Names as a tuple; a text is one name."""
    if isinstance(names, str):
        return (names,)
    try:
        found = tuple(names)
    except TypeError:
        raise SpaceError(f"metrics {shown(names, 80)} must be a name or a list of names") from None
    if not found:
        raise SpaceError("metrics [] names none; give one or more, or leave metrics out for all of them")
    return found


def frame_of(rows: Rows) -> pd.DataFrame:
    """A frame of ``rows``: itself, one row for a mapping of values or a Series, a row each for a list of these. Columns
    in a mapping become a frame too. SpaceError for anything else.
    """
    import pandas as pd

    if isinstance(rows, pd.DataFrame):
        if rows.columns.has_duplicates:
            twice = rows.columns[rows.columns.duplicated()][0]
            raise SpaceError(f"column {twice!r} is there twice; rows have each column once")
        return rows
    made: pd.DataFrame
    if isinstance(rows, pd.Series):
        made = pd.DataFrame([dict(rows)], index=None if rows.name is None else [rows.name])
        return made
    if isinstance(rows, Mapping):
        if not any(_is_column(value) for value in rows.values()):
            made = pd.DataFrame([_values(rows)])
            return made
        try:
            made = pd.DataFrame(dict(rows))
        except ValueError as error:
            raise SpaceError(f"the columns do not make a frame: {error}") from None
        return made
    scalar = isinstance(rows, np.ndarray) and not rows.ndim  # iterable by its type alone
    if isinstance(rows, Iterable) and not isinstance(rows, str | bytes) and not scalar:
        given = list(rows)
        if all(isinstance(row, Mapping | pd.Series) for row in given):
            made = pd.DataFrame([_values(row) for row in given])
            return made
    raise SpaceError(
        "rows must be a DataFrame, a mapping of column names to values, a Series or a list of these, not "
        f"{shown(rows, 80)}"
    )


def _is_column(value: object) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, str | bytes) and getattr(value, "ndim", 1) > 0


def _values(row: Mapping[Any, Any] | pd.Series) -> dict[Any, Any]:
    """The values of a row; an array without a dimension is its value."""
    return {n: v[()] if isinstance(v, np.ndarray) and not v.ndim else v for n, v in dict(row).items()}


def check_columns(given: Iterable[Any], columns: Sequence[str], allowed: Collection[str]) -> None:
    """SpaceError for a name that is none of ``columns`` but near one, by case, dashes or a few letters. ``allowed``:
    names that mean something else, beside the columns of records; names far from every column are ignored.
    """
    plain = {_plain(column): column for column in columns}
    for name in given:
        if not isinstance(name, str) or name in columns or name in allowed or name in RESERVED or name in LABELS:
            continue
        near = difflib.get_close_matches(_plain(name), plain, n=1, cutoff=NEAR)
        if near:
            raise SpaceError(
                f"{name!r} is no column; the nearest is {plain[near[0]]!r}, so write that, or leave it out"
            )


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")
