"""A table of trainings as a source: names, hashes and files as every source on disk, but answers are looked up.

On disk (the format of ``harness.sources.store``, ``kind`` "table") each task is one memory-mapped file with

    keys     int64 (n,), ascending          the entries
    counts   uint8 (n, fidelities)          trials of each, at least 1; the first so many of ``values`` are there
    values   float64 (n, fidelities, trials, metrics), NaN behind the last trial

Processes share it. A run draws (``oracle``): the trial of its k-th evaluation is ``int(u_k * count)`` with the k-th
uniform number of the run's own generator, and the metric ``repeat`` says which it was, from 0. Queries and predictions
(``means``) are the means over an entry's trials; there ``repeat`` is how many trials the entry has.

The columns number the configurations (``keys``), unless the suite has keys of its own, because several configurations
are one entry or because some are invalid (-1).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
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
    """The table of one task. ``metrics`` names the last axis of ``values``."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]], metrics: Sequence[str]) -> None:
        self.keys, self.counts, self.values = arrays["keys"], arrays["counts"], arrays["values"]
        self.metrics = tuple(metrics)
        # Indexing a memoryview is several times faster than indexing an array, and copies nothing either.
        self.flat: memoryview[Any] = memoryview(self.values.reshape(-1))  # type: ignore[arg-type]
        self.flat_counts = memoryview(self.counts.reshape(-1))  # type: ignore[arg-type]
        self._keys = memoryview(self.keys)  # type: ignore[arg-type]
        self._whole = len(self.keys) > 0 and int(self.keys[-1]) == len(self.keys) - 1  # no gap: the key is the row

    def row(self, key: int) -> int:
        """The row of a key, -1 if there is none."""
        count = len(self._keys)
        if self._whole:
            return key if 0 <= key < count else -1
        at = bisect_left(self._keys, key)
        return at if at < count and self._keys[at] == key else -1

    def rows(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """The row of every key, -1 where there is none."""
        at = np.searchsorted(self.keys, keys)
        there = self.keys[np.minimum(at, len(self.keys) - 1)] == keys
        return np.where(there, at, -1)


KeysOf = Callable[[str, str], "Keys | None"]
"""``keys_of(suite, task)``: the suite's own keys, None where the columns alone number the entries."""


def numbered_by_columns(suite: str, task: str) -> None:  # noqa: ARG001
    """No suite has keys of its own."""
    return


class TableSource(StoredSource):
    """A table on disk. ``keys_of`` says where a suite numbers its entries by keys of its own."""

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
        """The suite whose configurations are its entries."""
        return str(self.manifest["suite"])

    def entries(self, task: str) -> Entries:
        """The table of a task, memory-mapped, its hash checked when first needed."""
        if task not in self._entries:
            entry = self.task_entry(task)["table"]
            self._entries[task] = Entries(read_arrays(self.path, entry), entry["metrics"])
        return self._entries[task]

    def oracle(self, task: str, metrics: str | Iterable[str], rng: np.random.Generator) -> Oracle:
        """Draws one of an entry's trials at every question, in their order; NaN for an invalid configuration."""
        return _Draws(self._lookup(task, one_or_more(metrics)), rng)

    def means(self, task: str, metrics: str | Iterable[str] | None = None) -> Oracle:
        """Means over an entry's trials (default: of all metrics); NaN for an invalid configuration."""
        return _Means(self._lookup(task, tuple(self.metrics(task)) if metrics is None else one_or_more(metrics)))

    def why_invalid(self, task: str, row: Row) -> str:
        """What the suite's keys say of the configuration."""
        why = getattr(self._keys(task), "why", None)
        return str(why(row)) if why else ""

    def verify(self) -> None:
        """Reads every table, so that every file's hash is checked."""
        for task in self.tasks:
            self.entries(task)
        for name in self.manifest.get("files", ()):
            read_file(self.path, self.manifest, name)

    def _lookup(self, task: str, metrics: tuple[str, ...]) -> _Lookup:
        self.check_names(task, metrics)
        return _Lookup(self.entries(task), self._keys(task), self._fidelity, metrics)

    def _keys(self, task: str) -> Keys:
        own = self._keys_of(self.suite, task)
        return self._radix if own is None else own

    @cached_property
    def _radix(self) -> Radix:
        return Radix([c for c in self.columns if c["name"] not in self.manifest["fidelities"]])

    @cached_property
    def _fidelity(self) -> Radix:
        return Radix([c for c in self.columns if c["name"] in self.manifest["fidelities"]])


class _Lookup:
    """Where the answers to questions about some metrics lie."""

    def __init__(self, entries: Entries, key: Keys, fidelity: Radix, metrics: tuple[str, ...]) -> None:
        self.entries, self.metrics = entries, metrics
        self.key, self.fidelity = key.one, fidelity.one
        self._keys, self._fidelities = key.many, fidelity.many
        width = len(entries.metrics)
        self.places = [width if metric == REPEAT else entries.metrics.index(metric) for metric in metrics]
        self.nothing = [float("nan")] * len(metrics)

    def many(self, rows: Columns) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows of the table, -1 where there is none, and fidelities."""
        return self.entries.rows(self._keys(rows)), self._fidelities(rows)

    def taken(self, found: NDArray[np.int64], values: NDArray[Any], repeat: NDArray[Any]) -> NDArray[np.float64]:
        """The asked metrics from ``values`` (rows, all metrics), NaN where ``found`` is -1."""
        wide = np.concatenate([values, repeat[:, None].astype(np.float64)], axis=1)
        return np.where((found >= 0)[:, None], wide[:, self.places], np.nan)


def _uniforms(rng: np.random.Generator) -> Iterator[float]:
    """The generator's uniform numbers one by one, made in blocks, which is faster and gives the same ones."""
    while True:
        yield from rng.random(BLOCK).tolist()


class _Draws:
    def __init__(self, lookup: _Lookup, rng: np.random.Generator) -> None:
        self.metrics, self._lookup = lookup.metrics, lookup
        entries = lookup.entries
        _, self._fidelities, self._trials, self._width = entries.values.shape
        self._uniforms = _uniforms(rng)
        self._uniform = self._uniforms.__next__
        self._key, self._fidelity, self._row = lookup.key, lookup.fidelity, entries.row
        self._counts, self._values, self._nothing = entries.flat_counts, entries.flat, lookup.nothing
        places = lookup.places
        self._take: Callable[[Any], Any] = itemgetter(*places) if len(places) > 1 else lambda v: [v[places[0]]]

    def one(self, row: Row) -> list[float]:
        u = self._uniform()
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
        uniforms = np.fromiter(self._uniforms, np.float64, len(found))
        trial = (uniforms * entries.counts[safe, fidelity]).astype(np.int64)
        return self._lookup.taken(found, entries.values[safe, fidelity, trial], trial)


class _Means:
    def __init__(self, lookup: _Lookup) -> None:
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
