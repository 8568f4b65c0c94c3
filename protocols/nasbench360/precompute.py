"""Score tables of the NAS-Bench-201 cells on five tasks, from the reference data (paper, Section 4.3).

The files are not part of the project. Two tasks are from NAS-Bench-360, with one training per cell. The three vision
tasks are from NAS-Bench-201, with two or three trainings per cell.
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
"""Column of a task's scores -> column of its latencies."""
DATA: dict[str, tuple[str, ...]] = {
    VISION_FILE: ("architecture", "dataset", "valid_acc_200_seed0", "test_acc_200", "valid_acc_12"),
    OWN_FILE: ("architecture", "ninapro", "darcy", LATENCY.format("ninapro"), LATENCY.format("darcy")),
}
"""File -> the columns that are read from it."""


@dataclass(frozen=True)
class Source:
    """The place of a task's scores: the file, the column, and the data set if the file has several. Scores are
    multiplied by ``scale``.

    ``shown``: the column of the scores that a search method is told, if it differs from the column that cells are
    judged by. ``short``: the column of the scores that it is told for trainings of 12 epochs.
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
"""NinaPro's accuracy (%) and Darcy Flow's score times 100, higher is better. The same value is told and judged."""
CIFAR100 = "CIFAR-100"


def read(source: Source, data: Mapping[str, pd.DataFrame], column: str = "") -> Floats:
    """The table of a task's scores, or of another ``column``. UsageError if a cell is missing or is there twice."""
    frame = data[source.file]
    if source.dataset:
        frame = frame[frame["dataset"] == source.dataset]
    try:
        return score_table(frame["architecture"], source.scale * frame[column or source.column].to_numpy(float))
    except UsageError as error:
        raise UsageError(f"{source.file}, {source.title}: {error}") from None


def available(data: Mapping[str, pd.DataFrame]) -> tuple[Source, ...]:
    """The tasks whose file exists, the vision tasks first."""
    return tuple(source for source in (*VISION, *OWN) if source.file in data)
