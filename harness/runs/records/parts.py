"""Parts: finished runs of a record that are not joined into it yet, a batch of them in each file.

A part is an Arrow stream with a header like a record's, and then a checksum of all bytes before it. It is made to be
sent by a worker, written in a moment, and read once. A part of an earlier version is a parquet file of one run, named
after its seed. It is joined like the others.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from harness import registry
from harness.base.arrow import empty, values_of
from harness.base.budget import LIMITS
from harness.base.documents import load_json
from harness.base.parquet import check_size, readable
from harness.base.stream import read_layout, read_stream
from harness.benchmark.leaderboard import Leaderboard
from harness.errors import RecordError
from harness.runs.records.digest import head_of, rows_of
from harness.runs.records.layout import HEADER, PART, SCHEMA, parts_path, schema
from harness.runs.records.reading import read, readable_record, record_heads
from harness.runs.records.writing import put
from harness.runs.run import Run
from harness.runs.spec import RunSpec

SEAL = b"JHP1"
"""The bytes before the checksum."""
SEALED = len(SEAL) + 4
WORK = b"work"
"""The key of the entries that a worker adds to a part."""


@dataclass(frozen=True)
class Part:
    """Runs of one record, in the order of their seeds: the header and the number of rows of each, and all rows.

    ``work``: one entry a run of the worker that did them, which is in no record.
    """

    spec: RunSpec
    runs: dict[int, dict[str, Any]]
    rows: dict[int, int]
    table: pa.Table
    work: tuple[Any, ...] = field(default=())


def part_of(
    board: Leaderboard, spec: RunSpec, runs: Sequence[Run], env: Mapping[str, Any], work: Sequence[Any] = ()
) -> Part:
    """Runs as a part. ``work`` is in the order of the seeds."""
    ordered = sorted(runs, key=lambda run: run.seed)
    counts = {run.seed: len(run.columns["trial"]) for run in ordered}
    return Part(spec, {run.seed: head_of(run, env) for run in ordered}, counts, rows_of(board, ordered), tuple(work))


def encode(part: Part) -> bytes:
    """A part as bytes."""
    content = {
        "schema": SCHEMA, "spec": part.spec.as_dict(), "runs": [*part.runs.values()], "rows": [*part.rows.values()],
    }  # fmt: skip
    about = {HEADER: json.dumps(content).encode(), WORK: json.dumps(part.work).encode()}
    table = part.table.replace_schema_metadata(about).combine_chunks()
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
        writer.write_table(table)
    return sealed(out.getvalue().to_pybytes())


def decode(data: bytes, name: object, kind: str = "record") -> Part:
    """The part in these bytes, every value checked. RecordError says of ``name`` what is wrong with it.

    ``kind``: which of ``LIMITS`` holds.
    """
    budget = LIMITS[kind].budget(len(data))
    found: list[Part] = []
    with readable(partial(_refused, name), passing=RecordError, hostile=True):
        table = read_stream(unsealed(data), lambda layout: found.append(_described(layout, name)), budget)
        (part,) = found
        if sum(part.rows.values()) != table.num_rows:
            raise RecordError(f"{name} has another number of rows than its header says")
        expected = np.repeat(np.array([*part.rows], np.int64), [*part.rows.values()])
        if not np.array_equal(values_of(table.column("seed")), expected):
            raise RecordError(f"{name} has rows or headers that do not belong together")
    return Part(part.spec, part.runs, part.rows, table.replace_schema_metadata(), part.work)


def sealed(data: bytes) -> bytes:
    """The bytes with their checksum."""
    return data + SEAL + zlib.crc32(data).to_bytes(4, "little")


def unsealed(data: bytes) -> memoryview:
    """The bytes without their checksum. ValueError if it is another one."""
    rest, seal = memoryview(data)[:-SEALED], data[-SEALED:]
    if seal != SEAL + zlib.crc32(rest).to_bytes(4, "little"):
        raise ValueError("it was cut short or damaged")
    return rest


def heads(file: Path) -> tuple[RunSpec, dict[int, dict[str, Any]]]:
    """The spec of a record or part, and the header of each seed. Values are neither read nor checked. RecordError as in
    ``read``.
    """
    if file.suffix != PART:
        return record_heads(file)
    part = contents(file)
    return part.spec, part.runs


def put_part(data: bytes, path: Path, seeds: Sequence[int]) -> None:
    """Writes an encoded part of the record at ``path``. Its name has the seeds; two parts of the same differ in it."""
    put(data, parts_path(path) / f"{min(seeds):06d}-{max(seeds):06d}-{zlib.crc32(data):08x}{PART}")


def contents(file: Path) -> Part:
    """A part without its rows, which are neither read nor checked. RecordError as in ``read_part``."""
    if file.suffix != PART:
        return _of_one_run(file)
    with readable_record(file), pa.OSFile(str(file)) as stream:
        return _described(read_layout(stream), file)


def read_part(file: Path) -> Part:
    """A part, every value checked. RecordError names a file that is damaged, foreign, or of another version; Gone if it
    was removed after it was listed.
    """
    if file.suffix != PART:
        part = _of_one_run(file)
        return Part(part.spec, part.runs, part.rows, read(file).table.replace_schema_metadata())
    with readable_record(file):
        check_size(file, "record")
        data = file.read_bytes()
    return decode(data, file)


def _refused(name: object, reason: str) -> RecordError:
    return RecordError(f"{name} is no whole part of a record ({reason})")


def _described(layout: pa.Schema, name: object) -> Part:
    about = layout.metadata or {}
    if HEADER not in about:
        raise RecordError(f"{name} is an Arrow stream but no part of a record of this harness")
    header = load_json(about[HEADER])
    if header["schema"] != SCHEMA:
        raise RecordError(f"{name} has record schema {header['schema']!r}; this version reads schema {SCHEMA}")
    spec = RunSpec.of(header["spec"])
    expected = schema(registry.leaderboard_of(spec.leaderboard))
    if not layout.remove_metadata().equals(expected):
        raise RecordError(f"{name} does not have the columns of a record of {spec.leaderboard}")
    runs = {int(head["seed"]): dict(head) for head in header["runs"]}
    rows = dict(zip(runs, map(int, header["rows"]), strict=True))
    if not all("status" in head for head in runs.values()) or min(rows.values(), default=0) < 0:
        raise RecordError(f"{name} has rows or headers that do not belong together")
    work = load_json(about.get(WORK, b"[]"))
    return Part(spec, runs, rows, empty(expected), tuple(work))


def _of_one_run(file: Path) -> Part:
    """A part of an earlier version."""
    if not file.stem.isdecimal():
        raise RecordError(f"{file} is no part of a record; a part of this kind is named after its seed")
    spec, runs = record_heads(file)
    if runs.keys() != {int(file.stem)}:
        raise RecordError(f"{file} should have the run of seed {int(file.stem)} alone")
    with readable_record(file):
        return Part(spec, runs, {int(file.stem): pq.read_metadata(file).num_rows}, pa.table({}))
