"""Do findings on a small table hold on a larger table? (paper, Section 4.2 and Figure 8)

The same comparisons are made on two tables: ``cifar10`` and ``mini``, or the *small pair* ``small4`` and ``tiny4``. The
smaller table has the cells with up to one vertex less. A *row* of the figure compares methods, mutation rates or
tournament sizes. The paper's text names neither the rates nor the sizes nor the time budget; this project chose them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from harness.reports.studies import Arm, Column, Evidence, Report, Study, Table
from harness.reports.studies.pictures import quartiles
from harness.reports.studies.scores import SeedScore, any_time, by_seed, compare_pairs
from harness.reports.studies.tables import Quartiles, Value
from harness.reports.studies.words import names, too_few
from protocols.nasbench101.presets import PRESETS
from protocols.nasbench101.studies.agreement import kendall, order

RUNS = 100
METHODS, MUTATION, TOURNAMENT = "methods", "mutation rate", "tournament size"
EVOLUTION = "regularized-evolution"
COMPARED = {"RS": "random-search", "NRE": "non-regularized-evolution", "RE": EVOLUTION}
LARGE, SMALL = ("cifar10", "mini"), ("small4", "tiny4")
SIZES = {LARGE: PRESETS["published"][EVOLUTION], SMALL: {"population": 10, "sample": 3}}
"""Pair of tasks -> settings of evolution. The large pair has the published settings. The small pair has the defaults,
because its budgets of 25 and 100 trainings would not fill a population of 100.
"""
RATES = (0.5, 1.0, 2.0, 4.0)
TOURNAMENTS = {LARGE: (2, 5, 10, 25, 50), SMALL: (1, 2, 3, 5, 10)}
MEASURES: dict[str, SeedScore] = {"Final regret": by_seed, "Regret averaged over time": any_time}
FOUND = {
    METHODS: "The paper, from the curves: the ranking of the three (RE best, then NRE, then RS) is the same on both.",
    MUTATION: "The paper, from the curves: the smaller table generalises to the larger for different settings of RE.",
    TOURNAMENT: "The paper says the same of tournament sizes.",
}


def arms() -> tuple[Arm, ...]:
    """The arms of every row on both pairs of tables."""
    found = []
    for pair, sizes in SIZES.items():
        for slot, (label, method) in enumerate(COMPARED.items()):
            found.append(_arm(METHODS, label, method, slot, pair, {} if method == COMPARED["RS"] else sizes))
        for slot, rate in enumerate(RATES):
            found.append(_arm(MUTATION, f"rate {rate:g}", EVOLUTION, slot, pair, {**sizes, "mutation": rate}))
        for slot, sample in enumerate(TOURNAMENTS[pair]):
            found.append(_arm(TOURNAMENT, f"size {sample}", EVOLUTION, slot, pair, {**sizes, "sample": sample}))
    return tuple(found)


def _arm(row: str, label: str, method: str, slot: int, tasks: tuple[str, ...], settings: Mapping[str, Any]) -> Arm:
    return Arm(row, label, method, "bb", slot, settings=tuple(settings.items()), tasks=tasks)


def report(evidence: Evidence) -> Report:
    """A figure per row, all regrets, and whether the two tables agree."""
    groups = evidence.groups()
    figures = {f"figure-8-{row.partition(' ')[0]}": partial(quartiles, evidence, found, "full")
               for row, found in groups.items()}  # fmt: skip
    tables = (
        _table(evidence, "final-regrets", "Test regret at the end of the budget", MEASURES["Final regret"]),
        _table(evidence, "mean-regrets", "Test regret averaged over the budget", MEASURES["Regret averaged over time"]),
    )
    return Report(tuple(_said(evidence, row, found) for row, found in groups.items()), tables, figures)


def _said(evidence: Evidence, row: str, arms: Sequence[Arm]) -> str:
    """The paragraph of one row: whether the tables agree by each measure, and the paper's finding."""
    if len(evidence.tasks) != 2:
        return f"**{row.capitalize()}.** Two tables are needed to compare them. {FOUND[row]}"
    lines = "\n".join(f"- {name}: {_compared(evidence, arms, score)}" for name, score in MEASURES.items())
    return f"**{row.capitalize()}.** Medians over runs, the best first:\n\n{lines}\n\n{FOUND[row]}"


