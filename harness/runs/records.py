"""Records: what a run leaves on disk. One parquet file per leaderboard and method, every seed's whole ledger in it.

Layout below a results folder::

    <surrogate set>/<task>/<objective>/<setting>/<method label>.parquet
    <surrogate set>/<task>/<objective>/<setting>/<method label>.parts/<seed>.parquet      while running

A file's metadata holds its header (``harness``: JSON with the schema version, the run spec and an entry per seed).
Every write goes to a temporary file that is moved into place, so a file is complete or absent. Each finished seed is
written as a part of its own (``encode``, ``put``); ``merge`` joins parts into the file. A killed command therefore
loses only the seeds in flight. The bytes of the file depend on the runs alone; the column ``method_seconds`` (real
time) is stored unencoded so that it alone can differ. Parts are short-lived and many: packed for speed, not for size.

The rows of a large record are never in memory together. Joining reads files one by one and writes row groups as they
fill; the header, whose digest goes through all rows column by column, follows from a copy of them spooled to disk.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import heapq
import json
import os
import platform
import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import metadata
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from harness import registry
from harness.base.naming import DISTRIBUTION
from harness.benchmark.columns import LEDGER_COLUMNS
from harness.benchmark.leaderboard import Leaderboard
from harness.benchmark.space import Categorical, Integer, Parameter
from harness.errors import RecordError, StorageError
from harness.runs.spec import RunSpec

if TYPE_CHECKING:
    from harness.runs.runner import Run

SCHEMA = 1
MEASURED = "method_seconds"
HEADER = b"harness"
MAX_BYTES = 2**30
"""Twice what 500 runs of ten thousands of evaluations take; larger files are refused unread."""
WHOLE = 10**6
"""Rows up to which a record is one row group."""
GROUP = 1 << 18
"""Rows of a group of a larger one, which is read group by group."""
SMALL = 8 * 2**20
"""Bytes up to which a file is read in one go; larger ones column by column."""
SEPARATOR = b"\x1f"
SLICE = 1 << 16
"""Texts that are hashed at once."""
Pieces = Iterable[pa.ChunkedArray]
"""A column, piece by piece."""
PATIENCE = 100
"""How often to look again where another command on the same folder may have changed it in between."""


@dataclass(frozen=True)
class Record:
    """A file read back: the spec, a header per seed, and the ledgers of all seeds."""

    path: Path
    spec: RunSpec
    runs: dict[int, dict[str, Any]]
    table: pa.Table


def schema(board: Leaderboard) -> pa.Schema:
    """The columns of a record and their types."""
    kinds = {"repaired": pa.bool_(), "counted": pa.bool_(), "worker": pa.int32()}
    fields = [("seed", pa.int64()), ("trial", pa.int64())]
    fields += [(name, _kind(p)) for name, p in (*board.space.items(), *board.fidelities.items())]
    fields += [(name, pa.float64()) for name in board.metrics]
    fields += [(name, kinds.get(name, pa.float64())) for name in LEDGER_COLUMNS]
    return pa.schema([pa.field(name, kind, nullable=False) for name, kind in fields])


def _kind(parameter: Parameter) -> pa.DataType:
    if isinstance(parameter, Integer):
        return pa.int64()
    if isinstance(parameter, Categorical):
        return {bool: pa.bool_(), int: pa.int64(), str: pa.string()}.get(type(parameter.choices[0]), pa.float64())
    return pa.float64()


def record_path(results: Path, spec: RunSpec) -> Path:
    """Where the record of a spec lives."""
    return Path(results) / spec.surrogates / spec.leaderboard / spec.file_name


def parts_path(path: Path) -> Path:
    """Where the parts of a record are collected while it runs."""
    return path.with_name(path.name.removesuffix(".parquet") + ".parts")


def environment(libraries: Iterable[str]) -> dict[str, Any]:
    """Versions and platform for a header; the results do not depend on the platform, readers may want to know it."""
    names = (DISTRIBUTION, "numpy", *libraries)
    return {
        "versions": {name: _version(name) for name in names} | {"python": platform.python_version()},
        "platform": f"{sys.platform}-{platform.machine()}",
    }


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "unknown"


def to_table(board: Leaderboard, spec: RunSpec, run: Run, env: Mapping[str, Any]) -> pa.Table:
    """One run as a table with its header."""
    kinds = schema(board)
    rows = len(run.columns["trial"])
    columns = {"seed": [run.seed] * rows, **run.columns}
    table = pa.Table.from_arrays([pa.array(columns[f.name], f.type) for f in kinds], schema=kinds)
    head = {
        "seed": run.seed, "status": run.status, "stopped": run.stopped, "reason": run.reason,
        "traceback": run.traceback, "evaluations": sum(run.columns["counted"]), "repairs": run.repairs, **env,
    }  # fmt: skip
    return _with_header(table, spec.as_dict(), {run.seed: head})


def _with_header(table: pa.Table, spec: Mapping[str, Any], runs: Mapping[int, Mapping[str, Any]]) -> pa.Table:
    return table.replace_schema_metadata(_header(spec, runs, ((n, [table.column(n)]) for n in table.column_names)))


def _header(
    spec: Mapping[str, Any], runs: Mapping[int, Mapping[str, Any]], columns: Iterable[tuple[str, Pieces]]
) -> dict[bytes, bytes]:
    """A file's metadata, with the digest of its columns."""
    header = {"schema": SCHEMA, "spec": spec, "runs": [runs[seed] for seed in sorted(runs)]}
    header["sha256"] = digest_of(columns, header)
    return {HEADER: json.dumps(header, sort_keys=True).encode()}


