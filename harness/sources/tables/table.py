"""A table of trainings as a source: it looks its answers up instead of computing them.

On disk (the format of ``harness.sources.store``, ``kind`` "table") each task is one memory-mapped file with

    keys     int64 (n,), ascending          the keys of the entries
    counts   uint8 (n, fidelities)          the number of trials of an entry at a fidelity, at least 1
    values   float64 (n, fidelities, trials, metrics), NaN after the last trial

Processes share the file. In a run (``oracle``) a trial is drawn: the k-th evaluation gets trial ``int(u_k * count)``,
where ``u_k`` is the k-th uniform number of the run's own generator, and its metric ``repeat`` is the number of the
trial, from 0. Queries and predictions (``means``) are means over an entry's trials, and their ``repeat`` is the number
of these trials.

A configuration's key follows from its columns (``tables.keys``), unless the suite has keys of its own. A suite needs
them if several configurations share an entry, or if some are invalid (key -1).
"""

from __future__ import annotations

import copy
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.benchmark.columns import REPEAT
from harness.benchmark.rows import one_or_more
from harness.benchmark.source import Columns, Keys, Oracle, Row
from harness.sources.store import read_arrays, read_file
from harness.sources.stored import StoredSource
from harness.sources.tables.keys import Radix

BLOCK = 256


class Entries:
    """The entries of one task. ``metrics``: the names along the last axis of ``values``."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]], metrics: Sequence[str]) -> None:
        self.keys, self.counts, self.values = arrays["keys"], arrays["counts"], arrays["values"]
        self.metrics = tuple(metrics)
        # Indexing a memoryview is several times faster than indexing an array, and copies nothing either.
        self.flat: memoryview[Any] = memoryview(self.values.reshape(-1))  # type: ignore[arg-type]
        self.flat_counts = memoryview(self.counts.reshape(-1))  # type: ignore[arg-type]
        self._keys = memoryview(self.keys)  # type: ignore[arg-type]
        self._whole = (
            len(self.keys) > 0 and int(self.keys[-1]) == len(self.keys) - 1
        )  # no key is left out, so a key is its row

    def row(self, key: int) -> int:
        """The row with a key, -1 if the table has no such key."""
        count = len(self._keys)
        if self._whole:
            return key if 0 <= key < count else -1
        at = bisect_left(self._keys, key)
        return at if at < count and self._keys[at] == key else -1

    def rows(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """The row with each key, -1 if the table has no such key."""
        at = np.searchsorted(self.keys, keys)
        there = self.keys[np.minimum(at, len(self.keys) - 1)] == keys
        return np.where(there, at, -1)


KeysOf = Callable[[str, str], "Keys | None"]
"""``keys_of(suite, task)``: the suite's own keys, None if keys follow from the columns alone."""


def numbered_by_columns(suite: str, task: str) -> None:  # noqa: ARG001
    """The ``keys_of`` for tables whose keys follow from their columns alone."""
    return


class TableSource(StoredSource):
    """A table on disk. ``keys_of``: gives the keys of suites that have their own."""

    def __init__(
        self, path: Path, manifest: dict[str, Any] | None = None, keys_of: KeysOf = numbered_by_columns
    ) -> None:
        super().__init__(path, manifest)
        self._keys_of = keys_of
        self._entries: dict[str, Entries] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and other processes map the same files anew."""
        return type(self), (self.path, self.manifest, self._keys_of)

    @property
    def suite(self) -> str:
        """The name of the suite to which the table belongs."""
        return str(self.manifest["suite"])

    def entries(self, task: str) -> Entries:
        """The entries of a task. Their file is mapped and its hash checked at the first call."""
        if task not in self._entries:
            entry = self.task_entry(task)["table"]
            self._entries[task] = Entries(read_arrays(self.path, entry), entry["metrics"])
        return self._entries[task]

    def oracle(self, task: str, metrics: str | Iterable[str], rng: np.random.Generator) -> Oracle:
        """An oracle that draws one of an entry's trials at each question; NaN for an invalid configuration."""
        return _Draws(self.lookup(task, one_or_more(metrics)), rng)

    def means(self, task: str, metrics: str | Iterable[str] | None = None) -> Oracle:
        """Means over an entry's trials (default: of all metrics); NaN for an invalid configuration."""
        return _Means(self.lookup(task, tuple(self.metrics(task)) if metrics is None else one_or_more(metrics)))

    def why_invalid(self, task: str, row: Row) -> str:
        """The reason that the suite's own keys give."""
        why = getattr(self._keys(task), "why", None)
        return str(why(row)) if why else ""

    def verify(self) -> None:
        """Reads every table, so that every file's hash is checked."""
        for task in self.tasks:
            self.entries(task)
        for name in self.manifest.get("files", ()):
            read_file(self.path, self.manifest, name)

    def lookup(self, task: str, metrics: tuple[str, ...]) -> Lookup:
        """Where the answers to questions about some metrics lie. UnknownName for another task or metric."""
        self.check_names(task, metrics)
        return Lookup(self, task, self._keys(task), self._fidelity, metrics)

    def _keys(self, task: str) -> Keys:
        own = self._keys_of(self.suite, task)
        return self._radix if own is None else own

    @cached_property
    def _radix(self) -> Radix:
        return Radix([c for c in self.columns if c["name"] not in self.manifest["fidelities"]])

    @cached_property
    def _fidelity(self) -> Radix:
        return Radix([c for c in self.columns if c["name"] in self.manifest["fidelities"]])


