"""JAHS-Bench-201: three tasks, one or two objectives, four settings; 24 leaderboards (paper, Section 3)."""

from __future__ import annotations

from harness.benchmark.suite import Protocol, Suite
from protocols.jahs import asynchronous
from protocols.jahs.leaderboards import LEADERBOARDS, OBJECTIVES, SETTINGS, TASKS
from protocols.jahs.rescoring import rescore
from protocols.jahs.space import DERIVED_SPACES, FIDELITIES, FULL, SPACE

SUITE = Suite(
    name="jahs",
    title="JAHS-Bench-201",
    description="three tasks, one or two objectives, four settings; 24 leaderboards (paper, Section 3).",
    tasks=TASKS,
    protocols={
        "leaderboards": Protocol(
            "leaderboards", "the 24 leaderboards: one worker, 100 mean full evaluations", LEADERBOARDS
        ),
        **asynchronous.PROTOCOLS,
    },
    spaces=DERIVED_SPACES,
    rescore=rescore,
    rules="1.0",  # of protocols/README.md; entries made under the same major.minor are comparable
    source="lite-1",
    published="protocols.jahs.published:PUBLISHED",
    studies="protocols.jahs.studies:STUDIES",
    fitting="protocols.jahs.fit:FITTING",
    packages={"jahs_bench": "protocols.jahs.official.modules:STAND_IN"},
)

__all__ = ["DERIVED_SPACES", "FIDELITIES", "FULL", "LEADERBOARDS", "OBJECTIVES", "SETTINGS", "SPACE", "SUITE", "TASKS"]
