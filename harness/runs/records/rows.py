"""The rows of a record joined with its parts, in the order of the seeds, a row group at a time.

The rows of a large record are never all in memory: each file is read when its rows are next. No row of a part is read
twice.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from harness import registry
from harness.base.arrow import empty, values_of
from harness.errors import RecordError
from harness.runs.records.layout import Record, parts_path, schema
from harness.runs.records.parts import contents, read_part
from harness.runs.records.reading import read_open, readable_record
from harness.runs.records.writing import GROUP, WHOLE
from harness.runs.spec import RunSpec

OPEN = 8
"""Parts whose rows are in memory at once. The seeds of a part follow each other, unless two commands did the same."""


@dataclass(frozen=True)
class Piece:
    """Rows that follow each other in a file."""

    file: Path
    first: int
    rows: int


class Joined:
    """The row groups of a record joined with its parts, in the order of the seeds. Of several runs of a seed, the run
    in the last of the ``files`` counts. ``runs``: the headers; ``large``: whether there are several row groups.
    """

    def __init__(self, path: Path, files: Sequence[Path], columns: Collection[str] | None = None) -> None:
        self._path = path
        self._older = _Older(path, columns) if path in files else None
        self._open: OrderedDict[Path, pa.Table] = OrderedDict()
        specs: dict[Path, RunSpec] = {}
        runs: dict[int, dict[str, Any]] = {}
        places: dict[int, Piece] = {}
        if self._older is not None:
            record = self._older.record
            specs[path], runs, places = record.spec, dict(record.runs), _places(path, _counted(record))
        for file in files:
            if file != path:
                part = contents(file)
                specs[file] = part.spec
                runs |= part.runs
                places |= _places(file, part.rows)
        self.spec = specs[files[0]]
        if any(spec != self.spec for spec in specs.values()):
            folder = parts_path(path)
            raise RecordError(f"{folder} has parts of other runs than {path.name}; move one of them away")
        self.runs = dict(sorted(runs.items()))
        self._pieces = _together(places[seed] for seed in self.runs)
        self.large = sum(piece.rows for piece in self._pieces) > WHOLE
        fields = schema(registry.leaderboard_of(self.spec.leaderboard))
        self.layout = pa.schema([field for field in fields if columns is None or field.name in columns])

    def __iter__(self) -> Iterator[pa.Table]:
        return self._blocks() if self.large else iter([self.whole()])

    def whole(self) -> pa.Table:
        """All rows, as one table."""
        return pa.concat_tables([empty(self.layout), *self._blocks()])

    def _blocks(self) -> Iterator[pa.Table]:
        """All rows, ``GROUP`` at a time. Small tables are joined in between, for thousands of them take much memory."""
        return _regrouped(_regrouped(self._each_piece(), max(GROUP >> 5, 1)), GROUP)

    def _each_piece(self) -> Iterator[pa.Table]:
        for piece in self._pieces:
            if self._older is not None and piece.file == self._path:
                yield from self._older.take(piece.first, piece.rows, self.layout.names)
            elif piece.rows:
                yield self._part(piece.file).slice(piece.first, piece.rows)

    def _part(self, file: Path) -> pa.Table:
        if file not in self._open:
            while len(self._open) >= OPEN:
                self._open.popitem(last=False)
            self._open[file] = read_part(file).table.select(self.layout.names)
        self._open.move_to_end(file)
        return self._open[file]


class _Older:
    """The record itself. Of a large one only the seeds are kept, and its rows are read again when they are next."""

    def __init__(self, path: Path, columns: Collection[str] | None) -> None:
        with readable_record(path):
            small = pq.read_metadata(path).num_rows <= WHOLE
        self.record, file = read_open(path, columns if small else {"seed"})
        self._file = None if small else file
        self._batches: Iterator[pa.RecordBatch] | None = None
        self._at, self._left = 0, self.record.table.slice(0, 0)

    def take(self, first: int, rows: int, names: Sequence[str]) -> Iterator[pa.Table]:
        """So many rows; the rows before ``first`` are passed over. Of a large record one batch is in memory."""
        if self._batches is None:
            known = self.record.table
            self._batches = (
                iter(known.replace_schema_metadata().to_batches()) if self._file is None
                else self._file.iter_batches(GROUP, columns=[*names], use_threads=False)
            )  # fmt: skip
        while rows:
            if not self._left.num_rows:
                self._left = pa.Table.from_batches([next(self._batches)]).replace_schema_metadata()
            skipped = min(max(first - self._at, 0), self._left.num_rows)
            taken = self._left.slice(skipped, min(rows, self._left.num_rows - skipped))
            used = skipped + taken.num_rows
            self._at, self._left, rows = self._at + used, self._left.slice(used), rows - taken.num_rows
            if taken.num_rows:
                yield taken


def _counted(record: Record) -> dict[int, int]:
    """The number of rows that a record has of each seed."""
    found, seeds = values_of(record.table["seed"]), sorted(record.runs)
    if (np.diff(found) < 0).any():
        raise RecordError(
            f"{record.path} has rows that are not in the order of the seeds, so no part can be joined to it"
        )
    counts = np.searchsorted(found, seeds, "right") - np.searchsorted(found, seeds)
    return dict(zip(seeds, counts.tolist(), strict=True))


def _places(file: Path, rows: Mapping[int, int]) -> dict[int, Piece]:
    """The place of each seed's rows in a file that has so many rows of each."""
    ends = np.cumsum([0, *rows.values()]).tolist()
    return {seed: Piece(file, first, count) for (seed, count), first in zip(rows.items(), ends[:-1], strict=True)}


def _together(places: Iterable[Piece]) -> list[Piece]:
    """Pieces that follow each other in one file as one."""
    pieces: list[Piece] = []
    for place in places:
        last = pieces[-1] if pieces else None
        if last is not None and last.file == place.file and last.first + last.rows == place.first:
            pieces[-1] = replace(last, rows=last.rows + place.rows)
        else:
            pieces.append(place)
    return pieces


def _regrouped(tables: Iterable[pa.Table], size: int) -> Iterator[pa.Table]:
    """The same rows in tables of ``size`` rows; the last has the rest."""
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
