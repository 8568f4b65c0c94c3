"""Writing records: a file is complete or absent, and its bytes depend on the runs alone.

The column ``method_seconds`` (real time) is stored unencoded, so that it alone can differ between two files of the same
runs.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from harness.base.files import whole_file
from harness.errors import RecordError
from harness.runs.records.layout import MAX_BYTES, MEASURED

WHOLE = 10**6
"""Rows up to which a record is one row group."""
GROUP = 1 << 18
"""Rows of each row group of a larger record, which is read group by group."""


def put(data: bytes, path: Path) -> None:
    """Writes bytes whole or not at all. StorageError if the disk is full or the folder cannot be written to."""
    with _limited(path) as file:
        file.write(data)


def write(table: pa.Table, path: Path) -> None:
    """Writes a record whole or not at all. StorageError if the disk is full or the folder cannot be written to."""
    with parquet_writer(table.schema, path) as writer:
        writer.write_table(table, row_group_size=WHOLE if table.num_rows <= WHOLE else GROUP)
        describe(writer, table.schema)


@contextlib.contextmanager
def parquet_writer(layout: pa.Schema, path: Path) -> Iterator[pq.ParquetWriter]:
    """A writer of a whole record. The caller writes the rows, then calls ``describe``. Errors as in ``write``."""
    names = [n for n in layout.names if n != MEASURED]
    reals = [n for n in names if pa.types.is_floating(layout.field(n).type)]
    with (
        _limited(path) as file,
        pq.ParquetWriter(
            file, layout, compression=dict.fromkeys(names, "zstd") | {MEASURED: "none"},
            compression_level=dict.fromkeys(names, 9), use_byte_stream_split=reals,
            use_dictionary=[n for n in names if n not in reals], write_statistics=names, data_page_size=1 << 26,
            store_schema=False,
        ) as writer,
    ):  # fmt: skip
        yield writer


def describe(writer: pq.ParquetWriter, layout: pa.Schema) -> None:
    """Adds the schema and its metadata at the end. Arrow itself adds only what is known before the first row."""
    writer.add_key_value_metadata({**(layout.metadata or {}), b"ARROW:schema": base64.b64encode(layout.serialize())})


@contextlib.contextmanager
def _limited(path: Path) -> Iterator[BinaryIO]:
    """A file that is written whole or not at all. RecordError above ``MAX_BYTES``, which reading would refuse."""
    with whole_file(path) as file:
        yield file
        if file.tell() > MAX_BYTES:
            raise RecordError(
                f"{path} would be larger than {MAX_BYTES >> 20} MiB; its seeds are kept as parts, "
                f"run further ones into another results folder"
            )
