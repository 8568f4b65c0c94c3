"""The scores computed a second time, for verification: written from the protocol ("Scores"), not from ``leaderboards``.

The first implementation updates a running value from evaluation to evaluation. This one starts anew for each asked
time: it takes the evaluations that have ended by then, and finds the best, or sorts the points and adds up rectangles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.benchmark.leaderboard import Leaderboard


def rescore(
    board: Leaderboard, columns: Mapping[str, NDArray[Any]], constants: Mapping[str, float], times: Sequence[float]
) -> dict[str, list[float]]:
    """Values at the asked ``times`` (simulated seconds) from the counted evaluations ``columns`` of one run.

    ``value``: validation error (%), immediate regret (points) or hypervolume. ``test_error`` (%): with an error or a
    regret only.
    """
    by = [columns["end"] <= time for time in times]
    if board.objective == "multi":
        return {"value": [_area(columns["valid-acc"][b], columns["latency"][b], board, constants) for b in by]}
    guess = 100.0 - 100.0 / board.facts["classes"]
    best = constants["best_error"] if board.score.name == "regret" else 0.0
    found: dict[str, list[float]] = {"value": [], "test_error": []}
    for ended in by:
        row = _best(columns, np.flatnonzero(ended))
        found["value"].append((guess if row is None else float(100.0 - columns["valid-acc"][row])) - best)
        found["test_error"].append(guess if row is None else float(100.0 - columns["test-acc"][row]))
    return found


def _best(columns: Mapping[str, NDArray[Any]], rows: NDArray[np.intp]) -> int | None:
    """The row with the highest validation accuracy. Ties go to the earlier end, then to the earlier start."""
    if not len(rows):
        return None
    accuracy = columns["valid-acc"][rows]
    top = rows[accuracy == accuracy.max()]
    return int(top[np.argmin(columns["end"][top])])


def _area(
    accuracy: NDArray[np.float64], latency: NDArray[np.float64], board: Leaderboard, constants: Mapping[str, float]
) -> float:
    """The dominated share of the rectangle from (accuracy of guessing, 99th percentile of latency) to (100 %, 0)."""
    guess, slowest = 100.0 / board.facts["classes"], float(constants["latency_p99"])
    inside = (accuracy > guess) & (latency < slowest)
    points = sorted(zip(accuracy[inside].tolist(), latency[inside].tolist(), strict=True), key=lambda p: (-p[0], p[1]))
    area, floor = 0.0, slowest
    for a, t in points:
        if t < floor:
            area += (min(a, 100.0) - guess) * (floor - max(t, 0.0))
            floor = max(t, 0.0)
    return float(area / ((100.0 - guess) * slowest))
