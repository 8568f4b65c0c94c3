"""Reading the parquet of a benchmark's table, for suites that publish one: is it this table, and its rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.importer.errors import DamagedFile
from harness.tabular.errors import MissingColumn

if TYPE_CHECKING:
    import pandas as pd


def has_columns(path: Path, names: Collection[str]) -> bool:
    """Whether a file is a parquet with these columns, by its schema alone."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if path.suffix != ".parquet":
        return False
    try:
        return set(names) <= set(pq.read_schema(path).names)
    except (pa.ArrowException, OSError):
        return False


def read_columns(path: Path, needed: Sequence[str]) -> pd.DataFrame:
    """All rows. DamagedFile for a file that cannot be read, MissingColumn for one that lacks a column of ``needed``."""
    import pandas as pd
    import pyarrow as pa

    try:
        frame = pd.read_parquet(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DamagedFile(f"{path} is no readable parquet file ({str(error).partition(chr(10))[0]})") from None
    missing = [name for name in needed if name not in frame]
    if missing:
        raise MissingColumn(f"{path} has no column {missing[0]!r}; it needs {', '.join(needed)}")
    return frame
