"""A plan of a table: its columns, goals and trainings. Suites make it, ``making`` checks and writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.benchmark.goals import Goal


@dataclass(frozen=True)
class Trainings:
    """The trainings of one task.

    ``keys``: int64 (n,), the keys of the entries, in any order; ``metrics``: name -> float64 (n, fidelities, trials),
    NaN where there is no such training; ``means``: metrics whose mean over the trials becomes a further metric;
    ``cards``: metric -> facts about it.
    """

    keys: NDArray[np.int64]
    metrics: Mapping[str, NDArray[np.float64]]
    means: Sequence[str] = ()
    cards: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """A table to be written.

    ``columns``: parameters and fidelities as in ``SetWriter``, all with levels; ``full``: the full fidelity; ``price``:
    the metric that is an evaluation's cost in seconds; ``goals``: one or two, whose reports have the same value in all
    trials of an entry; ``tasks``: name -> trainings; ``about``: facts for readers; ``more``: further entries of the
    manifest; ``name_of``: from an entry's key to its name in messages; ``files``: further files of the source, by name;
    ``lacks``: a text for the card that says which entries of the published table are missing.
    """

    suite: str
    columns: list[dict[str, Any]]
    full: Mapping[str, Any]
    price: str
    goals: Sequence[Goal]
    tasks: Mapping[str, Trainings]
    about: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    name_of: Callable[[int], str] = str
    files: Mapping[str, bytes] = field(default_factory=dict)
    lacks: str = ""
