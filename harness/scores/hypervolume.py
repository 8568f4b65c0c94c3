"""The score of two objectives: the hypervolume that the evaluated entries dominate.

Points are the *reports* of the evaluated entries: means over trials, so that a lucky trial does not help. The score is
the dominated share of the rectangle between the reference point and the ideal point, in [0, 1]. The ideal point has the
best value of each report over all entries at full fidelity. Both points are constants of the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.benchmark.leaderboard import Leaderboard, Score
from harness.scores.metrics import running_hypervolume

REPORTS = "reports"
"""The fact of a leaderboard that names the metrics whose hypervolume is the score, one per objective."""
IDEAL, REFERENCE = "ideal:{}", "reference:{}"
"""The names of a report's constants."""


def _volumes(
    columns: Mapping[str, NDArray[Any]], leaderboard: Leaderboard, constants: Mapping[str, Any]
) -> dict[str, NDArray[Any]]:
    reports = leaderboard.facts[REPORTS]
    signs = np.array([objective.loss(1.0) for objective in leaderboard.objectives])
    points = signs * np.stack([columns[report] for report in reports], axis=1)
    reference, ideal = (
        signs * np.array([constants[form.format(report)] for report in reports]) for form in (REFERENCE, IDEAL)
    )
    return {"value": running_hypervolume(points, reference, ideal)}


def _nothing(leaderboard: Leaderboard, constants: Mapping[str, Any]) -> dict[str, float]:  # noqa: ARG001
    return {"value": 0.0}


HYPERVOLUME = Score(
    "hypervolume", "Hypervolume", maximize=True, function=_volumes, start=_nothing, digits=4,
    quartiles=True,
)  # fmt: skip
