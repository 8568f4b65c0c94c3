"""The test regret computed a second time, for verification: afresh at each asked time, not step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from harness.leaderboard import Leaderboard


def rescore(
    board: Leaderboard, columns: Mapping[str, NDArray[Any]], constants: Mapping[str, float], times: Sequence[float]
) -> dict[str, list[float]]:
    """``value`` at the asked ``times`` (simulated seconds) from the counted evaluations ``columns`` of one run."""
    objective = board.objectives[0]
    told, ends, reports = (columns[name].tolist() for name in (objective.metric, "end", board.facts["report"]))
    sign = -1.0 if objective.maximize else 1.0
    # The best as told; of equals the one that ended first, of those the one started first.
    ranking = sorted(range(len(ends)), key=lambda row: (sign * told[row], ends[row], row))
    found = []
    for time in times:
        incumbent = next((row for row in ranking if ends[row] <= time), None)
        report = constants["worst"] if incumbent is None else reports[incumbent]
        found.append(constants["best"] - report if objective.maximize else report - constants["best"])
    return {"value": found}
