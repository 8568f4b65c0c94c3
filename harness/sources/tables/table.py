"""A table of trainings as a surrogate set: the same names, hashes and files, but answers are looked up.

On disk (the format of ``harness.sources.store``, ``kind`` "table") each task is one memory-mapped file with

    keys     int64 (n,), ascending          the entries
    counts   uint8 (n, fidelities)          trials of each, at least 1; the first so many of ``values`` are there
    values   float64 (n, fidelities, trials, metrics), NaN behind the last trial

Processes share it. A run draws (``oracle``): the trial of its k-th evaluation is ``int(u_k * count)`` with the k-th
uniform number of the run's own generator, and the metric ``repeat`` says which it was, from 0. Queries and predictions
(``program``) are the means over an entry's trials; there ``repeat`` is how many these are.

What a configuration's key is, the columns say (``coding``), or ``table_keys(task)`` of the suite, where several
configurations are one entry or are invalid (-1).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from harness import registry
from harness.errors import SpaceError
from harness.sources.models.surrogates import Predictor, SurrogateSet
from harness.sources.store import read_arrays, read_file
from harness.sources.tables.keys import Radix

if TYPE_CHECKING:
    import pandas as pd

REPEAT = "repeat"
BLOCK = 256

Row = Mapping[str, Any]
Columns = Mapping[str, NDArray[Any]]


class Keys(Protocol):
    """The key of a configuration, -1 for an invalid one; further entries of a mapping are ignored.

    Keys may also have ``why(row)``: what is wrong with a configuration that has no entry, in words, empty if nothing.
    """

    def one(self, row: Row) -> int:
        """Of one configuration."""

    def many(self, rows: Columns) -> NDArray[np.int64]:
        """Of many, given as columns."""


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


class TableSet(SurrogateSet):
    """A set on disk that is a table; see the module."""

    @property
    def suite(self) -> str:
        """The suite whose configurations are its entries."""
        return str(self.manifest["suite"])

    def entries(self, task: str) -> Entries:
        """The table of a task, memory-mapped, its hash checked when first needed."""
        if task not in self._entries:
            entry = self._task(task)["table"]
            self._entries[task] = Entries(read_arrays(self.path, entry), entry["metrics"])
        return self._entries[task]

    def oracle(self, task: str, metrics: Iterable[str], rng: np.random.Generator) -> Predictor:
        """Draws one of an entry's trials at every question, in their order; NaN for an invalid configuration."""
        return _Draws(self._lookup(task, tuple(metrics)), rng)

    def program(self, task: str, metrics: Iterable[str] | None = None) -> Predictor:
        """Means over an entry's trials (default: of all metrics); NaN for an invalid configuration."""
        return _Means(self._lookup(task, tuple(self.metrics(task) if metrics is None else metrics)))

    def predict(self, task: str, frame: pd.DataFrame, metrics: Iterable[str] | None = None) -> pd.DataFrame:
        """Means over trials, as ``program``, for a frame of configurations with fidelities; NaN for invalid ones."""
        import pandas as pd

        program = self.program(task, metrics)
        rows = {spec["name"]: self._column(frame, spec)[0] for spec in self.columns}
        predicted: pd.DataFrame = pd.DataFrame(program.many(rows), index=frame.index, columns=list(program.metrics))
        return predicted

    def query(self, task: str, row: Row, metrics: Iterable[str] | None = None) -> dict[str, float]:
        """Means over the trials of one entry. SpaceError if the table has none for the configuration."""
        found = super().query(task, row, metrics)
        if any(value != value for value in found.values()):
            shown = ", ".join(f"{name} = {value}" for name, value in row.items())
            why = getattr(self._keys(task), "why", None)
            reason = why(row) if why else ""
            said = f"the table {self.name} has no entry for {shown}: the configuration is invalid"
            raise SpaceError(f"{said}; {reason}" if reason else said)
        return found

    def verify(self) -> None:
        """Reads every table, so that every file's hash is checked."""
        for task in self.tasks:
            self.entries(task)
        for name in self.manifest.get("files", ()):
            read_file(self.path, self.manifest, name)

    def _lookup(self, task: str, metrics: tuple[str, ...]) -> _Lookup:
        self._check_metrics(task, metrics)
        return _Lookup(self.entries(task), self._keys(task), self._fidelity, metrics)

    @cached_property
    def _entries(self) -> dict[str, Entries]:
        return {}

    def _keys(self, task: str) -> Keys:
        own = getattr(registry.suite(self.suite), "table_keys", None)
        return self._radix if own is None else own(task)

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
