"""Reads the parquet file of a published table: recognises it by its columns, and returns its rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from harness.base.parquet import layout_of, read_table, readable
from harness.sources.foreign.errors import DamagedFile
from harness.sources.tables.errors import MissingColumn

if TYPE_CHECKING:
    import pandas as pd


SUFFIX = ".parquet"


def has_columns(path: Path, names: Collection[str]) -> bool:
    """Whether a file is a parquet file with these columns. Only its schema is read."""
    try:
        return path.suffix == SUFFIX and set(names) <= set(column_names(path))
    except DamagedFile:
        return False


def column_names(path: Path) -> list[str]:
    """The names of a parquet file's columns. DamagedFile if it cannot be read."""
    with _readable(path):
        return list(layout_of(path).names)


def read_columns(path: Path, texts: Sequence[str], numbers: Sequence[str]) -> pd.DataFrame:
    """All rows of these columns. Numbers become float64, a missing number becomes NaN.

    DamagedFile if the file cannot be read, MissingColumn if it lacks a column or a column has values of another kind.
    """
    import pandas as pd

    needed = [*texts, *numbers]
    there = set(column_names(path))
    missing = [name for name in needed if name not in there]
    if missing:
        raise MissingColumn(f"{path} has no column {missing[0]!r}; it needs {', '.join(needed)}")
    with _readable(path):
        frame = read_table(path, needed).to_pandas(ignore_metadata=True)
    for name in texts:
        if not frame[name].map(lambda value: isinstance(value, str)).all():
            raise MissingColumn(f"{path}: column {name!r} must hold a text in every row")
    for name in numbers:
        if not pd.api.types.is_numeric_dtype(frame[name]):
            raise MissingColumn(f"{path}: column {name!r} must hold numbers, not {frame[name].dtype}")
    found: pd.DataFrame = frame[needed].astype(dict.fromkeys(numbers, "float64"))
    return found


def _readable(path: Path) -> AbstractContextManager[None]:
    """Turns every error of a damaged file inside the block into DamagedFile."""
    return readable(
        lambda reason: DamagedFile(f"{path} is no readable parquet file ({reason}); download or copy it again")
    )
