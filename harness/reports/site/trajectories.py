"""Mean scores of an entry over simulated time and over evaluations, at about 200 points.

Every value is exact at its point: a step function is sampled, not interpolated, and uses no evaluation that ended
later. Every complete seed counts, as in the tables, so the last value is the value that the table shows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.benchmark.leaderboard import Leaderboard
from harness.runs.curves import curves
from harness.runs.records import Record
from harness.scores.metrics import Floats, mean_and_error

HALF = 100
"""The number of points spread evenly over an axis, and again over its logarithm."""
FIRST = 0.01
"""The start of a logarithmic time axis, as a fraction of the budget."""


@dataclass(frozen=True)
class Trace:
    """Mean and standard error (NaN where one seed gives none) at the points of an axis.

    ``settled``: index of the first point at which every seed has a counted evaluation; before, the mean is mostly the
    score of guessing. ``length``: number of points up to the end of the longest seed; later points are not drawn.
    """

    mean: Floats
    error: Floats
    settled: int
    length: int


def time_points(board: Leaderboard) -> Floats:
    """Simulated times, in mean full evaluations, from 0 to exactly the budget."""
    spaced = np.geomspace(board.budget * FIRST, board.budget, HALF + 1)[:-1].round(4)
    return np.unique(np.concatenate([np.linspace(0.0, board.budget, HALF + 1), spaced]))


def evaluation_points(counts: Iterable[int]) -> Floats:
    """Numbers of evaluations from 0 to the largest of ``counts``, all of ``counts`` included."""
    ends = sorted({count for count in counts if count > 0}) or [1]
    spaced = np.geomspace(1, ends[-1], HALF + 1)
    every = np.concatenate([np.linspace(0, ends[-1], HALF + 1), spaced, ends])
    return np.unique(every.round())


def by_time(record: Record, view: str, points: Floats) -> Trace | None:
    """The trace over simulated time; None without a complete seed, or if a score is not finite."""
    scored = curves(record, view, points)
    return _trace(scored.values, scored.start, len(points))


def longest(record: Record) -> int:
    """The most evaluations of a seed that ended within the budget."""
    return max((len(ends) for ends in _ended(record).values()), default=0)


def by_evaluations(record: Record, board: Leaderboard, view: str, points: Floats) -> Trace | None:
    """The trace over evaluations that ended within the budget, at whatever fidelity; a seed that has ended keeps its
    last score. None without a complete seed.
    """
    names = (*board.fidelities, *board.metrics, "end", "counted")
    columns = {name: record.table[name].to_numpy() for name in names}
    counts = columns["counted"].astype(bool)
    if view == "full":
        for name, value in board.full.items():
            counts &= columns[name] == value
    start = board.score.start(board, record.spec.constants)["value"]
    ended = _ended(record)
    values = np.empty((len(ended), len(points)))
    for row, index in enumerate(ended.values()):
        scored = index[counts[index]]
        running = board.score.function({n: c[scored] for n, c in columns.items()}, board, record.spec.constants)
        after = np.concatenate([[0], np.cumsum(counts[index])])  # after[k]: scored ones among the first k
        steps = np.concatenate([[start], running["value"]])
        values[row] = steps[after[np.minimum(points.astype(np.int64), len(index))]]
    most = max((len(index) for index in ended.values()), default=0)
    return _trace(values, start, int(np.searchsorted(points, most, side="right")))


def _ended(record: Record) -> dict[int, NDArray[np.int64]]:
    """Seed -> rows of its counted evaluations in the order in which they ended; complete seeds only."""
    seed, end = record.table["seed"].to_numpy(), record.table["end"].to_numpy()
    counted = record.table["counted"].to_numpy().astype(bool)
    found: dict[int, NDArray[Any]] = {}
    for one, head in sorted(record.runs.items()):
        if head["status"] == "complete":
            index = np.flatnonzero(counted & (seed == one))
            found[one] = index[np.argsort(end[index], kind="stable")]
    return found


def _trace(values: Floats, start: float, length: int) -> Trace | None:
    if (
        not len(values) or not np.isfinite(values).all()
    ):  # no surrogate predicts that, but a damaged file may contain it
        return None
    mean, error = mean_and_error(values)
    have = (values != start).all(axis=0)
    settled = int(np.argmax(have)) if have.any() else values.shape[1] - 1
    return Trace(mean, error, settled, length)