def digest(table: pa.Table, header: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of the header and of every value but the measured ones; parquet itself would not notice a bit."""
    return digest_of(((name, [table.column(name)]) for name in table.column_names), header)


def digest_of(columns: Iterable[tuple[str, Pieces]], header: Mapping[str, Any]) -> str:
    """The same, of columns that come in pieces."""
    sha = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name, pieces in columns:
        first = True
        for values in pieces:
            if name == MEASURED:
                continue
            if not pa.types.is_string(values.type):
                for chunk in values.chunks:
                    sha.update(chunk.to_numpy(zero_copy_only=False))
                continue
            for start in range(0, len(values), SLICE):  # as if joined at once, without a million texts in memory
                sha.update(b"" if first else SEPARATOR)
                sha.update(_joined(values.slice(start, SLICE)))
                first = False
    return sha.hexdigest()


def _joined(texts: pa.ChunkedArray) -> pa.Buffer:
    """The texts in UTF-8 with the separator between them; in Arrow, for Python takes many times as long."""
    one = pa.concat_arrays(texts.chunks)
    row: pa.Buffer = pc.binary_join(pa.ListArray.from_arrays([0, len(one)], one), SEPARATOR.decode())[0].as_buffer()
    return row


def encode(table: pa.Table) -> bytes:
    """A part as bytes: parquet that takes a millisecond to write, to be sent and ``put``."""
    out = pa.BufferOutputStream()
    pq.write_table(table, out, compression="lz4", use_dictionary=False, write_statistics=False)
    data: bytes = out.getvalue().to_pybytes()
    return data


def put(data: bytes, path: Path) -> None:
    """Writes bytes whole or not at all. StorageError if the disk is full or the folder cannot be written to."""
    with _whole(path) as file:
        file.write(data)


def write(table: pa.Table, path: Path) -> None:
    """Writes a record whole or not at all. StorageError if the disk is full or the folder cannot be written to."""
    with _writer(table.schema, path) as writer:
        writer.write_table(table, row_group_size=WHOLE if table.num_rows <= WHOLE else GROUP)
        _describe(writer, table.schema)


@contextlib.contextmanager
def _writer(layout: pa.Schema, path: Path) -> Iterator[pq.ParquetWriter]:
    """To be given rows, then what describes them."""
    names = [n for n in layout.names if n != MEASURED]
    reals = [n for n in names if pa.types.is_floating(layout.field(n).type)]
    with (
        _whole(path) as file,
        pq.ParquetWriter(
            file, layout, compression=dict.fromkeys(names, "zstd") | {MEASURED: "none"},
            compression_level=dict.fromkeys(names, 9), use_byte_stream_split=reals,
            use_dictionary=[n for n in names if n not in reals], write_statistics=names, data_page_size=1 << 26,
            store_schema=False,
        ) as writer,
    ):  # fmt: skip
        yield writer


def _describe(writer: pq.ParquetWriter, layout: pa.Schema) -> None:
    """Adds the schema and its metadata as Arrow does by itself where they are known before the first row."""
    writer.add_key_value_metadata({**(layout.metadata or {}), b"ARROW:schema": base64.b64encode(layout.serialize())})


@contextlib.contextmanager
def _whole(path: Path) -> Iterator[BinaryIO]:
    """A file that is moved to ``path`` once it is complete and on the disk."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        try:
            with _create(temporary) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            if temporary.stat().st_size > MAX_BYTES:
                raise RecordError(
                    f"{path} would be larger than {MAX_BYTES >> 20} MiB; its seeds are kept as parts, "
                    f"run further ones into another results folder"
                )
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError.of(path, error) from error


def _create(path: Path) -> BinaryIO:
    for _ in range(PATIENCE):
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):  # another command has just removed the empty folder
            return open(path, "wb")
    return open(path, "wb")


