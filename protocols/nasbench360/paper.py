"""The paper's own values: Tables 2 and 3 of NAS-Bench-360 (Tu et al., NeurIPS 2022), as printed.

An entry keeps its digits, because they limit how exactly any aggregate of the table is known: 0.43 stands for any value
from 0.425 to 0.435.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocols.nasbench360.tasks import TASKS

WRN = "WRN"
"""The untuned Wide ResNet, the reference of all improvements."""


@dataclass(frozen=True)
class Approach:
    """A row of Table 2. ``kind``: "efficient" (1 to 10 GPU-hours), "expensive" (10 to 100 and more), "specialised" (for
    some tasks alone), or "expert" (the task's hand-made network).
    """

    name: str
    space: str
    algorithm: str
    kind: str


APPROACHES = {
    one.name: one
    for one in (
        Approach(WRN, "WRN", "default", "efficient"),
        Approach("DenseNAS random", "DenseNAS", "random", "efficient"),
        Approach("DenseNAS original", "DenseNAS", "original", "efficient"),
        Approach("Perceiver IO", "Perceiver IO", "default", "efficient"),
        Approach("XGBoost", "XGBoost", "default", "efficient"),
        Approach("tuned WRN", "WRN", "ASHA", "expensive"),
        Approach("DARTS GAEA", "DARTS", "GAEA", "expensive"),
        Approach("Auto-DL", "Auto-DL", "DARTS", "specialised"),
        Approach("AMBER", "AMBER", "ENAS", "specialised"),
        Approach("expert", "Expert", "default", "expert"),
    )
}
"""Name -> approach, in the order of Table 2."""

_HEADS = (
    ("cifar100", "spherical", "darcy_flow", "psicov", "cosmic"),
    ("ninapro", "fsd50k", "ecg", "satellite", "deepsea"),
)
"""The columns of the upper and the lower half of Table 2."""

_UPPER = {
    WRN: "23.35±0.05 85.77±0.71 0.073±0.001 3.84±0.05 0.245±0.02",
    "DenseNAS random": "25.49±0.41 71.23±1.65 0.071±0.006 3.70±0.06 0.309±0.04",
    "DenseNAS original": "25.98±0.38 72.99±0.95 0.100±0.010 3.84±0.15 0.383±0.04",
    "Perceiver IO": "70.04±0.44 82.57±0.19 0.240±0.010 8.06±0.06 0.485±0.01",
    "XGBoost": "84.83±4.15 96.92±0.02 0.085±0.000 n/a 0.232±0.00",
    "tuned WRN": "23.39±0.01 75.46±0.40 0.066±0.000 3.84±0.05 0.251±0.02",
    "DARTS GAEA": "24.02±1.92 48.23±2.87 0.026±0.001 2.94±0.13 0.229±0.04",
    "Auto-DL": "n/a n/a 0.049±0.005 6.73±0.73 0.495±0.00",
    "AMBER": "n/a n/a n/a n/a n/a",
    "expert": "19.39±0.20 67.41±0.76 0.008±0.001 3.35±0.14 0.127±0.01",
}
_LOWER = {
    WRN: "6.78±0.26 0.92±0.001 0.43±0.01 15.49±0.03 0.40±0.001",
    "DenseNAS random": "8.45±0.56 0.60±0.001 0.42±0.01 13.91±0.13 0.40±0.001",
    "DenseNAS original": "10.17±1.31 0.64±0.002 0.40±0.01 13.81±0.69 0.40±0.001",
    "Perceiver IO": "22.22±1.80 0.72±0.002 0.66±0.01 15.93±0.08 0.38±0.004",
    "XGBoost": "21.90±0.70 0.98±0.002 0.56±0.00 36.36±0.02 0.50±0.000",
    "tuned WRN": "7.34±0.76 0.91±0.030 0.43±0.01 15.84±0.52 0.41±0.002",
    "DARTS GAEA": "17.67±1.39 0.94±0.020 0.34±0.01 12.51±0.24 0.36±0.020",
    "Auto-DL": "n/a n/a n/a n/a n/a",
    "AMBER": "n/a n/a 0.33±0.02 12.97±0.07 0.32±0.010",
    "expert": "8.73±0.90 0.62±0.004 0.28±0.00 19.80±0.00 0.30±0.024",
}
"""The two halves of Table 2. Auto-DL and AMBER were evaluated on three tasks each; the lines that Table 2 leaves out
for them are n/a.
"""


def decimals(printed: str) -> int:
    """The number of decimals of a printed number."""
    return len(printed.partition(".")[2])


@dataclass(frozen=True)
class Result:
    """An entry of Table 2: error of an approach on a task, mean and standard deviation over three seeds, lower is
    better, as printed. The unit and the metric are the task's (``TASKS``).
    """

    approach: str
    task: str
    mean: str
    deviation: str

    @property
    def error(self) -> float:
        """The mean."""
        return float(self.mean)

    @property
    def interval(self) -> tuple[float, float]:
        """The least and the greatest value that round to the mean."""
        half = 0.5 * 10.0 ** -decimals(self.mean)
        return self.error - half, self.error + half


def _results() -> dict[tuple[str, str], Result]:
    found = {}
    for head, half in zip(_HEADS, (_UPPER, _LOWER), strict=True):
        for approach, line in half.items():
            for task, entry in zip(head, line.split(), strict=True):
                if entry != "n/a":
                    mean, deviation = entry.split("±")
                    found[approach, task] = Result(approach, task, mean, deviation)
    return {(approach, task): found[approach, task] for approach in APPROACHES for task in TASKS
            if (approach, task) in found}  # fmt: skip


TABLE_2 = _results()
"""(approach, task) -> result. A missing pair was not evaluated (XGBoost on PSICOV did not fit on the GPU)."""

TABLE_3: dict[str, tuple[str, str]] = {
    WRN: ("4.0", "0.0"),
    "DenseNAS original": ("4.0", "2.53"),
    "DenseNAS random": ("4.0", "0.0"),
    "tuned WRN": ("3.5", "0.1"),
    "DARTS GAEA": ("1.5", "14.6"),
    "Auto-DL": ("6.0", "-75.3"),
    "AMBER": ("1.0", "20.0"),
}
"""Approach -> median rank among these seven approaches, and improvement relative to the untuned WRN in percent (paper,
Table 3).
"""