class Lookup:
    """Finds the rows and the columns of ``values`` that answer questions about some metrics."""

    def __init__(self, source: TableSource, task: str, key: Keys, fidelity: Radix, metrics: tuple[str, ...]) -> None:
        self._source, self._task = source, task
        entries = self.entries = source.entries(task)
        self.metrics = metrics
        self.key, self.fidelity = key.one, fidelity.one
        self._keys, self._fidelities = key.many, fidelity.many
        width = len(entries.metrics)
        self.places = [width if metric == REPEAT else entries.metrics.index(metric) for metric in metrics]
        self.nothing = [float("nan")] * len(metrics)

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and other processes look up in the source that they open anew."""
        return type(self._source).lookup, (self._source, self._task, self.metrics)

    def many(self, rows: Columns) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The table's row of each configuration, -1 for an invalid one, and the index of its fidelity."""
        return self.entries.rows(self._keys(rows)), self._fidelities(rows)

    def taken(self, found: NDArray[np.int64], values: NDArray[Any], repeat: NDArray[Any]) -> NDArray[np.float64]:
        """The metrics of this lookup from ``values`` (rows, all metrics), NaN where ``found`` is -1."""
        wide = np.concatenate([values, repeat[:, None].astype(np.float64)], axis=1)
        return np.where((found >= 0)[:, None], wide[:, self.places], np.nan)


class _Draws:
    """Draws with the generator's uniform numbers in their order; ``made``: those that it has made and nobody used."""

    def __init__(self, lookup: Lookup, rng: np.random.Generator, made: Sequence[float] = ()) -> None:
        self.metrics, self._lookup, self._rng = lookup.metrics, lookup, rng
        entries = lookup.entries
        _, self._fidelities, self._trials, self._width = entries.values.shape
        self._made = iter(list(made))
        self._key, self._fidelity, self._row = lookup.key, lookup.fidelity, entries.row
        self._counts, self._values, self._nothing = entries.flat_counts, entries.flat, lookup.nothing
        places = lookup.places
        # A slice of one value is a list, as an itemgetter of several gives a tuple.
        self._take: Callable[[Any], Any] = itemgetter(*places) if len(places) > 1 else itemgetter(_single(places[0]))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._lookup, self._rng, list(copy.copy(self._made)))

    def one(self, row: Row) -> list[float]:
        try:
            u = next(self._made)
        except StopIteration:
            self._made = iter(self._rng.random(BLOCK).tolist())  # blocks are faster, and their numbers the same
            u = next(self._made)
        found = self._row(self._key(row))
        if found < 0:
            return self._nothing
        at = found * self._fidelities + self._fidelity(row)
        trial = int(u * self._counts[at])
        start = (at * self._trials + trial) * self._width
        values: list[Any] = self._values[start : start + self._width].tolist()
        values.append(float(trial))
        return list(self._take(values))

    def many(self, rows: Columns) -> NDArray[np.float64]:
        found, fidelity = self._lookup.many(rows)
        entries = self._lookup.entries
        safe = np.maximum(found, 0)
        made = list(islice(self._made, len(found)))
        uniforms = np.concatenate([made, self._rng.random(len(found) - len(made))])
        trial = (uniforms * entries.counts[safe, fidelity]).astype(np.int64)
        return self._lookup.taken(found, entries.values[safe, fidelity, trial], trial)


def _single(place: int) -> slice:
    return slice(place, place + 1 or None)


class _Means:
    def __init__(self, lookup: Lookup) -> None:
        self.metrics, self._lookup = lookup.metrics, lookup

    def one(self, row: Row) -> list[float]:
        values: list[float] = self.many({name: np.array([value]) for name, value in row.items()})[0].tolist()
        return values

    def many(self, rows: Columns) -> NDArray[np.float64]:
        found, fidelity = self._lookup.many(rows)
        entries = self._lookup.entries
        safe = np.maximum(found, 0)
        counts = entries.counts[safe, fidelity]
        there = np.arange(entries.values.shape[2]) < counts[:, None]
        sums = np.where(there[:, :, None], entries.values[safe, fidelity], 0.0).sum(axis=1)
        return self._lookup.taken(found, sums / counts[:, None], counts)