class Gone(RecordError):
    """The file was removed since it was listed."""


def read(path: Path, columns: Collection[str] | None = None) -> Record:
    """A record, its schema and hash checked. RecordError names a file that is damaged, foreign, or of another version.

    All of a file is checked, but of ``columns`` only those are kept (none of them for an empty collection), so that a
    file of millions of evaluations takes little memory.
    """
    return _read(path, columns)[0]


def _read(path: Path, columns: Collection[str] | None) -> tuple[Record, pq.ParquetFile]:
    """The same, and the file, still open."""
    with _readable(path):
        file, header, spec = _open(path)
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
                    strays.update(set(values.unique().to_pylist()) - set(runs))
                yield name, values

        if header.pop("sha256", None) != digest_of(((name, [values]) for name, values in each()), header):
            raise RecordError(f"{path} does not match its own hash; it was damaged or edited")
        fields = pa.schema([layout.field(name) for name in kept], layout.metadata)
        table = pa.table(list(kept.values()), fields)
        if strays or not all("status" in r for r in runs.values()):
            raise RecordError(f"{path} has rows or headers that do not belong together")
    return Record(path, spec, runs, table), file


def heads(path: Path) -> tuple[RunSpec, dict[int, dict[str, Any]]]:
    """The spec and the header per seed of a record or part, its values neither read nor checked. RecordError as in
    ``read``.
    """
    with _readable(path):
        _, header, spec = _open(path)
        return spec, {int(head["seed"]): dict(head) for head in header["runs"]}


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    """A damaged file surfaces as many kinds of error; all mean the same to the reader."""
    try:
        yield
    except RecordError:
        raise
    except FileNotFoundError:
        raise Gone(f"{path} does not exist") from None
    except Exception as error:
        detail = str(error).partition("\n")[0][:200]
        raise RecordError(f"{path} is not a readable record ({type(error).__name__}: {detail})") from error


