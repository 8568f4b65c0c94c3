"""Measures models on rows they were not fitted on: Kendall's tau and R2, and a table beside the paper's figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import kendalltau, spearmanr

from harness.sources.models.evaluate import Program
from harness.sources.models.model import Model
from harness.sources.models.surrogates import SurrogateSet
from protocols.jahs.fit.rows import FIDELITY_FILE, LOGGED, METRICS, held_out, read_rows, uniform_looking
from protocols.jahs.fit.teachers import logged_rows
from protocols.jahs.paper import TABLE_4

Figures = dict[str, float]


def agreement(truth: NDArray[np.float64], predicted: NDArray[np.float64]) -> Figures:
    """Kendall's tau and the coefficient of determination."""
    rest = float(((truth - predicted) ** 2).sum() / ((truth - truth.mean()) ** 2).sum())
    return {"tau": float(kendalltau(truth, predicted)[0]), "r2": 1 - rest}


def measure_logged(rows: pd.DataFrame, models: Mapping[str, Model]) -> dict[str, Figures]:
    """Figures of each metric on the given official rows, with their number."""
    names = [m for m in METRICS if m in models]
    predicted = Program({m: models[m] for m in names}).many(rows)
    found = {}
    for i, metric in enumerate(names):
        found[metric] = agreement(rows[metric].to_numpy(np.float64), predicted[:, i]) | {"rows": float(len(rows))}
    return found


def held_out_rows(data: Path, task: str, held: float, *, linear: bool = False) -> pd.DataFrame:
    """The near-uniform part of the rows that a fit with this share ``held`` did not see, the same on every call.

    "Uniform" means uniform over the space, or with ``linear``: learning rate and weight decay uniform on a linear
    scale.
    """
    rows = logged_rows(read_rows(data, LOGGED[task]), held, linear=linear)
    chosen: pd.DataFrame = rows.frame[rows.held & uniform_looking(rows.ratio)].reset_index(drop=True)
    return chosen


def measure_fidelities(data: Path, valid: Model, held: float) -> Figures:
    """CIFAR-10 valid-acc across N, W, Resolution at epoch 200; ``top``: Spearman's rho among the best tenth."""
    rows = read_rows(data, FIDELITY_FILE, ("valid-acc",))
    rows = rows[held_out(rows, held)].reset_index(drop=True)
    truth, predicted = rows["valid-acc"].to_numpy(np.float64), Program({"valid-acc": valid}).many(rows)[:, 0]
    best = truth >= np.quantile(truth, 0.9)
    top = float(spearmanr(truth[best], predicted[best])[0])
    return agreement(truth, predicted) | {"top": top, "rows": float(len(rows))}


def report(surrogates: Path) -> str:
    """The table of a set on disk, made from its cards, with an explanation of its figures.

    Nothing is measured again, because the models of the set were fitted on all rows.
    """
    loaded = SurrogateSet(surrogates)
    cards = {task: {metric: loaded.card(task, metric) for metric in loaded.metrics(task)} for task in loaded.tasks}
    across = cards["cifar10"]["valid-acc"]["across"]
    line = "cifar10 valid-acc across N, W, Resolution at epoch 200: tau {tau:.3f}, R2 {r2:.3f}, best tenth {top:.3f}"
    return "\n".join(
        [
            table(cards),
            f"{line.format(**across)} ({int(across['rows'])} rows)",
            *_linear_lines(cards),
            "figures of a first fit with the same settings, on rows it held out; the set was then fitted on all rows",
        ]
    )


def _linear_lines(cards: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[str]:
    """A line for each task with figures of rows whose learning rate and weight decay are uniform on a linear scale."""
    lines = []
    for task in sorted(cards):
        linear = {metric: cards[task][metric]["linear"] for metric in METRICS if "linear" in cards[task][metric]}
        if linear:
            found = ", ".join(f"{metric} tau {own['tau']:.3f}, R2 {own['r2']:.3f}" for metric, own in linear.items())
            rows = int(next(iter(linear.values()))["rows"])
            lines.append(f"{task}, learning rate and weight decay uniform on a linear scale: {found} ({rows} rows)")
    return lines


def table(cards: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """Kendall's tau and R2 of every task and metric beside Table 4 of the paper, from the models' cards.

    The figures differ in kind: a card measures the agreement of the models with the official surrogates, and Table 4
    the agreement of the official surrogates with trainings.
    """
    lines = [f"{'task':<22}{'metric':<11}{'kind':<13}{'tau':>7}{'R2':>8}{'rows':>7}   paper: {'tau':>6}{'R2':>7}"]
    for task in sorted(cards):
        for metric in METRICS:
            card = cards[task][metric]
            own = "".join(
                f"{card[k]:>{w}.3f}" if card.get(k) is not None else f"{'-':>{w}}" for k, w in (("tau", 7), ("r2", 8))
            )
            count = f"{int(card['rows']):>7}" if card.get("rows") else f"{'-':>7}"
            tau, r2 = TABLE_4[task][metric]
            lines.append(f"{task:<22}{metric:<11}{card['kind']:<13}{own}{count}   {'':7}{tau:>6.3f}{r2:>7.3f}")
    return "\n".join(lines)
