"""Suites of users, and suites whose source is a table: a query is answered with a real training, not a prediction.

Terms
-----
entry     a configuration of the table, under its *key*: an integer that the configuration determines.
trial     one of the repeated trainings of an entry at one fidelity; a query draws one of them at random.
invalid   a configuration without an entry: no network can be trained with it.
report    the metric that the score is computed from: a mean over an entry's trials, which methods are never told.

``declaration``, ``trainings`` and ``declared`` turn a user's parquet and TOML into a suite, ``own`` a user's module,
``boards`` makes leaderboards and suites for tables, ``publication`` describes what the authors of a suite published,
``readers`` finds the reader of a file. A user's module may import these names:

>>> from harness.suites import Goal, Plan, Protocol, Radix, Suite, Trainings, leaderboards, table_suite
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.benchmark.goals import Goal
    from harness.benchmark.suite import Protocol, Suite
    from harness.sources.tables.keys import Radix
    from harness.sources.tables.plan import Plan, Trainings
    from harness.suites.boards import leaderboards, table_suite

_HOMES = {
    "Goal": "harness.benchmark.goals",
    "Plan": "harness.sources.tables.plan",
    "Protocol": "harness.benchmark.suite",
    "Radix": "harness.sources.tables.keys",
    "Suite": "harness.benchmark.suite",
    "Trainings": "harness.sources.tables.plan",
    "leaderboards": "harness.suites.boards",
    "table_suite": "harness.suites.boards",
}

__all__ = ["Goal", "Plan", "Protocol", "Radix", "Suite", "Trainings", "leaderboards", "table_suite"]


def __getattr__(name: str) -> Any:
    """Imported on first use: most commands need no table."""
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
