"""The official package's constants that describe the design space."""

from __future__ import annotations

import enum
from typing import Any

from protocols.jahs.leaderboards import TASKS
from protocols.jahs.space import FIDELITIES, SPACE

datasets = list(TASKS)
fidelity_types = {name: type(FIDELITIES[name].choices[0]) for name in ("N", "W", "Resolution")}  # type: ignore[union-attr]
fidelity_params = tuple(fidelity_types)

OP_NAMES = ["Identity", "Zero", "ConvBN3x3", "ConvBN1x1", "AvgPool1x1"]
"""Names of the operations 0 to 4."""
EDGE_LIST = ((1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4))
"""The edges of ``Op1`` to ``Op6``."""

Activations: Any = enum.Enum("Activations", list(SPACE["Activation"].choices))  # type: ignore[misc]

ops_to_nb201 = dict(
    zip(OP_NAMES, ("skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3"), strict=True)
)
"""An operation -> its name in NAS-Bench-201."""
nb201_to_ops = {theirs: ours for ours, theirs in ops_to_nb201.items()}
