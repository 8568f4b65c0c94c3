"""Reads a record that nobody vouches for: what it claims, as plain values, or one sentence why it is no record.

A file is only parsed: sizes, schema and header are checked before any data are decoded, and nothing in it is called,
unpickled or believed. It is read row group by row group, so that an entry of hundreds of long runs takes no more memory
than one of them. ``harness.verify.confine`` bounds the memory and time this may take.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from harness import registry
from harness.base.parquet import readable
from harness.base.plain import open_plain
from harness.benchmark.leaderboard import Leaderboard
from harness.errors import RecordError
from harness.runs.records import HEADER, MAX_BYTES, SCHEMA, digest_of, schema
from harness.runs.spec import RunSpec

MAX_ROWS = 1_000_000
"""Evaluations of a run, and rows of a row group, which is what is in memory at a time."""
MAX_GROUP_BYTES = 384 * 2**20
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
    """A record as read: the spec, the header of every seed, and how many rows each seed has.

    ``ordered``: whether rows stand in the order of the seeds, without which they cannot be read run by run. The ledgers
    themselves stay in the file until ``each_run`` reads them.
    """

    sha256: str
    board: Leaderboard
    spec: RunSpec
    runs: dict[int, dict[str, Any]]
    counts: dict[int, int]
    ordered: bool
    file: pq.ParquetFile

    @property
    def rows(self) -> int:
        """Evaluations of all seeds."""
        return sum(self.counts.values())

    def each_run(self) -> Iterator[tuple[int, dict[str, NDArray[Any]]]]:
        """Every seed with a header, ascending, and its ledger's columns (strings as objects); one row group and one run
        are in memory at a time. RecordError for what cannot be read, ValueError if the rows are not ordered.
        """
        if not self.ordered or not self.counts.keys() <= self.runs.keys():
            raise ValueError("rows that are not in the order of the seeds cannot be read run by run")
        groups = self._groups()
        left, at = next(groups), 0
        for seed in sorted(self.runs):
            parts: list[dict[str, NDArray[Any]]] = []
            need = self.counts.get(seed, 0)
            while need or not parts:
                have = len(left["seed"]) - at
                if need and not have:
                    left, at = next(groups), 0
                    continue
                taken = min(need, have)
                parts.append({name: values[at : at + taken] for name, values in left.items()})
                need, at = need - taken, at + taken
            yield seed, {name: np.concatenate([part[name] for part in parts]) for name in left}

    def _groups(self) -> Iterator[dict[str, NDArray[Any]]]:
        """The columns of every row group, an empty one first."""
        yield _columns(self.file.schema_arrow.empty_table())
        for group in range(self.file.num_row_groups):
            with _readable():
                columns = _columns(self.file.read_row_group(group, use_threads=False))
            yield columns


@contextlib.contextmanager
def read_claim(path: Path) -> Iterator[Claim]:
    """What the file claims, while it is open. RecordError says in one sentence why it is no record; the path is not
    repeated in it.
    """
    try:
        data = open_plain(path, MAX_BYTES)
    except (ValueError, FileNotFoundError) as error:
        raise RecordError("it does not exist" if isinstance(error, FileNotFoundError) else str(error)) from None
    with data:
        yield _claim(data)


def _claim(data: BinaryIO) -> Claim:
    with _readable():
        sha256 = hashlib.sha256()
        while block := data.read(1 << 20):
            sha256.update(block)
        file = pq.ParquetFile(
            data, memory_map=False, pre_buffer=False,
            thrift_string_size_limit=2 * MAX_HEADER, thrift_container_size_limit=10**6,
        )  # fmt: skip
        header = _header(file.schema_arrow.metadata or {})
        spec = _spec(header["spec"])
        board = registry.leaderboard_of(spec.leaderboard)
        _check_shape(file, schema(board))
        runs = _runs(header["runs"])
        claimed = header.pop("sha256")
        if claimed != digest_of(((name, _pieces(file, name)) for name in file.schema_arrow.names), header):
            raise RecordError("it does not match its own hash; it was damaged or edited")
        counts, ordered = _count(file)
    return Claim(sha256.hexdigest(), board, spec, runs, counts, ordered, file)


def _readable() -> contextlib.AbstractContextManager[None]:
    """RecordError, in one sentence, for every error that a file brings about inside the block."""

    def refused(reason: str) -> RecordError:
        return RecordError(f"it is not a readable record ({reason})")

    return readable(refused, passing=RecordError, hostile=True)


def _pieces(file: pq.ParquetFile, name: str) -> Iterator[pa.ChunkedArray]:
    """A column, row group by row group."""
    for group in range(file.num_row_groups):
        yield file.read_row_group(group, [name], use_threads=False).column(0)


def _count(file: pq.ParquetFile) -> tuple[dict[int, int], bool]:
    """Rows per seed, and whether they are in the order of the seeds. RecordError if one has too many."""
    counts: dict[int, int] = {}
    ordered, last = True, None
    for piece in _pieces(file, "seed"):
        seeds = piece.to_numpy()
        if not len(seeds):
            continue
        ordered = ordered and not (np.diff(seeds) < 0).any() and (last is None or last <= seeds[0])
        last = seeds[-1]
        for seed, count in zip(*(found.tolist() for found in np.unique(seeds, return_counts=True)), strict=True):
            counts[seed] = counts.get(seed, 0) + count
        if max(counts.values()) > MAX_ROWS or len(counts) > MAX_SEEDS:
            raise RecordError(f"it has a run of more than {MAX_ROWS:,} rows, or more than {MAX_SEEDS} runs")
    return counts, ordered


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
    if meta.num_row_groups > MAX_GROUPS:
        raise RecordError(f"it has {meta.num_row_groups:,} row groups; a record has at most {MAX_GROUPS:,}")
    for group in map(meta.row_group, range(meta.num_row_groups)):
        if group.num_rows > MAX_ROWS:
            raise RecordError(
                f"it has {group.num_rows:,} rows in a row group; a record has at most {MAX_ROWS:,} in one"
            )
        if group.total_byte_size > MAX_GROUP_BYTES:
            raise RecordError(f"it claims {group.total_byte_size:,} bytes in a row group, more than any record has")


def _columns(table: pa.Table) -> dict[str, NDArray[Any]]:
    return {name: _values(table, name) for name in table.column_names}


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
