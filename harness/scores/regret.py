"""The test-regret protocol (Ying et al., "NAS-Bench-101", ICML 2019, Sections 2.6 and 4).

Each query draws one of an entry's trials at random. The incumbent is the entry with the best validation accuracy drawn
so far, which is the number the method is told. The *report* of an entry is its mean test accuracy over its trials. The
score is how far the incumbent's report is below the best report of the table: the immediate test regret, in the
report's own unit (percentage points), 0 for the best architecture. Before the first evaluation has ended, the score is
the regret of the worst entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.benchmark.leaderboard import Leaderboard, Score
from harness.scores.metrics import incumbent_indices

REPORT = "report"
"""The fact of a leaderboard that names the metric of the regret. The metric is the same for all trials of an entry."""


def _regrets(
    columns: Mapping[str, NDArray[Any]], leaderboard: Leaderboard, constants: Mapping[str, Any]
) -> dict[str, NDArray[Any]]:
    objective = leaderboard.objectives[0]
    told = columns[objective.metric]
    incumbents = incumbent_indices(-told if objective.maximize else told)
    return {"value": np.abs(columns[leaderboard.facts[REPORT]][incumbents] - constants["best"])}


def _before(leaderboard: Leaderboard, constants: Mapping[str, Any]) -> dict[str, float]:  # noqa: ARG001
    return {"value": abs(constants["worst"] - constants["best"])}


TEST_REGRET = Score(
    "test-regret", "Test regret [% points]", maximize=False, function=_regrets, start=_before, digits=3, quartiles=True
)
