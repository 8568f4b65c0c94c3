"""Is it helpful to search architectures and hyperparameters jointly? (paper, Figures 1 and 2, Tables 9 and 10)"""

from __future__ import annotations

from functools import partial

from harness.reports.studies import Arm, Column, Evidence, Report, Study, Table
from harness.reports.studies.pictures import trajectories
from harness.reports.studies.scores import Comparison, Paper, compare, finals_table
from harness.reports.studies.speedups import speedups
from harness.reports.studies.tables import Factor, Measured, Value, shown
from harness.reports.studies.words import able, names, too_few, where
from protocols.jahs.paper import PUBLIC_ERROR, TABLE_9, TABLE_10

SPACES = {"jahs": "joint space", "hpo": "HPO only", "nas": "NAS only"}
JOINT = next(iter(SPACES))
METHODS = {
    "random-search": ("random search", "figure-1", "table-9", TABLE_9),
    "smac-bo": ("SMAC-BO", "figure-2", "table-10", TABLE_10),
}
"""Method -> its name in the paper's words, its figure and table, and the table's values."""


def arms() -> tuple[Arm, ...]:
    """Both methods on the three spaces, black-box."""
    return tuple(
        Arm(group, label, method, "bb", slot, space=space)
        for method, (group, _, _, _) in METHODS.items()
        for slot, (space, label) in enumerate(SPACES.items())
    )


def report(evidence: Evidence) -> Report:
    """Trajectories and a table of speedups per method, and the final scores."""
    text: list[str] = []
    tables: list[Table] = []
    figures = {}
    groups = evidence.groups()
    for method, (group, figure, table, paper) in METHODS.items():
        found = groups.get(group, ())
        if not found:
            text.append(f"**{group}** was not run: {evidence.left_out.get(method, 'it was not asked for')}.")
            continue
        figures[f"{figure}-{method}"] = partial(trajectories, evidence, found, "full")
        if found[0].space != JOINT:
            text.append(f"**{group}.** No run on the {SPACES[JOINT]} is complete, so nothing can be compared with it.")
            continue
        tables.append(_speedups(evidence, found, f"{table}-{method}", group, paper))
        text.append(_said(evidence, found, tables[-1], group, paper))
    tables.append(
        finals_table(
            evidence,
            "final-errors",
            "Validation error (%) at the end of the budget, mean ± standard error over seeds.",
            paper=_public(),
            note="Paper: the benchmark's public leaderboards, which count every evaluation.",
        )
    )
    return Report(tuple(text), tuple(tables), figures)


def _public() -> Paper:
    return {
        (task, METHODS["random-search"][0], SPACES["jahs"]): Measured(*values["random"])
        for task, values in PUBLIC_ERROR.items()
    }


def _speedups(
    evidence: Evidence, found: tuple[Arm, ...], name: str, group: str, paper: dict[str, dict[str, float]]
) -> Table:
    joint, *others = found
    sooner = {other: speedups(evidence, joint, other) for other in others}
    columns = [Column("task", "task", "text")]
    for other in others:
        columns += [
            Column(f"over_{other.space}", f"over {other.label}", digits=1, unit="×"),
            Column(f"backfilled_{other.space}", "back-filled", digits=1, unit="×"),
            Column(f"paper_{other.space}", "paper", digits=1, unit="×"),
        ]
    rows: list[dict[str, Value]] = []
    for task in (*evidence.tasks, ""):
        whole = not task and set(evidence.tasks) == set(paper) - {""}
        row: dict[str, Value] = {"task": evidence.title(task) if task else "Geometric mean"}
        for other in others:
            by_task, overall = sooner[other]
            one = by_task[task] if task else overall
            row |= {f"over_{other.space}": one.factor, f"backfilled_{other.space}": one.backfilled}
            row[f"paper_{other.space}"] = paper[task][other.space] if task or whole else None
        rows.append(row)
    source = name.partition("-" + joint.method)[0].replace("-", " ").capitalize()
    return Table(
        name,
        f"Speedup of {group} on the joint space: budget divided by the time after which its mean error is at the other "
        f"space's final one; in parentheses 95 % bootstrap intervals over seeds.",
        tuple(columns),
        tuple(rows),
        f"Paper: {source}. Before its first evaluation a run counts with the error of guessing; back-filled, it counts "
        f"with its first error, as in the authors' script, which knows it too early.",
    )


def _said(
    evidence: Evidence, found: tuple[Arm, ...], table: Table, group: str, paper: dict[str, dict[str, float]]
) -> str:
    joint, *others = found
    overall = table.rows[-1]
    parts = []
    for other in others:
        value = overall[f"over_{other.space}"]
        own = shown(value, next(c for c in table.columns if c.name == f"over_{other.space}"))
        if isinstance(value, Factor) and value.value == value.value:
            reference = f"paper: {paper[''][other.space]:.1f}×" if overall[f"paper_{other.space}"] is not None else ""
            parts.append(f"{own} over {other.label}" + (f" ({reference})" if reference else ""))
    first = f"**{group}.** Speedup of the joint space, geometric mean over tasks: {names(parts)}." if parts else ""
    return " ".join(filter(None, [first, _tested(evidence, compare(evidence, joint, others), joint)]))


def _tested(evidence: Evidence, comparisons: list[Comparison], joint: Arm) -> str:
    if not comparisons or (short := too_few(comparisons, f"Whether the {joint.label} ends lower")):
        return short if comparisons else ""
    tested, untested = able(comparisons, evidence)
    lower = [c for c in tested if c.different and c.difference > 0]
    rest = [c for c in tested if c not in lower]
    tail = f"; not so against {where(evidence, rest)}" if rest else ""
    return (
        f"The {joint.label} ends lower in {len(lower)} of {len(tested)} comparisons (paired Wilcoxon test, "
        f"Holm-corrected, p ≤ 0.05){tail}.{untested} The paper: better on all tasks, anytime and at the end."
    )


STUDY = Study(
    "joint",
    "Joint search against hyperparameters or architecture alone",
    "Figures 1 and 2, Tables 9 and 10",
    arms,
    report,
)
