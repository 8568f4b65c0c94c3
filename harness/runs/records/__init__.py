"""Records: one parquet file per leaderboard and method, with the whole ledger of every seed's run in it.

A file's metadata holds its *header* (key ``harness``: JSON with the schema version, the run spec and an entry for each
seed). While a command runs, each finished seed is a *part*: a record of this seed alone, in a folder beside the record.
Modules: ``layout`` (paths and columns), ``digest`` (header), ``writing``, ``reading``, ``rows`` and ``joining``.
"""

from __future__ import annotations

from harness.runs.records.digest import digest_of, to_table, with_header
from harness.runs.records.joining import gather, locked, merge
from harness.runs.records.layout import (
    HEADER,
    MAX_BYTES,
    MEASURED,
    SCHEMA,
    Record,
    environment,
    files_of,
    parts_path,
    record_path,
    schema,
)
from harness.runs.records.reading import Gone, heads, read
from harness.runs.records.writing import encode, put, write

__all__ = [
    "HEADER", "MAX_BYTES", "MEASURED", "SCHEMA", "Gone", "Record", "digest_of", "encode", "environment",
    "files_of", "gather", "heads", "locked", "merge", "parts_path", "put", "read", "record_path", "schema",
    "to_table", "with_header", "write",
]  # fmt: skip
