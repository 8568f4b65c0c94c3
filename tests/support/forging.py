"""The strongest forger: changes anything in a record and writes it back through the record's own code, hash and all."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from harness.runs.records import HEADER, write
from harness.runs.records.digest import digest

Columns = dict[str, NDArray[Any]]
Header = dict[str, Any]
Change = Callable[[Columns, Header], Columns | None]


def read(path: Path) -> tuple[Columns, Header]:
    """The ledger's columns and the header of a record."""
    table = pq.read_table(path)
    columns = {name: table[name].to_numpy(zero_copy_only=False).copy() for name in table.column_names}
    return columns, json.loads(table.schema.metadata[HEADER])


def forge(path: Path, out: Path, change: Change) -> Path:
    """Writes to ``out`` the record with what ``change`` makes of it (in place, or as new columns)."""
    columns, header = read(path)
    header = copy.deepcopy(header)
    columns = change(columns, header) or columns
    schema = pq.read_schema(path).remove_metadata()
    table = pa.table([pa.array(columns[f.name], f.type) for f in schema], schema=schema)
    header.pop("sha256", None)
    header["sha256"] = digest(table, header)
    out.parent.mkdir(parents=True, exist_ok=True)
    write(table.replace_schema_metadata({HEADER: json.dumps(header, sort_keys=True).encode()}), out)
    return out


def keep(columns: Columns, rows: NDArray[np.bool_]) -> Columns:
    """Only the chosen rows."""
    return {name: values[rows] for name, values in columns.items()}


def recount(columns: Columns, header: Header) -> None:
    """Makes the headers' sums fit the rows, as a careful forger would."""
    for head in header["runs"]:
        own = columns["seed"] == head["seed"]
        head["evaluations"] = int(columns["counted"][own].sum())
        head["repairs"] = int((columns["counted"] & columns["repaired"])[own].sum())
