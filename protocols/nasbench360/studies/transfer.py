"""Do cells that are good on one task do well on another? (paper, Figure 3 and Section 5.2.1)"""

from __future__ import annotations

from functools import partial

import numpy as np

from harness.reports.plots import mpl
from harness.reports.plots.scatter import Cloud, scatter_figure
from harness.reports.plots.styles import Look
from harness.reports.studies import Column, Evidence, Report, Table
from harness.reports.studies.tables import Value
from harness.reports.studies.words import names
from harness.scores.metrics import Floats
from protocols.nasbench360.cells import best, rank_correlations, ranks
from protocols.nasbench360.precompute import CIFAR100, OWN, VISION, available, read

NORMAL = 1.96
"""The 97.5 % quantile of the normal distribution, which ρ·√(n − 1) has where rankings are unrelated."""
TOP = 0.01
"""The fraction of cells that count as the best of a task."""
PANELS = {
    "Computer vision": [source.title for source in VISION if source.title != CIFAR100],
    "Diverse tasks": [source.title for source in OWN],
}
SLOTS = {"CIFAR-10": 1, "ImageNet16-120": 3, "NinaPro": 2, "Darcy Flow": 4}


def report(evidence: Evidence) -> Report:
    """Rank correlations, the ranks of CIFAR-100's best cells on the other tasks, and all ranks as a figure."""
    tables = {source.title: read(source, evidence.data) for source in available(evidence.data)}
    if len(tables) < 2:
        return Report(())
    text = [
        "**Architecture rankings (Figure 3).** Ranks of the 15,625 NAS-Bench-201 cells by mean test accuracy after 200 "
        "epochs (vision), accuracy (NinaPro), score (Darcy Flow). The paper has a picture and says that rankings "
        "correlate between vision tasks and are uncorrelated between CIFAR-100 and NinaPro or Darcy Flow."
    ]
    found = [_correlations(tables)]
    if CIFAR100 not in tables:
        return Report(tuple(text), tuple(found))
    said = {title: rho for title, rho in _correlated(tables)[CIFAR100].items() if title != CIFAR100}
    chance = NORMAL / np.sqrt(tables[CIFAR100].size - 1)
    related = [title for title, rho in said.items() if abs(rho) > chance]
    text.append(
        f"Spearman's ρ with CIFAR-100: {names([f'{title} {_number(rho)}' for title, rho in said.items()])}. Unrelated "
        f"rankings of so many cells stay within ±{chance:.3f} in 95 % of cases; beyond it: {names(related) or 'none'}."
    )
    found.append(_transfer(tables))
    panels = {title: [one for one in members if one in tables] for title, members in PANELS.items()}
    shown = {title: members for title, members in panels.items() if members}
    return Report(tuple(text), tuple(found), {"figure-3": partial(_figure, tables, shown)} if shown else {})


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _correlated(tables: dict[str, Floats]) -> dict[str, dict[str, float]]:
    matrix = rank_correlations(list(tables.values())).tolist()
    return {own: dict(zip(tables, row, strict=True)) for own, row in zip(tables, matrix, strict=True)}


def _correlations(tables: dict[str, Floats]) -> Table:
    rows: list[dict[str, Value]] = [{"task": own, **row} for own, row in _correlated(tables).items()]
    columns = (Column("task", "task", "text"), *(Column(title, title, digits=3) for title in tables))
    return Table("figure-3-correlations", "Spearman's ρ between the rankings of all cells.", columns, tuple(rows))


def _transfer(tables: dict[str, Floats]) -> Table:
    source = tables[CIFAR100]
    winner = np.unravel_index(int(source.argmax()), source.shape)
    chosen = best(source, TOP)
    rows: list[dict[str, Value]] = [
        {
            "task": title, "best": float(table.max()), "winner": float(table[winner]),
            "rank": float(ranks(table).reshape(table.shape)[winner]),
            "shared": 100.0 * float(best(table, TOP)[chosen].mean()),
        }
        for title, table in tables.items()
    ]  # fmt: skip
    columns = (
        Column("task", "task", "text"), Column("best", "best score"), Column("winner", "of CIFAR-100's best cell"),
        Column("rank", "its rank", digits=1),
        Column("shared", "of CIFAR-100's best 1 %, also best", digits=0, unit=" %"),
    )  # fmt: skip
    return Table(
        "figure-3-transfer", "What CIFAR-100's best cells are worth on every task.", columns, tuple(rows),
        "Scores in percent, Darcy Flow's score times 100. Also best: among the best 1 % of that task.",
    )  # fmt: skip


def _figure(tables: dict[str, Floats], panels: dict[str, list[str]], width: str) -> mpl.Figure:
    base = ranks(tables[CIFAR100])
    clouds = {
        panel: {title: Cloud(base, ranks(tables[title])) for title in members} for panel, members in panels.items()
    }
    shown = {title: SLOTS[title] for members in panels.values() for title in members}
    look = Look(shown, {title: title for title in shown}, linear=True, width=width, bands=False, lines=False)
    return scatter_figure(
        clouds, look, x_label="Rank on CIFAR-100", y_label="Rank on the task", diagonal=True,
        note="All 15,625 NAS-Bench-201 cells, rank 1 the best. Line: the same rank as on CIFAR-100.",
    )  # fmt: skip
