"""Parts: finished runs of a record that are not joined into it yet, a batch of them in each file.

A part is an Arrow stream with a header like a record's, followed by a checksum of all bytes before it. It is made to be
written in a moment, sent, and read once. Parts of earlier versions are parquet files of one run, named by its seed;
they are joined like the others.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from harness import registry
from harness.base.parquet import readable
from harness.benchmark.leaderboard import Leaderboard
from harness.errors import RecordError
from harness.runs.records.digest import head_of, rows_of
from harness.runs.records.layout import HEADER, MAX_BYTES, PART, SCHEMA, parts_path, schema
from harness.runs.records.reading import read, readable_record, record_heads
from harness.runs.records.writing import put
from harness.runs.run import Run
from harness.runs.spec import RunSpec

SEAL = b"JHP1"
"""What the checksum follows."""
WORK = b"work"
"""The key of what a worker adds to a part it sends."""


@dataclass(frozen=True)
class Part:
    """Runs of one record, in the order of their seeds: a header and the number of rows of each, and all rows together.

    ``work``: what the worker that did them has to say, one entry a run; it is in no record.
    """

    spec: RunSpec
    runs: dict[int, dict[str, Any]]
    rows: dict[int, int]
    table: pa.Table
    work: tuple[dict[str, Any], ...] = field(default=())


def part_of(
    board: Leaderboard, spec: RunSpec, runs: Sequence[Run], env: Mapping[str, Any], work: Sequence[dict[str, Any]] = ()
) -> Part:
    """Runs as a part."""
    ordered = sorted(runs, key=lambda run: run.seed)
    counts = {run.seed: len(run.columns["trial"]) for run in ordered}
    return Part(spec, {run.seed: head_of(run, env) for run in ordered}, counts, rows_of(board, ordered), tuple(work))


def encode(part: Part) -> bytes:
    """A part as bytes, to be sent and kept."""
    content = {
        "schema": SCHEMA, "spec": part.spec.as_dict(), "runs": [*part.runs.values()], "rows": [*part.rows.values()],
    }  # fmt: skip
    said = {HEADER: json.dumps(content).encode(), WORK: json.dumps(part.work).encode()}
    table = part.table.replace_schema_metadata(said).combine_chunks()
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
        writer.write_table(table)
    data = bytes(out.getvalue())
    return data + SEAL + zlib.crc32(data).to_bytes(4, "little")


def decode(data: bytes, name: object) -> Part:
    """The part in these bytes, checked. RecordError says of ``name`` what is wrong with it."""
    with readable(lambda reason: RecordError(f"{name} is no whole part of a record ({reason})"), passing=RecordError,
                  hostile=True):  # fmt: skip
        seal = data[-len(SEAL) - 4 :]
        if seal[:4] != SEAL or zlib.crc32(memoryview(data)[:-8]) != int.from_bytes(seal[4:], "little"):
            raise RecordError(f"{name} is no whole part of a record: it was cut off or damaged")
        with pa.ipc.open_stream(pa.py_buffer(data)) as reader:
            part = _described(reader.schema, name)
            table = reader.read_all().replace_schema_metadata()
        table.validate()
        expected = np.repeat(np.array([*part.rows], np.int64), [*part.rows.values()])
        if not np.array_equal(table.column("seed").to_numpy(), expected):
            raise RecordError(f"{name} has rows or headers that do not belong together")
    return Part(part.spec, part.runs, part.rows, table, part.work)


def heads(file: Path) -> tuple[RunSpec, dict[int, dict[str, Any]]]:
    """The spec and the header per seed of a record or part, its values neither read nor checked. RecordError as in
    ``read``.
    """
    if file.suffix != PART:
        return record_heads(file)
    part = contents(file)
    return part.spec, part.runs


def put_part(data: bytes, path: Path, seeds: Sequence[int]) -> None:
    """Writes an encoded part of the record at ``path``: its name has the seeds, and tells two parts of them apart."""
    name = f"{min(seeds):06d}-{max(seeds):06d}-{zlib.crc32(data):08x}{PART}"
    put(data, parts_path(path) / name)


def contents(file: Path) -> Part:
    """A part without its rows, which are neither read nor checked. RecordError as ``read_part``."""
    with readable_record(file):
        if file.suffix != PART:
            return _parquet(file)
        with file.open("rb") as stream, pa.ipc.open_stream(stream) as reader:
            return _described(reader.schema, file)


def read_part(file: Path) -> Part:
    """A part, checked. RecordError names a file that is damaged, foreign, or of another version; Gone if it is not
    there any more.
    """
    if file.suffix != PART:
        part = _parquet(file)
        return Part(part.spec, part.runs, part.rows, read(file).table.replace_schema_metadata())
    with readable_record(file):
        if file.stat().st_size > MAX_BYTES:
            raise RecordError(f"{file} is larger than {MAX_BYTES >> 20} MiB, which no part is")
        data = file.read_bytes()
    return decode(data, file)


def _described(layout: pa.Schema, name: object) -> Part:
    said = layout.metadata or {}
    if HEADER not in said:
        raise RecordError(f"{name} is an Arrow stream but no part of a record of this harness")
    header = json.loads(said[HEADER])
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
    return Part(spec, runs, rows, expected.empty_table(), tuple(json.loads(said.get(WORK, b"[]"))))


def _parquet(file: Path) -> Part:
    """A part of an earlier version."""
    if not file.stem.isdecimal():
        raise RecordError(f"{file} is no part of a record: its name would be its seed")
    spec, runs = record_heads(file)
    if runs.keys() != {int(file.stem)}:
        raise RecordError(f"{file} should have the run of seed {int(file.stem)} alone")
    with readable_record(file):
        return Part(spec, runs, {int(file.stem): pq.read_metadata(file).num_rows}, pa.table({}))
