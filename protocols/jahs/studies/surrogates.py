"""How good are the surrogates? (paper, Table 4)"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from harness.reports.plots import mpl
from harness.reports.plots.dots import Dot, dot_figure
from harness.reports.plots.styles import Look
from harness.reports.studies import Column, Evidence, Report, Study, Table
from harness.reports.studies.study import no_arms
from harness.reports.studies.tables import Value
from protocols.jahs.leaderboards import METRICS
from protocols.jahs.paper import TABLE_4

FIGURES = {"tau": ("Kendall's τ", 0), "r2": ("R²", 1)}
"""Key of a card -> its printed name, and its place in Table 4."""
OURS, PAPER = "this set", "paper, Table 4"


def report(evidence: Evidence) -> Report:
    """The cards of the set beside Table 4."""
    cards = {
        task: {m: evidence.surrogates.card(task, m) for m in METRICS if m in evidence.surrogates.metrics(task)}
        for task in evidence.tasks
    }
    measured = sum(_have(card, "tau") for own in cards.values() for card in own.values())
    text = (
        "The two differ in kind. A card says how well a model predicts rows held out from what it was fitted on, which "
        "for an embedded stand-in are predictions of the official surrogates; Table 4 says how well the official "
        "surrogates predict trainings held out from theirs.",
        f"{measured} of {sum(map(len, cards.values()))} metrics of this set have a measured figure; the others were "
        f"computed, transferred, calibrated or imported without one, as their kind says.",
    )
    figures = {
        f"table-4-{name}": partial(_figure, evidence, cards, name)
        for name in FIGURES
        if any(_have(card, name) for own in cards.values() for card in own.values())
    }
    return Report(text, (_table(evidence, cards),), figures)


def _have(card: Mapping[str, Any], name: str) -> bool:
    return isinstance(card.get(name), float)


def _table(evidence: Evidence, cards: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Table:
    rows: list[dict[str, Value]] = []
    for task, own in cards.items():
        for metric, card in own.items():
            row: dict[str, Value] = {"task": evidence.title(task), "metric": metric, "kind": str(card.get("kind", "-"))}
            for name, (_, place) in FIGURES.items():
                row |= {name: card[name] if _have(card, name) else None, f"paper_{name}": TABLE_4[task][metric][place]}
            row["rows"] = int(card["rows"]) if card.get("rows") else None
            rows.append(row)
    columns = [Column("task", "task", "text"), Column("metric", "metric", "text"), Column("kind", "kind", "text")]
    for name, (shown, _) in FIGURES.items():
        columns += [Column(name, shown, digits=3), Column(f"paper_{name}", "paper", digits=3)]
    columns.append(Column("rows", "rows"))
    return Table(
        "table-4", "Kendall's τ and R² of every model, from the set's cards, beside Table 4 of the paper.",
        tuple(columns), tuple(rows), "Rows: held-out rows the set's figures were measured on.",
    )  # fmt: skip


def _figure(
    evidence: Evidence, cards: Mapping[str, Mapping[str, Mapping[str, Any]]], name: str, width: str
) -> mpl.Figure:
    shown, place = FIGURES[name]
    panels = {
        evidence.title(task): {
            metric: {
                **({OURS: Dot(card[name])} if _have(card, name) else {}),
                PAPER: Dot(TABLE_4[task][metric][place]),
            }
            for metric, card in own.items()
        }
        for task, own in cards.items()
    }
    missing = any(not _have(card, name) for own in cards.values() for card in own.values())
    series = {OURS: f"{evidence.surrogates.name}, held-out rows of its fit", PAPER: PAPER}
    look = Look({OURS: 0, PAPER: 2}, series, linear=True, width=width, bands=False, lines=False)
    return dot_figure(
        panels,
        look,
        x_label=shown,
        note=f"No mark for {evidence.surrogates.name}: not measured." if missing else "",
        limits=(0.5, 1.02),
    )


STUDY = Study("surrogates", "How good the surrogates are", "Table 4", no_arms, report)
