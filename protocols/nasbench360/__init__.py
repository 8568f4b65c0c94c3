"""NAS-Bench-360: ten diverse tasks, their published results, and two precomputed on the NAS-Bench-201 cells.

Tu, Roberts, Khodak, Shen, Sala, Talwalkar: "NAS-Bench-360: Benchmarking Neural Architecture Search on Diverse Tasks",
NeurIPS 2022 Datasets and Benchmarks. The suite has no leaderboards: it is a task suite with published results
(``paper``), which its study aggregates anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from protocols.nasbench360.tasks import TASKS

if TYPE_CHECKING:
    from harness.leaderboard import Leaderboard, Protocol
    from protocols.nasbench360.studies import STUDIES

DEFAULT_SURROGATES = ""
LEADERBOARDS: dict[str, Leaderboard] = {}
PROTOCOLS: dict[str, Protocol] = {}
DERIVED_SPACES: dict[str, tuple[str, ...]] = {}

__all__ = ["DEFAULT_SURROGATES", "DERIVED_SPACES", "LEADERBOARDS", "PROTOCOLS", "STUDIES", "TASKS"]


def __getattr__(name: str) -> Any:
    """``STUDIES`` is imported on first use: most commands need none."""
    if name == "STUDIES":
        from protocols.nasbench360.studies import STUDIES

        return STUDIES
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
