"""The rows of a record joined with its parts, in the order of the seeds, a row group at a time.

The rows of a large record are never in memory together: files are read one by one, when their rows are due.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from harness import registry
from harness.errors import RecordError
from harness.runs.records.layout import Record, parts_path, schema
from harness.runs.records.parts import contents, read_part
from harness.runs.records.reading import read_open
from harness.runs.records.writing import GROUP, WHOLE

OPEN = 8
"""Parts whose rows are held at once: the seeds of a part stand together but where commands did the same seeds."""


@dataclass
class Piece:
    """Rows of runs that stand together in a file."""

    file: Path
    first: int
    rows: int


class Joined:
    """The row groups of a record joined with its parts, in the order of the seeds; of two runs of a seed, that of the
    later file. ``spec`` and ``runs`` are those of the whole; files are read one by one as their rows are due.
    """

    def __init__(self, path: Path, files: Sequence[Path], columns: Collection[str] | None = None) -> None:
        self._path = path
        self._older = read_open(path, {"seed"}) if path in files else None
        self._open: OrderedDict[Path, pa.Table] = OrderedDict()
        specs = {}
        runs: dict[int, dict[str, Any]] = {}
        places: dict[int, Piece] = {}
        if self._older is not None:
            record = self._older[0]
            specs[path] = record.spec
            runs |= record.runs
            places |= _places(path, _counted(record))
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
        fields = schema(registry.leaderboard_of(self.spec.leaderboard))
        self.layout = pa.schema([field for field in fields if columns is None or field.name in columns])

    def __iter__(self) -> Iterator[pa.Table]:
        rows = sum(piece.rows for piece in self._pieces)
        return self._blocks() if rows > WHOLE else iter([pa.concat_tables([self._none, *self._blocks()])])

    @property
    def _none(self) -> pa.Table:
        return self.layout.empty_table()

    def _blocks(self) -> Iterator[pa.Table]:
        """All rows, ``GROUP`` at a time; thousands of small tables would take more memory than what is in them."""
        return _regrouped(_regrouped(self._each_piece(), max(GROUP >> 5, 1)), GROUP)

    def _each_piece(self) -> Iterator[pa.Table]:
        older = None if self._older is None else _Rows(self._older[1].iter_batches(
            GROUP, columns=self.layout.names, use_threads=False
        ))  # fmt: skip
        for piece in self._pieces:
            if older is not None and piece.file == self._path:
                yield from older.take(piece.first, piece.rows)
            elif piece.rows:
                yield self._part(piece.file).slice(piece.first, piece.rows)

    def _part(self, file: Path) -> pa.Table:
        if file not in self._open:
            while len(self._open) >= OPEN:
                self._open.popitem(last=False)
            self._open[file] = read_part(file).table.select(self.layout.names)
        self._open.move_to_end(file)
        return self._open[file]


class _Rows:
    """Rows that come in batches, taken from the first to the last."""

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        self._batches = batches
        self._at = 0
        self._left: pa.Table | None = None

    def take(self, first: int, rows: int) -> Iterator[pa.Table]:
        """So many of them, those before ``first`` passed over; a batch in memory at a time."""
        while rows:
            if self._left is None or not self._left.num_rows:
                self._left = pa.Table.from_batches([next(self._batches)])
            skipped = min(max(first - self._at, 0), self._left.num_rows)
            taken = self._left.slice(skipped, rows if skipped < self._left.num_rows else 0)
            used = skipped + taken.num_rows
            self._at, self._left, rows = self._at + used, self._left.slice(used), rows - taken.num_rows
            if taken.num_rows:
                yield taken


def _counted(record: Record) -> dict[int, int]:
    """How many rows a record has of each seed."""
    found, seeds = record.table["seed"].to_numpy(), sorted(record.runs)
    if (np.diff(found) < 0).any():
        raise RecordError(
            f"{record.path} has rows that are not in the order of the seeds, so nothing can be joined to it"
        )
    counts = np.searchsorted(found, seeds, "right") - np.searchsorted(found, seeds)
    return dict(zip(seeds, counts.tolist(), strict=True))


def _places(file: Path, rows: dict[int, int]) -> dict[int, Piece]:
    """Where the rows of each seed are in a file."""
    ends = np.cumsum([0, *rows.values()]).tolist()
    return {seed: Piece(file, first, count) for (seed, count), first in zip(rows.items(), ends[:-1], strict=True)}


def _together(places: Iterable[Piece]) -> list[Piece]:
    """Pieces that follow each other in one file as one."""
    pieces: list[Piece] = []
    for place in places:
        last = pieces[-1] if pieces else None
        if last is not None and last.file == place.file and last.first + last.rows == place.first:
            last.rows += place.rows
        else:
            pieces.append(Piece(place.file, place.first, place.rows))
    return pieces


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
