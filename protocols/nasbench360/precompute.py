"""Score tables of the NAS-Bench-201 cells on five tasks, from the reference data (paper, Section 4.3).

The files are no part of the project. Two of the tasks belong to NAS-Bench-360 and were trained once per cell; the three
vision tasks are those of NAS-Bench-201, trained two or three times.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.scores.metrics import Floats
from protocols.nasbench360.cells import score_table

if TYPE_CHECKING:
    import pandas as pd

VISION_FILE, OWN_FILE = "nas/nasbench201.parquet", "nas/nasbench360_nb201.parquet"
LATENCY = "latency_ms_pi5_onnx_{}"
"""The column of a task's latencies, by that of its scores."""
DATA: dict[str, tuple[str, ...]] = {
    VISION_FILE: ("architecture", "dataset", "valid_acc_200_seed0", "test_acc_200", "valid_acc_12"),
    OWN_FILE: ("architecture", "ninapro", "darcy", LATENCY.format("ninapro"), LATENCY.format("darcy")),
}
"""File -> the columns needed of it."""


@dataclass(frozen=True)
class Source:
    """Where a task's scores are: the file, the column, and of a file of several data sets the one; times ``scale``.

    ``shown``: the column that a search method is told of, where it is not the one that cells are judged by; ``short``:
    the one that it is told of trainings of 12 epochs.
    """

    title: str
    file: str
    column: str
    dataset: str = ""
    scale: float = 1.0
    shown: str = ""
    short: str = ""


VISION = tuple(
    Source(title, VISION_FILE, "test_acc_200", dataset, shown="valid_acc_200_seed0", short="valid_acc_12")
    for title, dataset in (("CIFAR-10", "cifar10"), ("CIFAR-100", "cifar100"), ("ImageNet16-120", "imagenet16-120"))
)
"""Judged by the mean test accuracy (%) after 200 epochs; searched by the validation accuracy of the first training."""
OWN = (Source("NinaPro", OWN_FILE, "ninapro"), Source("Darcy Flow", OWN_FILE, "darcy", scale=100.0))
"""NinaPro's accuracy (%) and Darcy Flow's score, higher is better, times 100: one value to search and to judge by."""
CIFAR100 = "CIFAR-100"


def read(source: Source, data: Mapping[str, pd.DataFrame], column: str = "") -> Floats:
    """The score table of a task, or of another ``column`` of it. UsageError if cells are missing or there twice."""
    frame = data[source.file]
    if source.dataset:
        frame = frame[frame["dataset"] == source.dataset]
    try:
        return score_table(frame["architecture"], source.scale * frame[column or source.column].to_numpy(float))
    except UsageError as error:
        raise UsageError(f"{source.file}, {source.title}: {error}") from None


def available(data: Mapping[str, pd.DataFrame]) -> tuple[Source, ...]:
    """The tasks whose file is there, vision first."""
    return tuple(source for source in (*VISION, *OWN) if source.file in data)
