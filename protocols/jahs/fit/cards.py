"""The cards of the set. A card says how the model of a task and metric was made, its error, and the rows it was
measured on.

The figures were measured on a first fit, on held-out rows. The models of the set were then fitted on all rows.
"""

from __future__ import annotations

from typing import Any

from protocols.jahs.fit.colorectal import Blend
from protocols.jahs.fit.rows import ACCURACIES

Card = dict[str, Any]
COMPUTED = {
    "FLOPS": "computed: multiply-adds of the network in millions",
    "size_MB": "computed: parameters of the network in millions",
}


def logged_cards(
    task: str,
    figures: dict[str, dict[str, float]],
    across: dict[str, float],
    factor: float,
    linear: dict[str, dict[str, float]],
) -> dict[str, Card]:
    """Cards of a task with logged rows.

    ``across``: figures of CIFAR-10 valid-acc over N, W, Resolution. ``factor``: the factor by which runtime was scaled.
    ``linear``: figures on rows whose learning rate and weight decay are uniform on a linear scale, where measured.
    """
    cards: dict[str, Card] = {}
    for metric, found in figures.items():
        where = (
            f"{int(found['rows'])} near-uniform official rows at N=5, W=16, Resolution=1, "
            "held out by configuration from a first fit with the same settings"
        )
        if metric in COMPUTED:
            cards[metric] = {"kind": "computed", **found, "note": f"{COMPUTED[metric]}; against {where}"}
            continue
        cards[metric] = {"kind": "fitted", **found, "note": f"{where}; elsewhere {_elsewhere(task, metric, across)}"}
        cards[metric]["note"] += "; the model was then fitted on all rows"
    cards["runtime"]["note"] += f"; all scaled by {factor:.3f} to the published mean of a full evaluation"
    if task == "cifar10":
        cards["valid-acc"]["across"] = across
    for metric, found in linear.items():
        cards[metric]["linear"] = found
        cards[metric]["note"] += (
            f"; tau {found['tau']:.3f}, R2 {found['r2']:.3f} on {int(found['rows'])} held-out rows whose learning rate "
            "and weight decay are uniform on a linear scale, as in the random rows of this task's log"
        )
    return cards


def _elsewhere(task: str, metric: str, across: dict[str, float]) -> str:
    if metric not in ACCURACIES:
        return "a price of the network's work, fitted to an early CIFAR-10 surrogate's latency (unmeasured)"
    if task == "cifar10" and metric == "valid-acc":
        return (
            f"early surrogate corrected to official rows: tau {across['tau']:.3f}, R2 {across['r2']:.3f}, Spearman of "
            f"the best tenth {across['top']:.2f} on {int(across['rows'])} held-out configurations at epoch 200"
        )
    return "moved as CIFAR-10's valid-acc (transferred, unmeasured)"


def colorectal_cards(blend: Blend) -> dict[str, Card]:
    """Cards of Colorectal-Histology: nothing can be measured, since there are no rows."""
    numbers = (
        f"intercept {blend.intercept:.3f}, slope {blend.slope:.3f}, warp {blend.warp:.2f}, depth {blend.depth:.2f}"
    )
    accuracy = {
        "kind": "calibrated",
        "note": f"blend of CIFAR-10 and Fashion-MNIST errors, calibrated to published search results ({numbers})",
    }
    return {
        **{metric: dict(accuracy) for metric in ACCURACIES},
        "latency": {"kind": "transferred", "note": "geometric mean of CIFAR-10 and Fashion-MNIST"},
        "runtime": {"kind": "calibrated", "note": "shape of CIFAR-10 and Fashion-MNIST, scaled to the published mean"},
        **{metric: {"kind": "computed", "note": note} for metric, note in COMPUTED.items()},
    }
