"""The benchmark harness: spaces, surrogates, a simulated clock, runs, records, scores.

>>> import harness
>>> results = harness.run(task="cifar10", setting="mf", method="hyperband", seeds=10)
>>> results.trajectory()                                       # a DataFrame
>>> harness.load_surrogates("lite-1").predict("cifar10", frame, metrics=["valid-acc"])
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.benchmark.handover import ObjectiveFunction
    from harness.benchmark.method import Capabilities, Objective, Observation, Problem, Proposal
    from harness.errors import BudgetExhausted, HarnessError
    from harness.registry import load_surrogates
    from harness.reports.plots import draw
    from harness.runs.api import leaderboards, run
    from harness.runs.driven import objective
    from harness.runs.results import Results, load_results
    from harness.sources.models.surrogates import SurrogateSet
    from harness.sources.shelf import available_sets

_HOMES = {
    "runs.api": ("leaderboards", "run"),
    "errors": ("BudgetExhausted", "HarnessError"),
    "benchmark.handover": ("ObjectiveFunction",),
    "benchmark.method": ("Capabilities", "Objective", "Observation", "Problem", "Proposal"),
    "reports.plots": ("draw",),
    "runs.driven": ("objective",),
    "runs.results": ("Results", "load_results"),
    "registry": ("load_surrogates",),
    "sources.models.surrogates": ("SurrogateSet",),
    "sources.shelf": ("available_sets",),
}

__all__ = [
    "BudgetExhausted",
    "Capabilities",
    "HarnessError",
    "Objective",
    "ObjectiveFunction",
    "Observation",
    "Problem",
    "Proposal",
    "Results",
    "SurrogateSet",
    "available_sets",
    "draw",
    "leaderboards",
    "load_results",
    "load_surrogates",
    "objective",
    "run",
]


def __getattr__(name: str) -> Any:
    """Imports on first use, so that the command line starts quickly."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"harness.{home}"), name)
    raise AttributeError(f"module 'harness' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
