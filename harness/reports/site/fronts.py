"""Attainment surfaces of two objectives: what at least k of n seeds reach together (Grunert da Fonseca, Fonseca, 2001).

For every value of the second objective, the surface of level k has the k-th best of the seeds' best values of the first
among evaluations that are at least as good in the second. Level 1 is the front of all seeds together. It is what
``harness.statistics.attainment_surfaces`` gives; here it needs no further library.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.benchmark.leaderboard import Leaderboard
from harness.runs.records import Record
from harness.scores.metrics import Floats


@dataclass(frozen=True)
class Front:
    """Corner points of a surface in the units of the metrics, by ascending ``x`` (the second objective)."""

    x: Floats
    y: Floats


def levels(seeds: int) -> dict[str, int]:
    """What a reader can choose, and how many of the seeds it takes: one, half, all."""
    return {"at least one seed": 1, "half of the seeds": (seeds + 1) // 2, "every seed": seeds}


def fronts(record: Record, board: Leaderboard) -> dict[str, Front]:
    """Level -> surface over the complete seeds, full fidelity only; empty without a complete seed or if
    the leaderboard does not have two objectives.
    """
    if len(board.objectives) != 2:
        return {}
    table = record.table
    counted = table["counted"].to_numpy().astype(bool)
    for name, value in board.full.items():
        counted &= table[name].to_numpy() == value
    for objective in board.objectives:
        counted &= np.isfinite(table[objective.metric].to_numpy())
    seeds = table["seed"].to_numpy()
    signs = [-1.0 if objective.maximize else 1.0 for objective in board.objectives]
    first, second = (s * table[o.metric].to_numpy() for s, o in zip(signs, board.objectives, strict=True))
    complete = [s for s, head in sorted(record.runs.items()) if head["status"] == "complete"]
    clouds = [np.stack([second, first], axis=1)[counted & (seeds == seed)] for seed in complete]
    found = {}
    for name, k in levels(len(complete)).items() if complete else ():
        x, y = surface(clouds, k)
        order = slice(None, None, -1) if board.objectives[1].maximize else slice(None)
        found[name] = Front(signs[1] * x[order], signs[0] * y[order])
    return found


def surface(clouds: Sequence[Floats], k: int) -> tuple[Floats, Floats]:
    """The corners of the surface that ``k`` of the clouds attain. Clouds have shape (n, 2); both are minimised."""
    xs = np.unique(np.concatenate([cloud[:, 0] for cloud in clouds]))
    best = np.full((len(clouds), len(xs)), np.inf)
    for row, cloud in enumerate(clouds):
        if len(cloud):
            ordered = cloud[np.lexsort((cloud[:, 1], cloud[:, 0]))]
            lowest = np.concatenate([[np.inf], np.minimum.accumulate(ordered[:, 1])])
            best[row] = lowest[np.searchsorted(ordered[:, 0], xs, side="right")]
    attained = np.sort(best, axis=0)[k - 1] if len(xs) else np.zeros(0)
    corner = attained < np.concatenate([[np.inf], attained[:-1]])
    return xs[corner], attained[corner]
