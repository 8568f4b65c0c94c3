"""The design space of JAHS-Bench-201 (paper, Section 2.1 and Table 1), with the official package's names and values.

``Op1``..``Op6`` are the operations on the edges 1->2, 1->3, 1->4, 2->3, 2->4, 3->4 of the NAS-Bench-201 cell:
0 skip-connect, 1 zero, 2 3x3 convolution, 3 1x1 convolution, 4 3x3 average pooling.
"""

from __future__ import annotations

from typing import Any

from harness.benchmark.inputs import columns_of
from harness.benchmark.space import Categorical, Float, Integer, Space

OPERATIONS = tuple(f"Op{edge}" for edge in range(1, 7))
HYPERPARAMETERS = ("LearningRate", "WeightDecay", "Activation", "TrivialAugment")

SPACE = Space(
    (
        Float("LearningRate", 1e-3, 1.0, log=True),
        Float("WeightDecay", 1e-5, 1e-2, log=True),
        Categorical("Activation", ("ReLU", "Hardswish", "Mish")),
        Categorical("TrivialAugment", (True, False)),
        *(Categorical(name, (0, 1, 2, 3, 4)) for name in OPERATIONS),
    ),
    constants={"Optimizer": "SGD"},
)
"""The joint space, ``jahs``."""

FIDELITIES = Space(
    (
        Categorical("N", (1, 3, 5), ordered=True),
        Categorical("W", (4, 8, 16), ordered=True),
        Categorical("Resolution", (0.25, 0.5, 1.0), ordered=True),
        Integer("epoch", 1, 200),
    )
)

FULL: dict[str, Any] = {"N": 5, "W": 16, "Resolution": 1.0, "epoch": 200}
"""The full fidelity."""

DERIVED_SPACES: dict[str, tuple[str, ...]] = {"jahs": (), "hpo": OPERATIONS, "nas": HYPERPARAMETERS}
"""Space name -> parameters fixed at random, once per seed (paper, Section 4)."""


def columns() -> list[dict[str, Any]]:
    """The input columns of a JAHS surrogate set, as its manifest lists them. Fidelities default to the full
    fidelity.
    """
    return [*columns_of(SPACE, FIDELITIES, FULL), {"name": "Optimizer", "levels": ["SGD"], "default": "SGD"}]
