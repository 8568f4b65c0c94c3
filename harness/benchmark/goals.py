"""Goals: the objectives of a suite whose source is a table. Its leaderboards and its table are made from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.benchmark.method import Objective

MEAN = "mean-{}"
"""The name of a metric that is the mean of another metric, over the trials of an entry at one fidelity."""


@dataclass(frozen=True)
class Goal:
    """An objective of a table: a metric that methods optimise, and a metric that the score is computed from.

    ``told``: the metric that methods are told. ``report``: the metric of the score, a mean over the trials of an entry,
    which methods are never told. ``reference``, for suites with two goals: the value of ``report`` at the reference
    point of the hypervolume, so that an entry with a worse value adds nothing to the score; None stands for the value
    of the table's worst entry.
    """

    told: str
    maximize: bool
    report: str
    reference: float | None = None

    @property
    def objective(self) -> Objective:
        """The objective as a method sees it."""
        return Objective(self.told, self.maximize)


def failure_name(goals: Sequence[Goal], at: int) -> str:
    """The name of a constant: the worst told value in the table, which invalid configurations get."""
    return "failure" if at == 0 else f"failure:{goals[at].told}"
