"""The 24 leaderboards as data, and their two scores (paper, Section 3 and Appendix D)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.benchmark.leaderboard import Leaderboard, Score, Setting
from harness.benchmark.method import Objective
from harness.scores.metrics import incumbent_indices, running_hypervolume
from protocols.jahs.space import FIDELITIES, FULL, SPACE

TASKS: dict[str, dict[str, Any]] = {
    "cifar10": {"title": "CIFAR-10", "classes": 10},
    "colorectal_histology": {"title": "Colorectal-Histology", "classes": 8},
    "fashion_mnist": {"title": "Fashion-MNIST", "classes": 10},
}

SETTINGS = {
    "bb": Setting("bb", axes="none", tells_cost=False),
    "ca": Setting("ca", axes="none", tells_cost=True),
    "mf": Setting("mf", axes="one", tells_cost=True),
    "multi-mf": Setting("multi-mf", axes="all", tells_cost=True),
}

METRICS = ("valid-acc", "test-acc", "train-acc", "latency", "runtime", "size_MB", "FLOPS")
ACCURACY = Objective("valid-acc", maximize=True)
LATENCY = Objective("latency", maximize=False)
BEST_ACCURACY = 100.0


def guessing_accuracy(leaderboard: Leaderboard) -> float:
    """The accuracy of guessing the class, in percent."""
    return 100.0 / float(leaderboard.facts["classes"])


def _errors(
    columns: Mapping[str, NDArray[Any]],
    leaderboard: Leaderboard,  # noqa: ARG001
    constants: Mapping[str, Any],  # noqa: ARG001
) -> dict[str, NDArray[Any]]:
    """Validation and test error (%) of the incumbent over time. The first evaluation becomes the incumbent even if it
    is worse than guessing.
    """
    best = incumbent_indices(-columns["valid-acc"])
    return {"value": 100.0 - columns["valid-acc"][best], "test_error": 100.0 - columns["test-acc"][best]}


def _error_of_guessing(leaderboard: Leaderboard, constants: Mapping[str, Any]) -> dict[str, float]:  # noqa: ARG001
    error = 100.0 - guessing_accuracy(leaderboard)
    return {"value": error, "test_error": error}


def _hypervolumes(
    columns: Mapping[str, NDArray[Any]], leaderboard: Leaderboard, constants: Mapping[str, Any]
) -> dict[str, NDArray[Any]]:
    points = np.stack([-columns["valid-acc"], columns["latency"]], axis=1)
    reference = np.array([-guessing_accuracy(leaderboard), constants["latency_p99"]])
    return {"value": running_hypervolume(points, reference, np.array([-BEST_ACCURACY, 0.0]))}


def _no_volume(leaderboard: Leaderboard, constants: Mapping[str, Any]) -> dict[str, float]:  # noqa: ARG001
    return {"value": 0.0}


OBJECTIVES = {
    "single": (
        (ACCURACY,),
        Score(
            "error",
            "Validation error [%]",
            maximize=False,
            function=_errors,
            start=_error_of_guessing,
            companions=("test_error",),
        ),
    ),
    "multi": (
        (ACCURACY, LATENCY),
        Score(
            "hypervolume",
            "Hypervolume",
            maximize=True,
            function=_hypervolumes,
            start=_no_volume,
            digits=4,
        ),
    ),
}

LEADERBOARDS = {
    board.id: board
    for board in (
        Leaderboard("jahs", task, objective, setting, SPACE, FIDELITIES, FULL, objectives, METRICS, score, facts=facts)
        for task, facts in TASKS.items()
        for objective, (objectives, score) in OBJECTIVES.items()
        for setting in SETTINGS.values()
    )
}
"""Leaderboard id -> leaderboard."""


def set_constants(latency: NDArray[np.float64], runtime: NDArray[np.float64]) -> dict[str, float]:
    """The constants frozen with a surrogate set, from its predictions for ``CONSTANT_SAMPLE`` uniform random
    configurations at full fidelity: the unit of the budget (seconds) and the hypervolume's latency reference.
    """
    return {"mean_runtime": float(np.mean(runtime)), "latency_p99": float(np.percentile(latency, 99))}


CONSTANT_SAMPLE = 10_000
"""The number of configurations from which ``set_constants`` computes (Appendix D, Table 8)."""
