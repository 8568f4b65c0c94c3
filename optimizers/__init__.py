"""Methods: one file per library or algorithm, all behind the ask/tell interface of ``harness.method``.

``METHODS`` is the registry. Entries name their class lazily, so that listing them imports no optimizer library. Their
order fixes a method's colour in every plot: append new ones.
"""

from __future__ import annotations

from harness.method import Capabilities
from harness.registry import MethodEntry

METHODS = {
    entry.name: entry
    for entry in (
        MethodEntry(
            "random-search",
            "optimizers.random_search:RandomSearch",
            Capabilities(),
            "uniform random configurations at full fidelity",
        ),
        MethodEntry(
            "hyperband",
            "optimizers.hyperband:Hyperband",
            Capabilities(settings=("mf",), axis="any"),
            "Hyperband over the declared fidelity axis (default: epoch)",
        ),
        MethodEntry(
            "hyperband-diagonal",
            "optimizers.hyperband:Hyperband",
            Capabilities(settings=("multi-mf",), axis="all"),
            "Hyperband along the diagonal of the fidelity space",
        ),
    )
}

DEFAULTS = {"bb": "random-search", "ca": "random-search", "mf": "hyperband", "multi-mf": "hyperband-diagonal"}
"""Setting -> the method run when none is named."""
