"""Records: what a run leaves on disk. One parquet file per leaderboard and method, every seed's whole ledger in it.

Layout below a results folder::

    <surrogate set>/<task>/<objective>/<setting>/<method label>.parquet
    <surrogate set>/<task>/<objective>/<setting>/<method label>.parts/<seed>.parquet      while running

A file's metadata holds its header (``harness``: JSON with the schema version, the run spec and an entry per seed).
Every write goes to a temporary file that is moved into place, so a file is complete or absent. Each finished seed is
written as a part of its own (``encode``, ``put``); ``merge`` joins parts into the file. A killed command therefore
loses only the seeds in flight. The bytes of the file depend on the runs alone; the column ``method_seconds`` (real
time) is stored unencoded so that it alone can differ. Parts are short-lived and many: packed for speed, not for size.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from harness import registry
from harness.errors import RecordError, StorageError
from harness.leaderboard import Leaderboard
from harness.space import Categorical, Integer, Parameter
from harness.spec import LEDGER_COLUMNS, RunSpec

if TYPE_CHECKING:
    from harness.runner import Run

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
    names = (registry.DISTRIBUTION, "numpy", *libraries)
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
    header = {"schema": SCHEMA, "spec": spec, "runs": [runs[seed] for seed in sorted(runs)]}
    header["sha256"] = digest(table, header)
    return table.replace_schema_metadata({HEADER: json.dumps(header, sort_keys=True).encode()})


def digest(table: pa.Table, header: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of the header and of every value but the measured ones; parquet itself would not notice a bit."""
    return digest_of(((name, [table.column(name)]) for name in table.column_names), header)


def digest_of(columns: Iterable[tuple[str, Iterable[pa.ChunkedArray]]], header: Mapping[str, Any]) -> str:
    """The same, of columns that come in pieces."""
    sha = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name, pieces in columns:
        first = True
        for values in pieces:
            if name == MEASURED:
                continue
            if not pa.types.is_string(values.type):
                for chunk in values.chunks:
                    sha.update(chunk.to_numpy(zero_copy_only=False).tobytes())
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
    names = [n for n in table.column_names if n != MEASURED]
    reals = [n for n in names if pa.types.is_floating(table.schema.field(n).type)]
    with _whole(path) as file:
        pq.write_table(
            table, file, compression=dict.fromkeys(names, "zstd") | {MEASURED: "none"},
            compression_level=dict.fromkeys(names, 9), use_byte_stream_split=reals,
            use_dictionary=[n for n in names if n not in reals], write_statistics=names, data_page_size=1 << 26,
            row_group_size=WHOLE if table.num_rows <= WHOLE else GROUP,
        )  # fmt: skip


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
    try:
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
    except RecordError:
        raise
    except FileNotFoundError:
        raise Gone(f"{path} does not exist") from None
    except Exception as error:  # a damaged file surfaces as many kinds of error; all mean the same to the reader
        raise _unreadable(path, error) from error
    if strays or not all("status" in r for r in runs.values()):
        raise RecordError(f"{path} has rows or headers that do not belong together")
    return Record(path, spec, runs, table)


def heads(path: Path) -> tuple[RunSpec, dict[int, dict[str, Any]]]:
    """The spec and the header per seed of a record or part, its values neither read nor checked. RecordError as in
    ``read``.
    """
    try:
        _, header, spec = _open(path)
        return spec, {int(head["seed"]): dict(head) for head in header["runs"]}
    except RecordError:
        raise
    except FileNotFoundError:
        raise Gone(f"{path} does not exist") from None
    except Exception as error:
        raise _unreadable(path, error) from error


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


def _unreadable(path: Path, error: Exception) -> RecordError:
    detail = str(error).partition("\n")[0][:200]
    return RecordError(f"{path} is not a readable record ({type(error).__name__}: {detail})")


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
    wanted = None if columns is None else {"seed", *columns}
    pile = _Pile()
    for file in files:
        record = read(file, wanted)
        if pile.spec not in (None, record.spec):
            raise RecordError(f"{parts_path(path)} has parts of other runs than {path.name}; move one of them away")
        pile.add(record)
    table, runs = pile.joined()
    return Record(path, record.spec, runs, _with_header(table, record.spec.as_dict(), runs))


class _Pile:
    """Records of one spec, joined with little more memory than their values take."""

    CHUNKS = 256
    """Small arrays cost more than what is in them: so many of a column are made one."""

    def __init__(self) -> None:
        self.spec: RunSpec | None = None
        self._pool = pa.system_memory_pool()  # apart from the short-lived arrays, which would leave holes around these
        self.runs: dict[int, dict[str, Any]] = {}
        self._origin: dict[int, int] = {}
        self._replaced = False
        self._rows: list[int] = []
        self._columns: dict[str, list[pa.Array]] = {}

    def add(self, record: Record) -> None:
        """What it has of a seed replaces what was added of that seed before."""
        self.spec, self._schema = record.spec, record.table.schema.remove_metadata()
        for name in record.table.column_names:
            chunks = self._columns.setdefault(name, [])
            chunks += record.table.column(name).chunks
            if len(chunks) > self.CHUNKS:
                chunks[:] = [pa.concat_arrays(chunks, memory_pool=self._pool)]
        self._replaced = self._replaced or not self.runs.keys().isdisjoint(record.runs)
        self._origin |= dict.fromkeys(record.runs, len(self._rows))
        self._rows.append(record.table.num_rows)
        self.runs |= record.runs

    def joined(self) -> tuple[pa.Table, dict[int, dict[str, Any]]]:
        """Every seed's rows from where it was added last, in seed order; the columns given are used up."""
        seeds = pa.chunked_array(self._columns["seed"], pa.int64()).to_numpy()
        order = np.arange(len(seeds))
        if self._replaced:
            source = np.repeat(np.arange(len(self._rows)), self._rows)
            names, inverse = np.unique(seeds, return_inverse=True)
            latest = np.array([self._origin[int(seed)] for seed in names], np.int64)
            order = np.flatnonzero(latest[inverse.ravel()] == source)
        moved = self._replaced or bool(np.any(seeds[1:] < seeds[:-1]))
        if moved:
            order = order[np.argsort(seeds[order], kind="stable")]
        arrays = []
        for field in self._schema:
            column = pa.chunked_array(self._columns.pop(field.name), field.type).combine_chunks(self._pool)
            arrays.append(column.take(pa.array(order)) if moved else column)
        return pa.table(arrays, self._schema), dict(sorted(self.runs.items()))


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


def merge(path: Path) -> Record | None:
    """Writes what ``gather`` finds into the record at ``path`` and removes the parts."""
    folder = parts_path(path)
    if not folder.is_dir():
        return gather(path)
    with locked(path):
        parts = sorted(folder.glob("*.parquet"))
        record = gather(path)
        if record is not None and parts:
            write(record.table, path)
            for part in parts:
                part.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # not empty: another command is writing parts
            folder.rmdir()
    return record
