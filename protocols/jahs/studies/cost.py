"""Do methods that weigh the cost of an evaluation beat random search, and themselves without the weight?

(Lee, Perrone, Archambeau and Seeger, "Cost-aware Bayesian Optimization", 2020, whose statement is about other tasks.)
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import product

import numpy as np

from harness.reports.studies import Arm, Column, Evidence, Report, Study, Table
from harness.reports.studies.scores import by_seed
from harness.reports.studies.tables import Measured, Value
from harness.reports.tables.numbers import signed
from harness.scores.metrics import mean_and_error
from harness.statistics.ranking import ALPHA, holm, wilcoxon

SETTING = "ca"
OBJECTIVES = {"single": "validation error (%)", "multi": "hypervolume"}
RANDOM, BLIND = "random-search", "gp-bo"
AWARE = ("gp-bo-per-cost", "carbo")


def arms() -> tuple[Arm, ...]:
    """The cost-aware methods and the two that they are compared with, for one objective and for two."""
    return tuple(
        Arm(objective, method, method, SETTING, slot, objective=objective)
        for objective, (slot, method) in product(OBJECTIVES, enumerate((RANDOM, BLIND, *AWARE)))
    )


def report(evidence: Evidence) -> Report:
    """The final scores, and a paired test of each cost-aware method against both others, corrected over all boards."""
    rows: list[Mapping[str, Value]] = []
    text = []
    for objective, found in evidence.groups().items():
        scores = {(task, arm.method): by_seed(evidence, task, arm) for task in evidence.tasks for arm in found}
        rows += [_row(evidence, objective, task, method, scores[task, method]) for task, method in scores]
        text.append(_tested(evidence, objective, scores))
    return Report(tuple(filter(None, text)), (_table(rows),))


Scores = Mapping[tuple[str, str], Mapping[int, float]]


def _tested(evidence: Evidence, objective: str, scores: Scores) -> str:
    """A list with the differences and p-values; empty if no two methods share a seed."""
    said: list[tuple[str, float, int]] = []
    p_values = []
    for task, aware, other in product(evidence.tasks, AWARE, (RANDOM, BLIND)):
        own, its = scores.get((task, aware), {}), scores.get((task, other), {})
        differences = [own[seed] - its[seed] for seed in sorted(own.keys() & its.keys())]
        if differences:
            label = f"{evidence.title(task)}: `{aware}` minus `{other}`"
            said.append((label, math.fsum(differences) / len(differences), len(differences)))
            p_values.append(wilcoxon(differences))
    if not said:
        return ""
    digits = 2 if objective == "single" else 4
    lines = "\n".join(
        f"- {label} {signed(difference, digits)} (p = {p:.2g}, {seeds} seeds{'' if p <= ALPHA else ', not told apart'})"
        for (label, difference, seeds), p in zip(said, holm(p_values), strict=True)
    )
    return (
        f"**Final {OBJECTIVES[objective]}.** Paired Wilcoxon tests over seeds, p-values corrected by Holm for all "
        f"comparisons of this list:\n\n{lines}"
    )


def _row(
    evidence: Evidence, objective: str, task: str, method: str, scores: Mapping[int, float]
) -> Mapping[str, Value]:  # fmt: skip
    scale = 1.0 if objective == "single" else 100.0
    mean, error = mean_and_error(scale * np.array(list(scores.values())))
    return {
        "task": evidence.title(task), "objective": objective, "method": method,
        "final": Measured(float(mean), float(error)), "seeds": len(scores),
    }  # fmt: skip


def _table(rows: list[Mapping[str, Value]]) -> Table:
    return Table(
        "cost",
        "Final scores on the cost-aware boards, mean ± standard error over seeds.",
        (
            Column("task", "task", "text"), Column("objective", "objective", "text"),
            Column("method", "method", "text"), Column("final", "final score"), Column("seeds", "seeds"),
        ),
        tuple(rows),
        "One objective: validation error (%), lower is better. Two: hypervolume in hundredths, higher is better.",
    )  # fmt: skip


STUDY = Study(
    "cost", "What weighing the cost of an evaluation gains",
    'Lee et al., "Cost-aware Bayesian Optimization", 2020', arms, report, seeds=30,
)  # fmt: skip