def _open(path: Path) -> tuple[pq.ParquetFile, dict[str, Any], RunSpec]:
    if path.stat().st_size > MAX_BYTES:
        raise RecordError(f"{path} is larger than {MAX_BYTES >> 20} MiB, which no record is")
    file = pq.ParquetFile(path, memory_map=False)
    metadata_ = file.schema_arrow.metadata or {}
    if HEADER not in metadata_:
        raise RecordError(f"{path} is a parquet file but no record of this harness")
    header = json.loads(metadata_[HEADER])
    if header["schema"] != SCHEMA:
        raise RecordError(f"{path} has record schema {header['schema']!r}; this version reads schema {SCHEMA}")
    spec = RunSpec(**{**header["spec"], "axes": tuple(header["spec"]["axes"])})
    expected = schema(registry.leaderboard_of(spec.leaderboard))
    if not file.schema_arrow.remove_metadata().equals(expected):
        raise RecordError(f"{path} does not have the columns of a record of {spec.leaderboard}")
    return file, header, spec


def files_of(path: Path) -> list[Path]:
    """The record at ``path``, if it is there, and its parts in the order of their seeds."""
    return [*([path] if path.exists() else []), *sorted(parts_path(path).glob("*.parquet"))]


def gather(path: Path, columns: Collection[str] | None = None) -> Record | None:
    """The record at ``path`` joined with its parts, in seed order; a part replaces an older run of its seed.

    Reads only; ``columns`` as in ``read``. None if there is neither; RecordError if one of the files cannot be read.
    """
    for _ in range(PATIENCE):
        with contextlib.suppress(Gone):  # another command has just merged what was listed here: look again
            return _gather(path, columns)
    return _gather(path, columns)


def _gather(path: Path, columns: Collection[str] | None) -> Record | None:
    files = files_of(path)
    if len(files) < 2:
        return read(files[0], columns) if files else None
    joined = _Joined(path, files, None if columns is None else {"seed", *columns})
    table = pa.concat_tables([joined.layout.empty_table(), *joined])
    return Record(path, joined.spec, joined.runs, _with_header(table, joined.spec.as_dict(), joined.runs))


class _Joined:
    """The row groups of a record joined with its parts, in the order of the seeds; a part replaces an older run of its
    seed. Files are read one by one as their rows are due, and their headers added to ``runs``.
    """

    def __init__(self, path: Path, files: Sequence[Path], columns: Collection[str] | None = None) -> None:
        self._path, self._columns = path, columns
        self._parts = {_seed_of(file): file for file in files if file != path}
        self._older = _read(path, {"seed"}) if path in files else None
        self.spec, _ = heads(files[0])
        fields = schema(registry.leaderboard_of(self.spec.leaderboard))
        self.layout = pa.schema([field for field in fields if columns is None or field.name in columns])
        self.runs: dict[int, dict[str, Any]] = {}

    def __iter__(self) -> Iterator[pa.Table]:
        return self._blocks() if self._rows() > WHOLE else iter([pa.concat_tables([self._none, *self._blocks()])])

    def _rows(self) -> int:
        rows = 0
        if self._older is not None:
            rows += int(np.isin(self._older[0].table["seed"].to_numpy(), [*self._parts], invert=True).sum())
        for part in self._parts.values():
            with _readable(part):
                rows += pq.read_metadata(part).num_rows
        return rows

    @property
    def _none(self) -> pa.Table:
        return self.layout.empty_table()

    def _blocks(self) -> Iterator[pa.Table]:
        """All rows, ``GROUP`` at a time; thousands of small tables would take more memory than what is in them."""
        return _regrouped(_regrouped(self._each_run(), max(GROUP >> 5, 1)), GROUP)

    def _each_run(self) -> Iterator[pa.Table]:
        parts = ((seed, read(self._parts[seed], self._columns)) for seed in sorted(self._parts))
        for seed, record in heapq.merge(self._older_runs(), parts, key=itemgetter(0)):
            if record.spec != self.spec:
                folder = parts_path(self._path)
                raise RecordError(f"{folder} has parts of other runs than {self._path.name}; move one of them away")
            if record.runs.keys() != {seed}:
                raise RecordError(f"{record.path} should have the run of seed {seed} alone")
            self.runs |= record.runs
            yield record.table.replace_schema_metadata()

    def _older_runs(self) -> Iterator[tuple[int, Record]]:
        """What the record has of seeds that are in no part, with ``GROUP`` rows or one run in memory at a time."""
        if self._older is None:
            return
        record, file = self._older
        seeds = record.table["seed"].to_numpy()
        if (np.diff(seeds) < 0).any():
            raise RecordError(
                f"{self._path} has rows that are not in the order of the seeds, so nothing can be joined to it"
            )
        batches = file.iter_batches(GROUP, columns=self.layout.names, use_threads=False)
        left = self._none
        for seed, head in sorted(record.runs.items()):
            first, last = np.searchsorted(seeds, [seed, seed + 1]).tolist()
            need, taken = last - first, [self._none]
            while need:
                left = left if left.num_rows else pa.Table.from_batches([next(batches)])
                taken.append(left.slice(0, need))
                need -= taken[-1].num_rows
                left = left.slice(taken[-1].num_rows)
            if seed not in self._parts:
                yield seed, Record(self._path, record.spec, {seed: head}, pa.concat_tables(taken))


