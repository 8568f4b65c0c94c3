"""JAHS-Bench-201: three tasks, one or two objectives, four settings; 24 leaderboards (paper, Section 3)."""

from __future__ import annotations

from protocols.jahs.leaderboards import LEADERBOARDS, OBJECTIVES, SETTINGS, TASKS
from protocols.jahs.rescoring import rescore
from protocols.jahs.space import DERIVED_SPACES, FIDELITIES, FULL, SPACE

DEFAULT_SURROGATES = "lite-1"

__all__ = [
    "DEFAULT_SURROGATES",
    "DERIVED_SPACES",
    "FIDELITIES",
    "FULL",
    "LEADERBOARDS",
    "OBJECTIVES",
    "SETTINGS",
    "SPACE",
    "TASKS",
    "rescore",
]
