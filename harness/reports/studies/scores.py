"""The table of the final scores of a study's arms, and which arms a paired test can tell apart."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from harness.reports.studies.study import Arm, Evidence
from harness.reports.studies.tables import Column, Measured, Table, Value
from harness.runs.curves import VIEWS
from harness.scores.metrics import mean_and_error
from harness.statistics import area_under_curve
from harness.statistics.ranking import ALPHA, holm, wilcoxon

SeedScore = Callable[[Evidence, str, Arm], dict[int, float]]
"""(evidence, task, arm) -> score by seed."""
ANY_TIME = 400
"""The number of intervals of time over which a score is averaged."""
Paper = Mapping[tuple[str, str, str], Measured]
"""(task, group, label) -> the paper's own final score."""


def finals(evidence: Evidence, task: str, arm: Arm, view: str) -> Measured:
    """Mean final score and its standard error over the complete seeds; NaN where there is none."""
    curves = (
        evidence.curves(task, arm, view, [_budget(evidence, task, arm)]) if (task, arm) in evidence.records else None
    )
    if curves is None:
        return Measured(math.nan)
    mean, error = mean_and_error(curves.values[:, -1])
    return Measured(float(mean), float(error))


def _budget(evidence: Evidence, task: str, arm: Arm) -> float:
    return evidence.board(task, arm).budget


def finals_table(
    evidence: Evidence,
    name: str,
    title: str,
    *,
    paper: Paper | None = None,
    paper_view: str = "observed",
    note: str = "",
) -> Table:
    """A row per arm and task: final score in both views, evaluations, and the paper's score if it has one.

    ``note``: a sentence about the paper's scores, left out if the paper has none.
    """
    rows: list[Mapping[str, Value]] = []
    for arms in evidence.groups().values():
        for arm in arms:
            for task in evidence.tasks:
                if (task, arm) in evidence.records:
                    rows.append(_row(evidence, task, arm, paper or {}))
    columns = [
        Column("method", "method", "text"), Column("arm", "searched", "text"), Column("task", "task", "text"),
        *(Column(view, view) for view in VIEWS), Column("seeds", "seeds"), Column("evaluations", "evaluations"),
    ]  # fmt: skip
    known = any(row["paper"] is not None for row in rows)
    if known:
        columns.insert(5, Column("paper", f"paper ({paper_view})"))
    return Table(name, title, tuple(columns), tuple(rows), note if known else "")


def _row(evidence: Evidence, task: str, arm: Arm, paper: Paper) -> Mapping[str, Value]:
    curves = evidence.curves(task, arm, grid=[_budget(evidence, task, arm)])
    seeds = () if curves is None else curves.seeds
    record = evidence.records[task, arm]
    return {
        "method": arm.group, "arm": arm.label, "task": evidence.title(task),
        **{view: finals(evidence, task, arm, view) for view in VIEWS},
        "paper": paper.get((task, arm.group, arm.label)), "seeds": len(seeds),
        "evaluations": sum(int(record.runs[seed]["evaluations"]) for seed in seeds),
    }  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """A paired test of an arm against a reference on one task.

    ``difference``: mean score of the arm minus that of the reference; ``p``: corrected by Holm; ``seeds``: how many are
    paired.
    """

    task: str
    arm: Arm
    difference: float
    p: float
    seeds: int

    @property
    def different(self) -> bool:
        """Whether the test tells the two apart."""
        return self.p <= ALPHA


def compare(evidence: Evidence, reference: Arm, others: Sequence[Arm], view: str = "full") -> list[Comparison]:
    """Exact two-sided Wilcoxon tests, paired over shared seeds, corrected for the number of arms on a task."""
    score = partial(by_seed, view=view)
    return list(compare_pairs(evidence, [(reference, arm) for arm in others], score).values())


def compare_pairs(
    evidence: Evidence, pairs: Sequence[tuple[Arm, Arm]], score: SeedScore | None = None
) -> dict[tuple[str, Arm, Arm], Comparison]:
    """(task, first, second) -> the test of the second arm of a pair against the first, as in ``compare``.

    p-values are corrected for the number of pairs on a task. A pair without a shared seed is left out. ``score``: the
    score to compare (default: the final score).
    """
    found = {}
    for task in evidence.tasks:
        scores = {arm: (score or by_seed)(evidence, task, arm) for pair in pairs for arm in pair}
        tested: list[tuple[Arm, Arm, float, float, int]] = []
        for base, arm in pairs:
            shared = sorted(scores[base].keys() & scores[arm].keys())
            if shared:
                differences = [scores[arm][seed] - scores[base][seed] for seed in shared]
                tested.append((base, arm, math.fsum(differences) / len(shared), wilcoxon(differences), len(shared)))
        corrected = holm([p for _, _, _, p, _ in tested])
        for (base, arm, difference, _, seeds), p in zip(tested, corrected, strict=True):
            found[task, base, arm] = Comparison(task, arm, difference, p, seeds)
    return found


def by_seed(evidence: Evidence, task: str, arm: Arm, view: str = "full") -> dict[int, float]:
    """Seed -> final score, of the complete seeds."""
    if (task, arm) not in evidence.records:
        return {}
    curves = evidence.curves(task, arm, view, [_budget(evidence, task, arm)])
    return {} if curves is None else dict(zip(curves.seeds, curves.values[:, -1].tolist(), strict=True))


def any_time(evidence: Evidence, task: str, arm: Arm) -> dict[int, float]:
    """Seed -> the score averaged over the simulated time of the budget, of the complete seeds.

    It says how good a method is if it is stopped at a random time.
    """
    if (task, arm) not in evidence.records:
        return {}
    budget = _budget(evidence, task, arm)
    grid = np.linspace(0.0, budget, ANY_TIME + 1)
    curves = evidence.curves(task, arm, "full", grid)
    if curves is None:
        return {}
    return dict(zip(curves.seeds, (area_under_curve(curves.values, grid) / budget).tolist(), strict=True))


def seeds_needed(comparisons: int) -> int:
    """The fewest seeds n with which a corrected test of m comparisons can find a difference: 2 m / 2^n <= alpha."""
    return math.ceil(math.log2(2 * max(1, comparisons) / ALPHA))
