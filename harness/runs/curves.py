"""Curves: the score of a record's seeds over simulated time.

A curve is a step function on a grid of simulated time in mean full evaluations, 0..100 ("approx. full evaluations").
The view ``full`` counts evaluations at full fidelity only, ``observed`` counts all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from harness import registry
from harness.base.arrow import values_of
from harness.benchmark.leaderboard import Leaderboard
from harness.errors import UnknownName
from harness.runs import records
from harness.runs.records import Record
from harness.scores.grid import grid_from_start
from harness.scores.metrics import Floats, mean_and_error, step_function

VIEWS = ("full", "observed")
SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")
GRID_STEPS = 1000
"""Intervals of the default grid. With a budget of 100 mean full evaluations, each is a tenth of one."""


@dataclass(frozen=True)
class Curves:
    """The score of each complete seed of a record, in one view. ``values`` has the shape (seeds, grid); ``companions``
    are further scores such as ``test_error``, in the same shape.
    """

    record: Record
    board: Leaderboard
    view: str
    seeds: tuple[int, ...]
    grid: Floats
    values: Floats
    companions: dict[str, Floats]
    start: float
    """The score before the first counted evaluation."""

    @property
    def final(self) -> tuple[float, float]:
        """Mean and standard error over seeds at the end of the budget."""
        mean, error = mean_and_error(self.values[:, -1])
        return float(mean), float(error)


def curves(record: Record, view: str = "full", grid: Iterable[float] | None = None) -> Curves:
    """The score of every complete seed of a record over simulated time."""
    if view not in VIEWS:
        raise UnknownName("view", view, VIEWS)
    board = registry.leaderboard_of(record.spec.leaderboard)
    times = np.linspace(0.0, board.budget, GRID_STEPS + 1) if grid is None else grid_from_start(grid)
    constants = record.spec.constants
    seeds = tuple(s for s, head in sorted(record.runs.items()) if head["status"] == "complete")
    columns = _columns(record.table, board)
    counted = columns["counted"].astype(bool)
    if view == "full":
        for name, value in board.full.items():
            counted &= columns[name] == value
    start = board.score.start(board, constants)
    with np.errstate(over="ignore"):  # a time beyond all numbers is after the end
        seconds = times * constants["mean_runtime"]
    out = {name: np.empty((len(seeds), len(times))) for name in start}
    rows = np.flatnonzero(counted)
    rows = rows[np.argsort(columns["seed"][rows], kind="stable")]
    first, last = (np.searchsorted(columns["seed"][rows], seeds, side) for side in SIDES)
    for row in range(len(seeds)):
        index = rows[first[row] : last[row]]
        index = index[np.argsort(columns["end"][index], kind="stable")]
        running = board.score.function({name: values[index] for name, values in columns.items()}, board, constants)
        for name in start:
            out[name][row] = step_function(columns["end"][index], running[name], start[name], seconds)
    return Curves(record, board, view, seeds, times, out.pop("value"), out, start["value"])


def scored_columns(board: Leaderboard) -> tuple[str, ...]:
    """The columns from which scores and summaries are made. They are half of all, which saves memory."""
    return ("seed", *board.fidelities, *board.metrics, "repaired", "start", "end", "counted", records.MEASURED)


def _columns(table: pa.Table, board: Leaderboard) -> dict[str, NDArray[Any]]:
    return {name: values_of(table[name]) for name in scored_columns(board)}
