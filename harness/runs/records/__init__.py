"""Records: one parquet file per leaderboard and method, with the whole ledger of every seed's run in it.

A file's metadata holds its *header* (key ``harness``: JSON with the schema version, the run spec and an entry for each
seed). While a command runs, finished runs are in *parts*, a batch of them in each, in a folder beside the record.
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
from harness.runs.records.parts import (
    Part,
    contents,
    decode,
    encode,
    heads,
    part_of,
    put_part,
    read_part,
    sealed,
    unsealed,
)
from harness.runs.records.reading import Gone, read
from harness.runs.records.writing import write

__all__ = [
    "HEADER", "MAX_BYTES", "MEASURED", "PART", "SCHEMA", "Gone", "Part", "Record", "contents", "decode", "digest_of",
    "encode", "environment", "files_of", "gather", "heads", "locked", "merge", "part_files", "part_of", "parts_path",
    "put_part", "read", "read_part", "record_path", "schema", "sealed", "to_table", "unsealed", "with_header", "write",
]  # fmt: skip