def _compared(evidence: Evidence, arms: Sequence[Arm], score: SeedScore) -> str:
    one, other = (_medians(evidence, task, arms, score) for task in evidence.tasks)
    shared = [arm for arm in arms if arm in one and arm in other]
    orders = [
        f"on {evidence.title(task)} {', '.join(map(' = '.join, order({arm.label: found[arm] for arm in shared})))}"
        for task, found in zip(evidence.tasks, (one, other), strict=True)
    ]
    tau = kendall([one[arm] for arm in shared], [other[arm] for arm in shared])
    said = "there is no Kendall's τ, all are equal on one table" if math.isnan(tau) else f"Kendall's τ {_number(tau)}"
    return f"{'; '.join(orders)}; {said}. {_tested(evidence, list(combinations(shared, 2)), score)}"


def _tested(evidence: Evidence, pairs: Sequence[tuple[Arm, Arm]], score: SeedScore) -> str:
    """A sentence on the tests: how many pairs of arms differ on each table, and whether pairs that differ on both
    tables do so in the same direction.
    """
    comparisons = compare_pairs(evidence, pairs, score)
    if not comparisons or (short := too_few(list(comparisons.values()), "Which pairs differ")):
        return short if comparisons else "No seed is complete."
    apart = {key for key, comparison in comparisons.items() if comparison.different}
    found = {task: [pair for pair in pairs if (task, *pair) in apart] for task in evidence.tasks}
    one, other = found
    both = [pair for pair in found[one] if pair in found[other]]
    opposite = [f"{a.label} and {b.label}" for a, b in both
                if comparisons[one, a, b].difference * comparisons[other, a, b].difference < 0]  # fmt: skip
    counts = names([f"{len(told)} on {evidence.title(task)}" for task, told in found.items()])
    verdict = f", the other way round for {names(opposite)}" if opposite else ", all in the same direction" * bool(both)
    return (
        f"Of {len(pairs)} pairs, paired Wilcoxon tests over seeds, Holm-corrected per table, tell apart {counts}; "
        f"{len(both) or 'none'} on both{verdict}."
    )


def _medians(evidence: Evidence, task: str, arms: Sequence[Arm], score: SeedScore) -> dict[Arm, float]:
    scores = {arm: list(score(evidence, task, arm).values()) for arm in arms}
    return {arm: float(np.median(values)) for arm, values in scores.items() if values}


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _table(evidence: Evidence, name: str, title: str, score: SeedScore) -> Table:
    rows: list[Mapping[str, Value]] = []
    for row, arms in evidence.groups().items():
        medians = {task: _medians(evidence, task, arms, score) for task in evidence.tasks}
        for arm in arms:
            cells: dict[str, Value] = {"row": row, "arm": arm.label}
            for task, found in medians.items():
                scores = list(score(evidence, task, arm).values())
                cells[f"{task}_runs"] = len(scores)
                if scores:
                    low, middle, high = np.quantile(scores, (0.25, 0.5, 0.75)).tolist()
                    cells[f"{task}_regret"] = Quartiles(middle, low, high)
                    cells[f"{task}_rank"] = 1 + sum(value < found[arm] for value in found.values())
            rows.append(cells)
    columns = [Column("row", "compared", "text"), Column("arm", "what", "text")]
    for task in evidence.tasks:
        columns += [Column(f"{task}_regret", f"{evidence.title(task)}: regret", digits=3),
                    Column(f"{task}_rank", "rank"), Column(f"{task}_runs", "runs")]  # fmt: skip
    return Table(
        name, f"{title} (% points), median and quartiles over runs.", tuple(columns), tuple(rows),
        "Rank: by the median, among what is compared on the same table.",
    )  # fmt: skip


STUDY = Study(
    "bootstrap", "Whether findings on a small table of cells hold on a larger one",
    "Ying et al., NAS-Bench-101, 2019, Section 4.2, Figure 8", arms, report, seeds=RUNS, suite="nasbench101",
)  # fmt: skip
