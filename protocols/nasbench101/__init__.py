"""NAS-Bench-101: 423,624 cells of at most 7 vertices and 9 edges, trained on CIFAR-10; the test-regret protocol.

Ying et al., "NAS-Bench-101: Towards Reproducible Neural Architecture Search" (ICML 2019).

``cells`` defines cells and their validity, ``hashing`` computes the hash of a cell, ``graphs`` and ``enumerate`` list
all unique cells. ``space`` is the space that a method searches, ``keys`` finds the entry of a configuration, ``table``
holds the metrics of all entries, ``official`` and ``small`` read tables from files, ``analysis`` measures the locality
of the space (Section 3.3).

cifar10  the benchmark: cells of up to 7 vertices, trained for 4, 12, 36 or 108 epochs, three times each
mini     NAS-Bench-Mini, the cells of up to 6 vertices (Section 4.2)
small4   cells of up to 5 vertices after 4 epochs, one training each: a small table of other authors (``small``)
tiny4    cells of up to 4 vertices after 4 epochs, three trainings each, by the same authors as small4

Every number of epochs is a training with a learning-rate schedule of its own (footnote 2), so nothing continues from a
checkpoint. A proposal is invalid if its graph is not connected or has more than 9 edges: it costs nothing and counts as
accuracy 0. The paper's runs have 10^7 TPU seconds, about 5,000 mean trainings of 108 epochs ("50 000 TPU seconds, the
equivalent of roughly 25 evaluated architectures", Section 4.1): protocol ``paper``. The leaderboards have a tenth.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.benchmark.goals import Goal
from harness.benchmark.leaderboard import Leaderboard
from harness.benchmark.source import Keys
from harness.benchmark.space import Categorical, Space
from harness.benchmark.suite import Protocol, Suite
from harness.scores.again import rescore
from harness.suites.boards import leaderboards
from protocols.nasbench101.keys import cell_keys
from protocols.nasbench101.presets import PRESETS
from protocols.nasbench101.space import Encoding

SMALL = "nasbench101-small"
TASKS: dict[str, dict[str, Any]] = {
    "cifar10": {"title": "CIFAR-10", "classes": 10},
    "mini": {"title": "NAS-Bench-Mini", "classes": 10},
    "small4": {"title": "CIFAR-10, 5 vertices, 4 epochs", "classes": 10, "source": SMALL},
    "tiny4": {"title": "CIFAR-10, 4 vertices, 4 epochs", "classes": 10, "source": SMALL},
}
VERTICES = {"cifar10": 7, "mini": 6, "small4": 5, "tiny4": 4}
EPOCHS = {"cifar10": (4, 12, 36, 108), "mini": (4, 12, 36, 108), "small4": (4,), "tiny4": (4,)}
BUDGETS = {"cifar10": 500.0, "mini": 500.0, "small4": 100.0, "tiny4": 25.0}
"""Mean trainings at full fidelity."""
PAPER = 5000.0

REPORT = "mean-test-acc"
METRICS = ("valid-acc", "test-acc", "train-acc", REPORT, "runtime", "parameters")
GOALS = (Goal("valid-acc", maximize=True, report=REPORT),)


def _boards(task: str) -> dict[str, Leaderboard]:
    epochs = EPOCHS[task]
    return leaderboards(
        "nasbench101", {task: TASKS[task]}, Encoding(VERTICES[task]).space,
        Space((Categorical("epoch", epochs, ordered=True),)), {"epoch": epochs[-1]}, GOALS, METRICS,
        budget=BUDGETS[task], failures={task: {"valid-acc": 0.0}},
    )  # fmt: skip


LEADERBOARDS = {name: board for task in TASKS for name, board in _boards(task).items()}
LONG = {
    board.id: board
    for board in (
        replace(board, budget=PAPER, place="nasbench101/paper")
        for board in LEADERBOARDS.values()
        if board.task in ("cifar10", "mini")
    )
}
PROTOCOLS = {
    "leaderboards": Protocol(
        "leaderboards", "test regret after about 10^6 simulated seconds of training, one worker, 500 runs", LEADERBOARDS
    ),
    "paper": Protocol("paper", "the same after about 10^7 seconds, as in the paper's Figure 7", LONG),
}


def table_keys(task: str) -> Keys:
    """The keys of a task: they find the table's entry of a configuration."""
    return cell_keys(VERTICES[task])


SUITE = Suite(
    name="nasbench101",
    title="NAS-Bench-101",
    description="423,624 cells of at most 7 vertices and 9 edges, trained on CIFAR-10; the test-regret protocol.",
    tasks=TASKS,
    protocols=PROTOCOLS,
    spaces={"nasbench101": ()},
    rescore=rescore,
    rules="1.0",
    source="nasbench101",
    presets=PRESETS,
    keys=table_keys,
    published="protocols.nasbench101.published:PUBLISHED",
    studies="protocols.nasbench101.studies:STUDIES",
)
