"""The rows of a record joined with its parts, in the order of the seeds, a row group at a time.

The rows of a large record are never all in memory: each file is read when its rows are next.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from harness import registry
from harness.base.arrow import values_of
from harness.errors import RecordError
from harness.runs.records.layout import Record, parts_path, schema
from harness.runs.records.reading import heads, read, read_open, readable_record
from harness.runs.records.writing import GROUP, WHOLE


class Joined:
    """The row groups of a record joined with its parts, in the order of the seeds. A part replaces the record's run of
    the same seed. Reading a file adds its headers to ``runs``, so ``runs`` is complete after the last row group.
    """

    def __init__(self, path: Path, files: Sequence[Path], columns: Collection[str] | None = None) -> None:
        self._path, self._columns = path, columns
        self._parts = {_seed_of(file): file for file in files if file != path}
        self._older = read_open(path, {"seed"}) if path in files else None
        self.spec, _ = heads(files[0])
        fields = schema(registry.leaderboard_of(self.spec.leaderboard))
        self.layout = pa.schema([field for field in fields if columns is None or field.name in columns])
        self.runs: dict[int, dict[str, Any]] = {}

    def __iter__(self) -> Iterator[pa.Table]:
        return self._blocks() if self._rows() > WHOLE else iter([pa.concat_tables([self._none, *self._blocks()])])

    def _rows(self) -> int:
        rows = 0
        if self._older is not None:
            rows += int(np.isin(values_of(self._older[0].table["seed"]), [*self._parts], invert=True).sum())
        for part in self._parts.values():
            with readable_record(part):
                rows += pq.read_metadata(part).num_rows
        return rows

    @property
    def _none(self) -> pa.Table:
        return pa.Table.from_batches([], self.layout)  # empty_table() imports Pandas

    def _blocks(self) -> Iterator[pa.Table]:
        """All rows, ``GROUP`` at a time. Small tables are joined in between, for thousands of them take much memory."""
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
        """The record's runs of seeds that no part has, with ``GROUP`` rows or one run in memory at a time."""
        if self._older is None:
            return
        record, file = self._older
        seeds = values_of(record.table["seed"])
        if (np.diff(seeds) < 0).any():
            raise RecordError(
                f"{self._path} has rows that are not in the order of the seeds, so no part can be joined to it"
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


def _seed_of(part: Path) -> int:
    if not part.stem.isdecimal():
        raise RecordError(f"{part} is no part of a record; a part is named after its seed")
    return int(part.stem)