def _regrouped(tables: Iterable[pa.Table], size: int) -> Iterator[pa.Table]:
    """The same rows, so many at a time, with the rest in the last."""
    held, rows = [], 0
    for table in tables:
        held.append(table)
        rows += table.num_rows
        while rows >= size:
            together = pa.concat_tables(held)
            yield together.slice(0, size).combine_chunks()
            held, rows = [together.slice(size)], rows - size
    if rows:
        yield pa.concat_tables(held).combine_chunks()


def _seed_of(part: Path) -> int:
    if not part.stem.isdecimal():
        raise RecordError(f"{part} is no part of a record: its name would be its seed")
    return int(part.stem)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keeps other commands from merging, or moving aside, the record at ``path``; parts may still be added.

    The lock lies beside the record, where nothing ever removes it: a lock that can vanish locks nobody out.
    """
    from filelock import FileLock

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.parent / ".lock")
        lock.acquire()
    except OSError as error:
        raise StorageError.of(path, error) from error
    try:
        yield
    finally:
        lock.release()


def merge(path: Path) -> None:
    """Writes what ``gather`` finds into the record at ``path`` and removes the parts."""
    folder = parts_path(path)
    if not folder.is_dir():
        return
    with locked(path):
        if parts := sorted(folder.glob("*.parquet")):
            _merge(path, files_of(path))
            for part in parts:
                part.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # not empty: another command is writing parts
            folder.rmdir()


def _merge(path: Path, files: Sequence[Path]) -> None:
    """Row groups are written, by a thread, while the next is read; what they are, last."""
    joined = _Joined(path, files)
    layout, options = joined.layout, pa.ipc.IpcWriteOptions(compression="lz4")
    with _writer(layout, path) as writer, tempfile.TemporaryFile(dir=path.parent) as file:
        with (
            pa.ipc.new_file(pa.PythonFile(file, "w"), layout, options=options) as spool,
            ThreadPoolExecutor(1) as beside,
        ):
            writing = None
            for group in joined:
                if writing is not None:
                    writing.result()
                writing = beside.submit(writer.write_table, group, row_group_size=max(group.num_rows, 1))
                spool.write_table(group)
            if writing is not None:
                writing.result()
        header = _header(joined.spec.as_dict(), joined.runs, _spooled(file, layout.names))
        _describe(writer, layout.with_metadata(header))


def _spooled(file: BinaryIO, names: Iterable[str]) -> Iterator[tuple[str, Pieces]]:
    """Column by column what was written row group by row group."""
    for at, name in enumerate(names):
        options = pa.ipc.IpcReadOptions(included_fields=[at])
        reader = pa.ipc.open_file(pa.PythonFile(file, "r"), options=options)
        yield name, (pa.chunked_array([reader.get_batch(n).column(0)]) for n in range(reader.num_record_batches))
