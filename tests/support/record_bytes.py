"""The bytes of records but for the measured seconds, which differ from run to run."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq


def unmeasured(path: Path) -> bytes:
    """A record's bytes with the measured seconds blanked out, nothing else."""
    blob = bytearray(path.read_bytes())
    layout = pq.read_metadata(path)
    for group in range(layout.num_row_groups):
        for i in range(layout.num_columns):
            column = layout.row_group(group).column(i)
            if column.path_in_schema == "method_seconds":
                assert not column.has_dictionary_page
                start = column.data_page_offset
                blob[start : start + column.total_compressed_size] = b"\0" * column.total_compressed_size
    return bytes(blob)


def bytes_of(results: Path) -> dict[str, bytes]:
    """Every record of a folder; asserts that there is nothing but records."""
    files = [file for file in results.rglob("*") if file.is_file() and file.name != ".lock"]
    return {file.relative_to(results).as_posix(): unmeasured(file) for file in files}
