"""Reference data of a study: parquet files in a folder of the user, which are no part of the project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from harness.base.parquet import layout_of, read_table, readable
from harness.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

OPTION = "--data"


def read_reference(
    files: Mapping[str, Sequence[str]], folder: Path | None
) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """The ``files`` (name -> columns needed) that are in ``folder``, and for every missing file why it is left out.

    A name such as ``nas/x.parquet`` is looked for as it is, then as ``x.parquet``. UsageError for a file that is not a
    parquet file, takes more than the budget of a table, or lacks a column.
    """
    found: dict[str, pd.DataFrame] = {}
    missing: dict[str, str] = {}
    for name, columns in files.items():
        places = () if folder is None else (folder / name, folder / Path(name).name)
        path = next((place for place in places if place.is_file()), None)
        if path is None:
            missing[name] = f"the reference data {name} are not there; name the folder that has them with {OPTION}"
            continue
        with readable(partial(_unreadable, path), hostile=True):
            there = layout_of(path).names
            if lacking := [column for column in columns if column not in there]:
                raise UsageError(f"{path} lacks the column{'s' * (len(lacking) > 1)} {', '.join(lacking)}")
            frame = read_table(path, columns).to_pandas(ignore_metadata=True)
        found[name] = frame[list(columns)]
    return found, missing


def _unreadable(path: Path, reason: str) -> UsageError:
    return UsageError(f"{path} is no readable parquet file ({reason})")
