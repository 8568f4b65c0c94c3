"""NAS-Bench-201: 15,625 cells trained on three image tasks, with the test-regret protocol.

Dong and Yang, "NAS-Bench-201" (ICLR 2020). The space is the six edges of the cell, with the names and codes that
JAHS-Bench-201 uses. There are two fidelities, trainings of 12 and of 200 epochs. Each has its own learning-rate
schedule, so no training continues from a checkpoint.

leaderboards  one worker, 100 mean trainings of 200 epochs, 500 runs
async         the same work on 8 workers, over simulated wall-clock time (Klein et al., "Model-based Asynchronous
              Hyperparameter and Neural Architecture Search", 2020, Figure 2 right)
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.benchmark.goals import Goal
from harness.benchmark.suite import Protocol, Suite
from harness.scores.again import rescore
from harness.suites.boards import leaderboards
from protocols.nasbench201.space import FIDELITIES, FULL, SPACE

TASKS: dict[str, dict[str, Any]] = {
    "cifar10": {"title": "CIFAR-10", "classes": 10},
    "cifar100": {"title": "CIFAR-100", "classes": 100},
    "imagenet16-120": {"title": "ImageNet16-120", "classes": 120},
}

REPORT = "mean-test-acc"
METRICS = ("valid-acc", REPORT, "runtime", "size_MB")
GOALS = (Goal("valid-acc", maximize=True, report=REPORT),)
LEADERBOARDS = leaderboards("nasbench201", TASKS, SPACE, FIDELITIES, FULL, GOALS, METRICS)
WORKERS = 8
ASYNC = {
    board.id: board
    for board in (
        replace(board, workers=WORKERS, budget=board.budget / WORKERS, place=f"nasbench201/async-w{WORKERS}")
        for board in LEADERBOARDS.values()
    )
}
PROTOCOLS = {
    "leaderboards": Protocol(
        "leaderboards", "test regret after 100 mean trainings of 200 epochs, one worker, 500 runs", LEADERBOARDS
    ),
    "async": Protocol(
        "async", "test regret over wall-clock time of the same work on 8 workers", ASYNC,
        {"bb": "async-random-search", "mf": "asha-stopping"},
    ),
}  # fmt: skip

SUITE = Suite(
    name="nasbench201",
    title="NAS-Bench-201",
    description="15,625 cells trained on three image tasks, with the test-regret protocol.",
    tasks=TASKS,
    protocols=PROTOCOLS,
    spaces={"nasbench201": ()},
    rescore=rescore,
    rules="1.0",
    source="nasbench201",
    published="protocols.nasbench201.published:PUBLISHED",
)
