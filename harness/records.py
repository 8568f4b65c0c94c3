"""Records: what a run leaves on disk. One parquet file per leaderboard and method, every seed's whole ledger in it.

Layout below a results folder::

    <surrogate set>/<task>/<objective>/<setting>/<method label>.parquet
    <surrogate set>/<task>/<objective>/<setting>/<method label>.parts/<seed>.parquet      while running

A file's metadata holds its header (``harness``: JSON with the schema version, the run spec and an entry per seed).
Every write goes to a temporary file that is moved into place, so a file is complete or absent. Each finished seed is
written as a part of its own; ``merge`` joins parts into the file. A killed command therefore loses only the seeds in
flight. The bytes depend on the runs alone; the column ``method_seconds`` (real time) is stored unencoded so that it
alone can differ.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from harness import registry
from harness.errors import RecordError
from harness.leaderboard import Leaderboard
from harness.space import Categorical, Integer, Parameter
from harness.spec import LEDGER_COLUMNS, RunSpec

if TYPE_CHECKING:
    from harness.runner import Run

SCHEMA = 1
MEASURED = "method_seconds"
HEADER = b"harness"
MAX_BYTES = 256 * 2**20
"""No honest record comes near this; larger files are refused unread."""
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
    sha = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name in table.column_names:
        if name != MEASURED:
            values = table.column(name)
            if pa.types.is_string(values.type):
                sha.update("\x1f".join(values.to_pylist()).encode())
            else:
                sha.update(values.to_numpy().tobytes())
    return sha.hexdigest()


def write(table: pa.Table, path: Path) -> None:
    """Writes a record whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    names = [n for n in table.column_names if n != MEASURED]
    reals = [n for n in names if pa.types.is_floating(table.schema.field(n).type)]
    try:
        with _create(temporary) as file:
            pq.write_table(
                table, file, compression=dict.fromkeys(names, "zstd") | {MEASURED: "none"},
                compression_level=dict.fromkeys(names, 9), use_byte_stream_split=reals,
                use_dictionary=[n for n in names if n not in reals], write_statistics=names, data_page_size=1 << 26,
                row_group_size=1 << 22,
            )  # fmt: skip
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _create(path: Path) -> BinaryIO:
    for _ in range(PATIENCE):
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):  # another command has just removed the empty folder
            return open(path, "wb")
    return open(path, "wb")


class _Gone(RecordError):
    """The file was removed since it was listed."""


def read(path: Path) -> Record:
    """A record, its schema checked. RecordError names a file that is damaged, foreign, or of another version."""
    try:
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
        table = file.read()
        runs = {int(head["seed"]): dict(head) for head in header["runs"]}
        if header.pop("sha256", None) != digest(table, header):
            raise RecordError(f"{path} does not match its own hash; it was damaged or edited")
    except RecordError:
        raise
    except FileNotFoundError:
        raise _Gone(f"{path} does not exist") from None
    except Exception as error:  # a damaged file surfaces as many kinds of error; all mean the same to the reader
        detail = str(error).partition("\n")[0][:200]
        raise RecordError(f"{path} is not a readable record ({type(error).__name__}: {detail})") from error
    if set(table.column("seed").unique().to_pylist()) - set(runs) or not all("status" in r for r in runs.values()):
        raise RecordError(f"{path} has rows or headers that do not belong together")
    return Record(path, spec, runs, table)


def gather(path: Path) -> Record | None:
    """The record at ``path`` joined with its parts, in seed order; a part replaces an older run of its seed.

    Reads only. None if there is neither; RecordError if one of the files cannot be read.
    """
    for _ in range(PATIENCE):
        with contextlib.suppress(_Gone):  # another command has just merged what was listed here: look again
            return _gather(path)
    return _gather(path)


def _gather(path: Path) -> Record | None:
    files = [path] if path.exists() else []
    found = [read(file) for file in [*files, *sorted(parts_path(path).glob("*.parquet"))]]
    if len(found) < 2:
        return found[0] if found else None
    spec = found[-1].spec
    if any(record.spec != spec for record in found):
        raise RecordError(f"{parts_path(path)} has parts of other runs than {path.name}; move one of them away")
    origin = {seed: record for record in found for seed in record.runs}
    runs = {seed: origin[seed].runs[seed] for seed in sorted(origin)}
    tables = [origin[s].table.filter(pa.compute.equal(origin[s].table["seed"], s)) for s in runs]
    joined = pa.concat_tables([t.replace_schema_metadata(None) for t in tables]).combine_chunks()
    return Record(path, spec, runs, _with_header(joined, spec.as_dict(), runs))


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keeps other commands from merging, or moving aside, the record at ``path``; parts may still be added.

    The lock lies beside the record, where nothing ever removes it: a lock that can vanish locks nobody out.
    """
    from filelock import FileLock

    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.parent / ".lock"):
        yield


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
