"""How much does continuing from checkpoints save, compared with training from scratch? (paper, Section 3, "Evaluation
protocol")
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial

from harness import registry
from harness.reports.plots import mpl
from harness.reports.plots.dots import Dot, dot_figure
from harness.reports.plots.styles import Look
from harness.reports.studies import Arm, Column, Evidence, Factor, Report, Study, Table
from harness.reports.studies.pictures import trajectories
from harness.reports.studies.scores import compare, finals
from harness.reports.studies.speedups import speedups
from harness.reports.studies.tables import Value
from harness.reports.studies.words import able, too_few
from harness.reports.tables.numbers import signed

SETTING = "mf"
CONTINUED, SCRATCH = "continued", "from scratch"


def arms() -> tuple[Arm, ...]:
    """Every method that can continue trials along epochs, with checkpoints and without. Slow methods run on request."""
    return tuple(
        Arm(entry.name, label, entry.name, SETTING, slot, from_scratch=label == SCRATCH, optional=entry.slow)
        for entry in registry.methods().values()
        if SETTING in entry.capabilities.settings
        and "single" in entry.capabilities.objectives
        and entry.capabilities.axis == "any"
        and entry.capabilities.continuation
        for slot, label in ((0, CONTINUED), (2, SCRATCH))
    )


def report(evidence: Evidence) -> Report:
    """The share of the price that checkpoints save, the evaluations and errors that result, and trajectories."""
    groups = {group: found for group, found in evidence.groups().items() if len(found) == 2}
    rows = [
        _row(evidence, task, continued, scratch, sooner.factor)
        for continued, scratch in groups.values()
        for task, sooner in speedups(evidence, continued, scratch)[0].items()
    ]
    slow = sorted({arm.method for arm in arms() if arm.optional} - {arm.method for arm in evidence.arms})
    text = [
        "Saved is the credit for checkpoints as a share of the full price of the counted evaluations. The budget is "
        "the same, so what is saved is spent on further evaluations. The paper allows both and compares them nowhere.",
        *(_tested(evidence, group, found) for group, found in groups.items()),
    ]
    if slow:
        text.append(f"Slow methods are run where asked for: {' '.join(f'`--method {name}`' for name in slow)}.")
    figures = {
        f"trajectories-{found[0].method}": partial(trajectories, evidence, found, "full") for found in groups.values()
    }
    if groups:
        figures = {"saved": partial(_figure, evidence, groups), **figures}
    return Report(tuple(text), (_table(rows),), figures)


def saved(evidence: Evidence, task: str, arm: Arm) -> float:
    """Credit divided by price, over the counted evaluations of the asked seeds; NaN without any evaluation."""
    if (task, arm) not in evidence.records:
        return math.nan
    frame = evidence.records[task, arm].table.select(["seed", "counted", "price", "credit"]).to_pandas()
    counted = frame[frame["counted"] & frame["seed"].isin(evidence.seeds)]
    price = float(counted["price"].sum())
    return float(counted["credit"].sum()) / price if price else math.nan


def _evaluations(evidence: Evidence, task: str, arm: Arm) -> Value:
    if (task, arm) not in evidence.records:
        return None
    heads = evidence.records[task, arm].runs
    counts = [head["evaluations"] for s, head in heads.items() if s in evidence.seeds and head["status"] == "complete"]
    return sum(counts) / len(counts) if counts else None


def _row(evidence: Evidence, task: str, continued: Arm, scratch: Arm, speedup: Factor) -> dict[str, Value]:
    return {
        "method": continued.method, "task": evidence.title(task), "saved": 100.0 * saved(evidence, task, continued),
        "evaluations": _evaluations(evidence, task, continued),
        "evaluations_scratch": _evaluations(evidence, task, scratch),
        "final": finals(evidence, task, continued, "full"), "final_scratch": finals(evidence, task, scratch, "full"),
        "speedup": speedup,
    }  # fmt: skip


def _table(rows: list[dict[str, Value]]) -> Table:
    return Table(
        "continuation",
        "Continuing from checkpoints against training from scratch, over epochs.",
        (
            Column("method", "method", "text"), Column("task", "task", "text"),
            Column("saved", "saved", digits=1, unit=" %"),
            Column("evaluations", "evaluations per run", digits=0),
            Column("evaluations_scratch", "evaluations, from scratch", digits=0),
            Column("final", "final error (%)"), Column("final_scratch", "final error (%), from scratch"),
            Column("speedup", "speedup", digits=1, unit="×"),
        ),
        tuple(rows),
        "Final error in the view full, mean ± standard error over seeds. Speedup: budget divided by the time after "
        "which the continued run's mean error is at the final one from scratch, with a 95 % bootstrap interval.",
    )  # fmt: skip


def _tested(evidence: Evidence, group: str, found: tuple[Arm, ...]) -> str:
    continued, scratch = found
    comparisons = compare(evidence, scratch, [continued])
    if not comparisons or (short := too_few(comparisons, "Whether the final errors differ")):
        return f"**{group}.** {short if comparisons else 'No seed is complete.'}"
    tested, untested = able(comparisons, evidence)
    said = [f"{evidence.title(c.task)} {signed(c.difference)} points (p = {c.p:.2g})" for c in tested]
    return (
        f"**{group}.** Final error, continued minus from scratch (paired Wilcoxon test): {', '.join(said)}.{untested}"
    )


def _figure(evidence: Evidence, groups: Mapping[str, tuple[Arm, ...]], width: str) -> mpl.Figure:
    panels = {
        evidence.title(task): {
            group: {"saved": Dot(100.0 * saved(evidence, task, found[0]))} for group, found in groups.items()
        }
        for task in evidence.tasks
    }
    look = Look({"saved": 0}, {"saved": "saved by checkpoints"}, linear=True, width=width, bands=False, lines=False)
    return dot_figure(panels, look, x_label="Share of the full price [%]", limits=(0.0, 100.0))


STUDY = Study(
    "continuation", "What continuing from checkpoints saves", 'Section 3, "Evaluation protocol"', arms, report
)  # fmt: skip
