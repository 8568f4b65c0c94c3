"""The two objectives of every run of a record: the points that attainment surfaces are computed from."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from harness.benchmark.leaderboard import Leaderboard
from harness.runs.records import Record
from harness.scores.metrics import Floats


def points_of(record: Record, board: Leaderboard, seeds: Iterable[int], view: str = "full") -> list[Floats]:
    """Per seed the objective values of its counted evaluations, shape (evaluations, 2): second objective, first.

    The second objective comes first, since it is drawn along x. Values are in the objectives' own units and directions.
    View ``full`` takes evaluations at full fidelity only. Evaluations without finite values are left out.
    """
    first, second = board.objectives
    names = ("seed", "counted", *board.fidelities, first.metric, second.metric)
    columns = {name: record.table[name].to_numpy() for name in names}
    points = np.stack([columns[second.metric], columns[first.metric]], axis=1).astype(np.float64)
    used = columns["counted"].astype(bool) & np.isfinite(points).all(axis=1)
    if view == "full":
        for name, value in board.full.items():
            used &= columns[name] == value
    return [points[used & (columns["seed"] == seed)] for seed in seeds]
