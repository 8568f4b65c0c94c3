"""Reading records: every value is checked, and the error for a file that cannot be used names it and says why."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from harness import registry
from harness.base.arrow import values_of
from harness.base.parquet import check_record, readable
from harness.errors import RecordError
from harness.runs.records.digest import digest_of
from harness.runs.records.layout import HEADER, MAX_BYTES, SCHEMA, Record, schema
from harness.runs.spec import RunSpec

SMALL = 8 * 2**20
"""Bytes up to which a file is read in one go; larger ones column by column."""


class Gone(RecordError):
    """The file was removed after it was listed."""


def read(path: Path, columns: Collection[str] | None = None) -> Record:
    """A record, its schema and hash checked. RecordError names a file that is damaged, foreign, or of another version.

    Every column is checked, but only ``columns`` are kept (by default all, and none for an empty collection), so that a
    file of millions of evaluations can take little memory.
    """
    return read_open(path, columns)[0]


def read_open(path: Path, columns: Collection[str] | None) -> tuple[Record, pq.ParquetFile]:
    """As ``read``; also returns the file, still open."""
    with readable_record(path):
        file, header, spec = _open(path)
        check_record(file, path)
        layout = file.schema_arrow
        small = file.read(use_threads=False) if path.stat().st_size <= SMALL else None
        kept: dict[str, pa.ChunkedArray] = {}
        strays: set[int] = set()
        runs = {int(head["seed"]): dict(head) for head in header["runs"]}

        def each() -> Iterator[tuple[str, pa.ChunkedArray]]:
            for name in layout.names:
                values = (file.read([name], use_threads=False) if small is None else small).column(name)
                if columns is None or name in columns:
                    kept[name] = values
                if name == "seed":
                    strays.update(set(np.unique(values_of(values)).tolist()) - set(runs))
                yield name, values

        if header.pop("sha256", None) != digest_of(((name, [values]) for name, values in each()), header):
            raise RecordError(f"{path} does not match its own hash; it was damaged or edited")
        fields = pa.schema([layout.field(name) for name in kept], layout.metadata)
        table = pa.table(list(kept.values()), fields)
        if strays or not all("status" in r for r in runs.values()):
            raise RecordError(f"{path} has rows or headers that do not belong together")
    return Record(path, spec, runs, table), file


def record_heads(path: Path) -> tuple[RunSpec, dict[int, dict[str, Any]]]:
    """The spec of a record, and the header of each seed. Values are neither read nor checked. RecordError as in
    ``read``.
    """
    with readable_record(path):
        _, header, spec = _open(path)
        return spec, {int(head["seed"]): dict(head) for head in header["runs"]}


@contextlib.contextmanager
def readable_record(path: Path) -> Iterator[None]:
    """Turns every error that the file raises inside the block into a RecordError, or Gone if there is no such file."""

    def refused(reason: str) -> RecordError:
        return RecordError(f"{path} is not a readable record ({reason})")

    with readable(refused, missing=Gone(f"{path} does not exist"), passing=RecordError, hostile=True):
        yield


def _open(path: Path) -> tuple[pq.ParquetFile, dict[str, Any], RunSpec]:
    if path.stat().st_size > MAX_BYTES:
        raise RecordError(f"{path} is larger than {MAX_BYTES >> 20} MiB, the largest size of a record")
    file = pq.ParquetFile(path, memory_map=False)
    metadata_ = file.schema_arrow.metadata or {}
    if HEADER not in metadata_:
        raise RecordError(f"{path} is a parquet file but no record of this harness")
    header = json.loads(metadata_[HEADER])
    if header["schema"] != SCHEMA:
        raise RecordError(f"{path} has record schema {header['schema']!r}; this version reads schema {SCHEMA}")
    spec = RunSpec.of(header["spec"])
    expected = schema(registry.leaderboard_of(spec.leaderboard))
    if not file.schema_arrow.remove_metadata().equals(expected):
        raise RecordError(f"{path} does not have the columns of a record of {spec.leaderboard}")
    return file, header, spec
