"""Reads a record that a stranger made. The result is its claims as plain values, or one sentence why it is no record.

A file is only parsed. Sizes, schema and header are checked before any data are decoded, and nothing in the file is
called, unpickled or believed. It is read row group by row group, so an entry of hundreds of long runs takes no more
memory than one run. ``harness.verify.confine`` bounds the memory and time.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from harness import registry
from harness.base.budget import LIMITS
from harness.base.parquet import readable
from harness.base.plain import open_plain
from harness.benchmark.leaderboard import Leaderboard
from harness.errors import RecordError
from harness.runs.records import MAX_BYTES, digest_of, schema
from harness.runs.spec import RunSpec
from harness.verify.headers import MAX_HEADER, MAX_SEEDS, header_of, runs_of, spec_of

MAX_ROWS = 1_000_000
"""The most evaluations of a run, and the most rows of a row group. One row group is in memory at a time."""
MAX_GROUP_BYTES = 384 * 2**20
MAX_GROUPS = 1000
MAX_WORDS = 1000
"""The most different strings in one column."""


@dataclass(frozen=True)
class Claim:
    """A record as read: the spec, the header of every seed, and the number of rows of every seed.

    ``ordered``: whether the rows are in the order of the seeds; only then can they be read run by run. The ledgers stay
    in the file until ``each_run`` reads them.
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
        """Every seed with a header, in ascending order, with the columns of its ledger (strings as objects). One row
        group and one run are in memory at a time. RecordError if data cannot be read, ValueError if the rows are not
        ordered.
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
    """The claims of the file, which stays open during the block. RecordError says in one sentence, without the path,
    why the file is no record.
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
        header = header_of(file.schema_arrow.metadata or {})
        spec = spec_of(header["spec"])
        board = registry.leaderboard_of(spec.leaderboard)
        _check_shape(file, schema(board))
        LIMITS["record"].budget(data.tell()).charge(8 * file.metadata.num_rows * len(file.schema_arrow))
        runs = runs_of(header["runs"])
        claimed = header.pop("sha256")
        if claimed != digest_of(((name, _pieces(file, name)) for name in file.schema_arrow.names), header):
            raise RecordError("it does not match its own hash; it was damaged or edited")
        counts, ordered = _count(file)
    return Claim(sha256.hexdigest(), board, spec, runs, counts, ordered, file)


def _readable() -> contextlib.AbstractContextManager[None]:
    """Turns every error that the file causes inside the block into a RecordError of one sentence."""

    def refused(reason: str) -> RecordError:
        return RecordError(f"it is not a readable record ({reason})")

    return readable(refused, passing=RecordError, hostile=True)


def _pieces(file: pq.ParquetFile, name: str) -> Iterator[pa.ChunkedArray]:
    """A column, row group by row group."""
    for group in range(file.num_row_groups):
        yield file.read_row_group(group, [name], use_threads=False).column(0)


def _count(file: pq.ParquetFile) -> tuple[dict[int, int], bool]:
    """The number of rows of each seed, and whether rows are in the order of the seeds. RecordError for too many."""
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


def _check_shape(file: pq.ParquetFile, expected: pa.Schema) -> None:
    """Checks columns, types and claimed sizes before any data are decoded."""
    found = file.schema_arrow.remove_metadata()
    if found.names != expected.names:
        wrong = sorted(set(found.names) ^ set(expected.names)) or ["another order"]
        raise RecordError(f"it does not have the columns of a record ({', '.join(wrong)[:200]})")
    for field in expected:
        if not found.field(field.name).equals(field):
            there = found.field(field.name)
            if there.type == field.type:
                raise RecordError(f"{field.name} is declared as a column that may lack values; it must not be")
            raise RecordError(f"{field.name} is of type {there.type}, not {field.type}"[:200])
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
