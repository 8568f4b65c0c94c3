"""Attainment surfaces of two objectives, as a leaderboard's page draws them.

See ``harness.statistics.attainment``. Level 1 is the Pareto front of all seeds together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.benchmark.leaderboard import Leaderboard
from harness.reports.points import points_of
from harness.runs.records import Record
from harness.scores.metrics import Floats
from harness.statistics import attainment_surfaces


@dataclass(frozen=True)
class Front:
    """Corner points of a surface in the units of the metrics, by ascending ``x`` (the second objective)."""

    x: Floats
    y: Floats


def levels(seeds: int) -> dict[str, int]:
    """The levels that a reader can choose -> how many of ``seeds`` seeds must attain a point: one, half, all."""
    return {"at least one seed": 1, "half of the seeds": (seeds + 1) // 2, "every seed": seeds}


def fronts(record: Record, board: Leaderboard) -> dict[str, Front]:
    """Level -> surface over the complete seeds, at full fidelity only.

    Empty without a complete seed, or if the leaderboard does not have two objectives. UsageError if moocore is not
    installed.
    """
    complete = [seed for seed, head in sorted(record.runs.items()) if head["status"] == "complete"]
    if len(board.objectives) != 2 or not complete:
        return {}
    first, second = board.objectives
    wanted = levels(len(complete))
    surfaces = attainment_surfaces(
        points_of(record, board, complete), maximize=(second.maximize, first.maximize),
        fractions=[count / len(complete) for count in wanted.values()],
    )  # fmt: skip
    found = {}
    for name, corners in zip(wanted, surfaces, strict=True):
        ascending = corners[np.argsort(corners[:, 0])]
        found[name] = Front(ascending[:, 0], ascending[:, 1])
    return found
