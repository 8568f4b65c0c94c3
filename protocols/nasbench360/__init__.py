"""NAS-Bench-360: ten diverse tasks and their published results. Two tasks are precomputed on the NAS-Bench-201 cells.

Tu, Roberts, Khodak, Shen, Sala, Talwalkar: "NAS-Bench-360: Benchmarking Neural Architecture Search on Diverse Tasks",
NeurIPS 2022 Datasets and Benchmarks. The study of this suite aggregates the published results (``paper``) anew. The two
precomputed tasks have leaderboards.

leaderboards  100 trainings, 500 runs. With one objective, the score is the regret of the chosen cell (NinaPro: points
of accuracy; Darcy Flow: points of its score times 100). With two, it is the hypervolume of score and latency
              on a small device.

The precomputed table has one training per cell, and its duration is not known. So every training has the same price,
and simulated time counts trainings. A method is judged by the same value that it is told.
"""

from __future__ import annotations

from dataclasses import replace

from harness.benchmark.goals import MEAN, Goal
from harness.benchmark.space import Space
from harness.benchmark.suite import Protocol, Suite
from harness.scores.again import rescore
from harness.scores.regret import TEST_REGRET
from harness.suites.boards import leaderboards
from protocols.nasbench201.space import SPACE
from protocols.nasbench360.tasks import TASKS

SCORE = "score"
PRECOMPUTED = ("ninapro", "darcy_flow")
GOALS = (
    Goal(SCORE, maximize=True, report=MEAN.format(SCORE)),
    Goal("latency", maximize=False, report=MEAN.format("latency")),
)
LEADERBOARDS = leaderboards(
    "nasbench360", {task: TASKS[task] for task in PRECOMPUTED}, SPACE, Space(()), {}, GOALS,
    (SCORE, "latency", "trainings", *(goal.report for goal in GOALS)), price="trainings",
    score=replace(TEST_REGRET, label="Regret [points]"),
)  # fmt: skip
PROTOCOLS = {
    "leaderboards": Protocol(
        "leaderboards", "regret, or hypervolume of score and latency, after 100 trainings, 500 runs", LEADERBOARDS
    )
}
SUITE = Suite(
    name="nasbench360",
    title="NAS-Bench-360",
    description="ten diverse tasks, their published results, and two precomputed on the NAS-Bench-201 cells.",
    tasks=TASKS,
    protocols=PROTOCOLS,
    spaces={"nasbench360": ()},
    rescore=rescore,
    rules="1.0",
    source="nasbench360",
    published="protocols.nasbench360.published:PUBLISHED",
    studies="protocols.nasbench360.studies:STUDIES",
)
