"""Shift: the landscape moves, so that knowing where optima usually lie gives a method no advantage."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.benchmark.source import Columns, Oracle, Row, Source
from harness.errors import UnknownName, UsageError
from harness.sources.perturbations.perturbed import Perturbed


class Shift(Perturbed):
    """Answers a question about a row with the metrics of a moved row. ``offsets``: column -> distance.

    A column with a range moves by a fraction of that range, from -1 to 1, and is reflected at the ends. For a
    logarithmic range, the fraction is of the logarithm. A column with levels moves by a whole number of levels; after
    the last level comes the first. So every row has an answer.
    """

    def __init__(self, source: Source, offsets: Mapping[str, float]) -> None:
        columns = {str(column["name"]): column for column in source.columns}
        for name, offset in offsets.items():
            if name not in columns:
                raise UnknownName("column", name, columns)
            if "levels" in columns[name] and offset != int(offset):
                raise UsageError(f"{name} has levels, so it is shifted by a whole number of them, not by {offset!r}")
            if "levels" not in columns[name] and not -1 <= offset <= 1:
                raise UsageError(
                    f"{name} has a range, so it is shifted by a part of it from -1 to 1, not by {offset!r}"
                )
        super().__init__(source, offsets=dict(offsets))
        self.offsets = dict(offsets)
        self.moves = {name: _move(columns[name], offset) for name, offset in offsets.items()}

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies are made again from the source and the offsets."""
        return type(self), (self.source, self.offsets)

    def perturb(self, oracle: Oracle, rng: np.random.Generator | None) -> Oracle:  # noqa: ARG002
        """The oracle, asked about moved rows."""
        return _Shifted(oracle, self.moves)

    def why_invalid(self, task: str, row: Row) -> str:
        """The reason that the wrapped source gives for the moved row."""
        return super().why_invalid(task, {**row, **{name: move(row[name]) for name, move in self.moves.items()}})


class _Shifted:
    def __init__(self, oracle: Oracle, moves: Mapping[str, Callable[[Any], Any]]) -> None:
        self.metrics, self._oracle, self._moves = oracle.metrics, oracle, moves

    def one(self, row: Row) -> list[float]:
        return self._oracle.one({**row, **{name: move(row[name]) for name, move in self._moves.items()}})

    def many(self, rows: Columns) -> NDArray[np.float64]:
        # Value by value, as ``one`` does it: array functions may round their own way.
        moved = {
            name: np.array([move(value) for value in np.asarray(rows[name]).tolist()])
            for name, move in self._moves.items()
        }
        return self._oracle.many({**rows, **moved})


def _move(column: Mapping[str, Any], offset: float) -> Callable[[Any], Any]:
    if "levels" in column:
        return partial(_to_level, list(column["levels"]), int(offset))
    bounds = column["low"], column["high"]
    return partial(_along, bounds, offset, bool(column.get("log")), bool(column.get("integer")))


def _to_level(levels: list[Any], offset: int, value: Any) -> Any:
    return levels[(levels.index(value) + offset) % len(levels)]


def _along(bounds: tuple[float, float], offset: float, log: bool, integer: bool, value: Any) -> Any:
    low, high = bounds
    u = math.log(value / low) / math.log(high / low) if log else (value - low) / (high - low)
    u = (u + offset) % 2.0
    u = 2.0 - u if u > 1.0 else u
    answer = low * math.pow(high / low, u) if log else low + u * (high - low)
    return round(min(max(answer, low), high)) if integer else min(max(answer, low), high)
