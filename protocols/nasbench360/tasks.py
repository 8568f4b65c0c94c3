"""The ten tasks of NAS-Bench-360 (paper, Table 1). Every metric is written such that lower is better."""

from __future__ import annotations

from typing import Any

ERROR = "0-1 error"


def _task(
    title: str, size: int, dimensions: int, prediction: str, domain: str, metric: str, objective: str, *,
    unit: str = "", new: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """The facts of a task. ``prediction``: "point" (one prediction, or several labels, per input) or "dense" (one
    prediction per position). ``unit``: "%" if Table 2 has the metric in percent. ``new``: whether the task had not been
    used in architecture search before (Table 1, last column).
    """
    return {
        "title": title, "size": size, "dimensions": dimensions, "prediction": prediction, "domain": domain,
        "metric": metric, "maximize": False, "unit": unit, "objective": objective, "new": new,
    }  # fmt: skip


TASKS: dict[str, dict[str, Any]] = {
    "cifar100": _task("CIFAR-100", 60_000, 2, "point", "natural images", ERROR,
                      "classify natural images into 100 classes", unit="%"),
    "spherical": _task("Spherical", 60_000, 2, "point", "spherically projected images", ERROR,
                       "classify spherically projected images into 100 classes", unit="%", new=True),
    "ninapro": _task("NinaPro", 3_956, 2, "point", "surface electromyography", ERROR,
                     "classify sEMG signals into 18 classes of hand gestures", unit="%", new=True),
    "fsd50k": _task("FSD50K", 51_000, 2, "point, multi-label", "sound", "1 − mAP",
                    "classify sound events in log-mel spectrograms with 200 labels", new=True),
    "darcy_flow": _task("Darcy Flow", 1_100, 2, "dense", "fluid dynamics", "relative ℓ2",
                        "predict the final state of a fluid from its initial conditions"),
    "psicov": _task("PSICOV", 3_606, 2, "dense", "protein structure", "MAE8",
                    "predict pairwise distances between residues from pairwise sequence features"),
    "cosmic": _task("Cosmic", 5_250, 2, "dense", "astronomy", "1 − AUROC",
                    "predict probabilistic maps to identify cosmic rays in telescope images", new=True),
    "ecg": _task("ECG", 330_000, 1, "point", "electrocardiography", "1 − F1",
                 "detect atrial cardiac disease from ECG recordings", new=True),
    "satellite": _task("Satellite", 1_000_000, 1, "point", "satellite image time series", ERROR,
                       "classify satellite image pixel time series into 24 land cover types", unit="%", new=True),
    "deepsea": _task("DeepSEA", 250_000, 1, "point, multi-label", "genomics", "1 − AUROC",
                     "predict chromatin and binding states of RNA sequences"),
}  # fmt: skip
"""Name -> facts, in the order of Table 1. Sizes are the printed ones, rounded where the paper rounds (60K, 1M)."""
