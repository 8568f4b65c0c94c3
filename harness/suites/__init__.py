"""Suites whose answers are looked up in a table of trainings that were really made, instead of predicted by surrogates.

Terms
-----
entry     a configuration of the table, under its *key*: an integer that the configuration determines.
trial     one of the repeated trainings of an entry at one fidelity; a query draws one of them at random.
invalid   a configuration without an entry: no network can be trained of it.
report    the metric of which the score is made and which is never told to a method: the mean over an entry's trials.

``tables`` looks up, ``making`` checks and writes, ``regret``, ``volume`` and ``rescoring`` score, ``boards`` makes
leaderboards; ``declaration``, ``trainings`` and ``declared`` turn a user's parquet and TOML into a suite, ``own`` a
user's module, for which these names are public:

>>> from harness.suites import Goal, Plan, Radix, Trainings, leaderboards
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.benchmark.goals import Goal
    from harness.sources.tables.keys import Radix
    from harness.sources.tables.making import Plan, Trainings
    from harness.suites.boards import leaderboards

_HOMES = {
    "Goal": "harness.benchmark.goals",
    "Plan": "harness.sources.tables.making",
    "Radix": "harness.sources.tables.keys",
    "Trainings": "harness.sources.tables.making",
    "leaderboards": "harness.suites.boards",
}

__all__ = ["Goal", "Plan", "Radix", "Trainings", "leaderboards"]


def __getattr__(name: str) -> Any:
    """Imported on first use: most commands need no table."""
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
