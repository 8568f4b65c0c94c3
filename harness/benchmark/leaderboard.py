"""What a leaderboard is made of: a problem, a setting, a price, and how runs on it are scored.

This module has the vocabulary; the leaderboards themselves are data in the ``protocols`` package.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from harness.benchmark.method import Objective
from harness.benchmark.source import Source
from harness.benchmark.space import Space

MAX_EVALUATIONS = 1_000_000
"""Evaluations of a run, invalid ones included: with the last the run asks no more, and ends when all have ended."""


@dataclass(frozen=True)
class Setting:
    """What a method may ask and is told: ``axes`` is how many fidelity axes it may vary ("none", "one", "all")."""

    name: str
    axes: str
    tells_cost: bool


@dataclass(frozen=True)
class Score:
    """How evaluations become a number over time.

    ``function(columns, leaderboard, constants)`` maps the counted evaluations of one run, arrays of equal length in the
    order in which they ended, to the running values after each of them: ``value`` and companions such as
    ``test_error``; ``start(leaderboard, constants)`` gives the same names before the first. ``constants`` are those of
    ``Leaderboard.constants``; ``extra(source, leaderboard)`` gives the numbers that the score needs of a source besides
    the constants frozen with it. ``companions``: names of the companions; ``digits``: the decimals that tables show;
    ``quartiles``: whether median and quartiles over seeds are shown beside the mean.
    """

    name: str
    label: str
    maximize: bool
    function: Callable[[Mapping[str, NDArray[Any]], Leaderboard, Mapping[str, Any]], dict[str, NDArray[Any]]]
    start: Callable[[Leaderboard, Mapping[str, Any]], dict[str, float]]
    companions: tuple[str, ...] = ()
    digits: int = 2
    quartiles: bool = False
    extra: Callable[[Source, Leaderboard], dict[str, float]] | None = None


@dataclass(frozen=True)
class Leaderboard:
    """One (task, objective, setting) under one protocol.

    ``metrics``: everything recorded of an evaluation; ``price``: the metric that is its cost in simulated seconds;
    ``continues``: the fidelity axis along which training resumes from a checkpoint, None where every fidelity is a
    training of its own; ``budget``: simulated time of a run in mean full evaluations; ``seeds``: how many seeds make an
    entry complete; ``floor``: the smallest charge, as a fraction of the mean price of a full evaluation (0.18 s of
    175,571 s on CIFAR-10); ``facts``: task data the score needs; ``workers``: simulated workers; ``place``: what stands
    before the rest in its id, empty for the leaderboards of the default suite's own protocol; ``failure``: every metric
    as recorded of an *invalid* configuration, one that no network can be trained of, which costs nothing; empty where
    there is none in the space.
    """

    suite: str
    task: str
    objective: str
    setting: Setting
    space: Space
    fidelities: Space
    full: Mapping[str, Any]
    objectives: tuple[Objective, ...]
    metrics: tuple[str, ...]
    score: Score
    price: str = "runtime"
    continues: str | None = "epoch"
    budget: float = 100.0
    seeds: int = 10
    floor: float = 1e-6
    facts: Mapping[str, Any] = field(default_factory=dict)
    workers: int = 1
    place: str = ""
    failure: Mapping[str, float] = field(default_factory=dict)

    @property
    def under(self) -> str:
        """What its id says of its protocol, such as ``async-w8``; empty for the suite's own leaderboards."""
        return self.place.removeprefix(self.suite).strip("/")

    @property
    def axis(self) -> str:
        """The fidelity axis of setting mf where none is declared."""
        return self.continues or next(iter(self.fidelities), "")

    @property
    def id(self) -> str:
        """For example ``cifar10/single/mf`` or ``async-w8/cifar10/single/mf``."""
        rest = f"{self.task}/{self.objective}/{self.setting.name}"
        return f"{self.place}/{rest}" if self.place else rest

    def rises(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
        """Whether the second fidelity is higher than the first: on some axis, and lower on none."""
        steps = [self.fidelities[axis].place(after[axis]) - self.fidelities[axis].place(before[axis])
                 for axis in self.fidelities]  # fmt: skip
        return min(steps) >= 0 and max(steps) > 0

    @property
    def group(self) -> tuple[str, str, str]:
        """What leaderboards that differ in their task alone have in common: place, objective, setting."""
        return self.place, self.objective, self.setting.name

    @property
    def title(self) -> str:
        """The task's name for people."""
        return str(self.facts.get("title", self.task))

    @property
    def time_label(self) -> str:
        """What an axis of simulated time says; on one worker the budget is a number of evaluations."""
        return "Approx. full evaluations" if self.workers == 1 else "Wall-clock time [mean full evaluations]"

    def constants(self, source: Source) -> dict[str, float]:
        """The numbers that a record keeps of its source, so that it can be scored without the source."""
        own = self.score.extra(source, self) if self.score.extra is not None else {}
        return {**source.constants(self.task), **own}
