"""Reads a record that nobody vouches for: what it claims, as plain values, or one sentence why it is no record.

A file is only parsed: sizes, schema and header are checked before any data are decoded, and nothing in it is called,
unpickled or believed. ``harness.verify.confine`` bounds the memory and time this may take.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from harness import registry
from harness.errors import HarnessError, RecordError
from harness.files import read_plain
from harness.leaderboard import Leaderboard
from harness.records import HEADER, SCHEMA, digest, schema
from harness.spec import RunSpec

MAX_BYTES = 128 * 2**20
MAX_ROWS = 1_000_000
"""Evaluations of all seeds of an entry: a thousand times a black-box entry, ten times Hyperband over the epochs."""
MAX_HEADER = 4 * 2**20
MAX_GROUPS = 1000
MAX_SEEDS = 1000
MAX_WORDS = 1000
"""Different strings in one column."""
RUN_KEYS = {"seed", "status", "stopped", "reason", "traceback", "evaluations", "repairs", "versions", "platform"}
KINDS: dict[str, tuple[type, ...]] = {
    "leaderboard": (str,), "surrogates": (str,), "surrogates_hash": (str,), "method": (str,), "method_path": (str,),
    "preset": (dict,), "settings": (dict,), "axes": (list,), "from_scratch": (bool,), "continuation": (bool,),
    "space": (str,), "workers": (int,), "source": (str, type(None)), "constants": (dict,),
}  # fmt: skip
"""Fields of a run spec and the JSON types they may have."""


@dataclass(frozen=True)
class Claim:
    """A record as read: the spec, the header of every seed, and the ledger's columns (strings as objects)."""

    sha256: str
    board: Leaderboard
    spec: RunSpec
    runs: dict[int, dict[str, Any]]
    columns: dict[str, NDArray[Any]]


def read_claim(path: Path) -> Claim:
    """What the file claims. RecordError says in one sentence why it is no record; the path is not repeated in it."""
    try:
        data = read_plain(path, MAX_BYTES)
    except (ValueError, FileNotFoundError) as error:
        raise RecordError("it does not exist" if isinstance(error, FileNotFoundError) else str(error)) from None
    try:
        file = pq.ParquetFile(
            pa.BufferReader(data), memory_map=False, pre_buffer=False,
            thrift_string_size_limit=2 * MAX_HEADER, thrift_container_size_limit=10**6,
        )  # fmt: skip
        header = _header(file.schema_arrow.metadata or {})
        spec = _spec(header["spec"])
        board = registry.leaderboard_of(spec.leaderboard)
        _check_shape(file, schema(board))
        table = file.read(use_threads=False)
        runs = _runs(header["runs"])
        claimed = header.pop("sha256")
        if table.num_rows > MAX_ROWS or claimed != digest(table, header):
            raise RecordError("it does not match its own hash; it was damaged or edited")
        columns = {name: _values(table, name) for name in table.column_names}
    except RecordError:
        raise
    except HarnessError as error:
        raise RecordError(str(error)) from None
    except Exception as error:  # a hostile file surfaces as many kinds of error; all mean the same
        detail = " ".join(str(error).split())[:200]
        raise RecordError(f"it is not a readable record ({type(error).__name__}: {detail})") from None
    return Claim(hashlib.sha256(data).hexdigest(), board, spec, runs, columns)


def _header(metadata: Mapping[bytes, bytes]) -> dict[str, Any]:
    if set(metadata) != {HEADER}:
        raise RecordError("it is a parquet file but no record of this harness, or has further metadata")
    if len(metadata[HEADER]) > MAX_HEADER:
        raise RecordError(f"its header has more than {MAX_HEADER:,} bytes")
    try:
        header = json.loads(metadata[HEADER], object_pairs_hook=_unique, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"its header is no JSON ({error})") from None
    if not isinstance(header, dict) or header.get("schema") != SCHEMA or isinstance(header["schema"], bool):
        raise RecordError(f"its header is not of record schema {SCHEMA}, which this version verifies")
    _check_keys(header, {"schema", "spec", "runs", "sha256"}, "its header")
    return header


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _check_keys(found: Any, expected: set[str], what: str) -> None:
    if not isinstance(found, dict) or set(found) != expected:
        raise RecordError(f"{what} must have exactly {', '.join(sorted(expected))}")


def _spec(claimed: Any) -> RunSpec:
    _check_keys(claimed, {field.name for field in dataclasses.fields(RunSpec)}, "its spec")
    for name, kinds in KINDS.items():
        if type(claimed[name]) not in kinds:
            raise RecordError(f"{name} in its spec is {claimed[name]!r:.80}, not of type {kinds[0].__name__}")
    axes, constants = claimed["axes"], claimed["constants"]
    if not all(isinstance(a, str) for a in axes) or not all(type(v) in (int, float) for v in constants.values()):
        raise RecordError("axes in its spec must be names, constants numbers")
    return RunSpec(**{**claimed, "axes": tuple(axes)})


def _runs(claimed: Any) -> dict[int, dict[str, Any]]:
    if not isinstance(claimed, list) or len(claimed) > MAX_SEEDS:
        raise RecordError(f"its runs must be a list of at most {MAX_SEEDS} seeds")
    runs: dict[int, dict[str, Any]] = {}
    for run in claimed:
        _check_keys(run, RUN_KEYS, "every run in its header")
        if any(type(run[name]) is not int for name in ("seed", "evaluations", "repairs")):
            raise RecordError("seed, evaluations and repairs of a run must be whole numbers")
        if run["seed"] in runs:
            raise RecordError(f"seed {run['seed']} has two headers")
        runs[run["seed"]] = run
    return runs


def _check_shape(file: pq.ParquetFile, expected: pa.Schema) -> None:
    """Columns, types and claimed sizes, before anything is decoded."""
    found = file.schema_arrow.remove_metadata()
    if found.names != expected.names:
        wrong = sorted(set(found.names) ^ set(expected.names)) or ["another order"]
        raise RecordError(f"it does not have the columns of a record ({', '.join(wrong)[:200]})")
    for field in expected:
        if not found.field(field.name).equals(field):
            raise RecordError(f"{field.name} is of type {found.field(field.name).type}, not {field.type}"[:200])
    meta = file.metadata
    if meta.num_rows > MAX_ROWS:
        raise RecordError(f"it has {meta.num_rows:,} rows; a record has at most {MAX_ROWS:,}")
    if meta.num_row_groups > MAX_GROUPS:
        raise RecordError(f"it has {meta.num_row_groups:,} row groups; a record has at most {MAX_GROUPS:,}")
    size = sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups))
    if size > 3 * MAX_BYTES:
        raise RecordError(f"it claims {size:,} bytes of data, more than any record has")


def _values(table: pa.Table, name: str) -> NDArray[Any]:
    column = table.column(name)
    if not pa.types.is_string(column.type):
        return np.asarray(column.to_numpy())
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    if len(encoded.dictionary) > MAX_WORDS:
        raise RecordError(f"{name} has more than {MAX_WORDS} different values")
    words = np.array(encoded.dictionary.to_pylist(), dtype=object)
    return words[encoded.indices.to_numpy()] if len(words) else np.empty(0, dtype=object)
