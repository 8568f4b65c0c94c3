"""JAHS-Bench-201: three tasks, one or two objectives, four settings; 24 leaderboards (paper, Section 3)."""

from __future__ import annotations

from protocols.jahs.leaderboards import LEADERBOARDS, OBJECTIVES, SETTINGS, TASKS
from protocols.jahs.rescoring import rescore
from protocols.jahs.space import DERIVED_SPACES, FIDELITIES, FULL, SPACE

DEFAULT_SURROGATES = "lite-1"
RULES = "1.0"
"""Version of the rules in ``protocols/README.md``; entries made under the same major.minor are comparable."""

__all__ = [
    "DEFAULT_SURROGATES",
    "DERIVED_SPACES",
    "FIDELITIES",
    "FULL",
    "LEADERBOARDS",
    "OBJECTIVES",
    "RULES",
    "SETTINGS",
    "SPACE",
    "TASKS",
    "rescore",
]
