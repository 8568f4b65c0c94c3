"""Records: one parquet file per leaderboard and method, with the whole ledger of every seed's run in it.

A file's metadata holds its *header* (``harness``: JSON with the schema version, the run spec and an entry per seed).
While a command runs, finished runs are in *parts*, a batch of them in each, in a folder beside the record's own file.
Modules: ``layout`` (paths and columns), ``digest`` (header), ``writing``, ``reading``, ``parts``, ``rows`` and
``joining``.
"""

from __future__ import annotations

from harness.runs.records.digest import digest_of, to_table, with_header
from harness.runs.records.joining import gather, locked, merge
from harness.runs.records.layout import (
    HEADER,
    MAX_BYTES,
    MEASURED,
    PART,
    SCHEMA,
    Record,
    environment,
    files_of,
    part_files,
    parts_path,
    record_path,
    schema,
)
from harness.runs.records.parts import Part, decode, encode, heads, part_of, put_part, read_part
from harness.runs.records.reading import Gone, read
from harness.runs.records.writing import write

__all__ = [
    "HEADER", "MAX_BYTES", "MEASURED", "PART", "SCHEMA", "Gone", "Part", "Record", "decode", "digest_of",
    "encode", "environment", "files_of", "gather", "heads", "locked", "merge", "part_files", "part_of",
    "parts_path", "put_part", "read", "read_part", "record_path", "schema", "to_table", "with_header", "write",
]  # fmt: skip
