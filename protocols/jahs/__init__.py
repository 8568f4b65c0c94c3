"""JAHS-Bench-201: three tasks, one or two objectives, four settings; 24 leaderboards (paper, Section 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.benchmark.leaderboard import Protocol
from protocols.jahs import asynchronous
from protocols.jahs.leaderboards import LEADERBOARDS, OBJECTIVES, SETTINGS, TASKS
from protocols.jahs.rescoring import rescore
from protocols.jahs.space import DERIVED_SPACES, FIDELITIES, FULL, SPACE

if TYPE_CHECKING:
    from protocols.jahs.studies import STUDIES

DEFAULT_SURROGATES = "lite-1"
RULES = "1.0"
"""Version of the rules in ``protocols/README.md``; entries made under the same major.minor are comparable."""

PROTOCOLS = {
    "leaderboards": Protocol(
        "leaderboards", "the 24 leaderboards: one worker, 100 mean full evaluations", LEADERBOARDS
    ),
    **asynchronous.PROTOCOLS,
}

__all__ = [
    "DEFAULT_SURROGATES",
    "DERIVED_SPACES",
    "FIDELITIES",
    "FULL",
    "LEADERBOARDS",
    "OBJECTIVES",
    "PROTOCOLS",
    "RULES",
    "SETTINGS",
    "SPACE",
    "STUDIES",
    "TASKS",
    "rescore",
]


def __getattr__(name: str) -> Any:
    """``STUDIES`` is imported on first use: most commands need none."""
    if name == "STUDIES":
        from protocols.jahs.studies import STUDIES

        return STUDIES
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
