"""Goals: what a suite of a table is about, once for its leaderboards and for the table that is made for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.benchmark.method import Objective

MEAN = "mean-{}"
"""The name of the metric that is another's mean over the trials of an entry at one fidelity."""


@dataclass(frozen=True)
class Goal:
    """A metric that methods are ``told`` and optimise, and its ``report``, of which the score is made: the mean of a
    metric over an entry's trials, never told.

    ``reference``: of a second objective's goals, the value from which on an entry is worth something; None for that of
    the table's worst entry.
    """

    told: str
    maximize: bool
    report: str
    reference: float | None = None

    @property
    def objective(self) -> Objective:
        """What a method sees of it."""
        return Objective(self.told, self.maximize)


def failure_name(goals: Sequence[Goal], at: int) -> str:
    """The constant of a table that is the worst told value of a goal anywhere, which stands for an invalid entry."""
    return "failure" if at == 0 else f"failure:{goals[at].told}"
