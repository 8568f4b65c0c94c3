"""The parts of a leaderboard: a problem, a setting, a price, and the score of a run.

The leaderboards themselves are data in the ``protocols`` package.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from harness.base.escape import shown
from harness.benchmark.method import Objective
from harness.benchmark.parameters import is_finite
from harness.benchmark.source import Source
from harness.benchmark.space import Space
from harness.errors import SuiteError

MAX_EVALUATIONS = 1_000_000
"""Evaluations of a run, invalid ones included: with the last the run asks no more, and ends when all have ended."""


@dataclass(frozen=True)
class Setting:
    """A method's freedom and knowledge in a run.

    ``axes``: how many fidelity axes the method may vary ("none", "one", "all"); ``tells_cost``: whether it is told the
    charge of an evaluation.
    """

    name: str
    axes: str
    tells_cost: bool


@dataclass(frozen=True)
class Score:
    """How evaluations become a number over time.

    ``function(columns, leaderboard, constants)`` maps the counted evaluations of one run, arrays of equal length in the
    order in which they ended, to values after each evaluation: the score under the name ``value``, and its companions,
    such as ``test_error``. ``start(leaderboard, constants)`` gives the values before the first evaluation, under the
    same names. ``constants``: the result of ``Leaderboard.constants``; ``extra(source, leaderboard)``: numbers of the
    source that the score needs besides the source's own constants; ``companions``: names of the companions;
    ``digits``: the decimals that tables show; ``quartiles``: whether tables show median and quartiles over seeds beside
    the mean.
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
    """One task, objective and setting under one protocol.

    ``metrics``: the metrics that are recorded of an evaluation; ``price``: the metric that is an evaluation's cost in
    simulated seconds; ``continues``: the fidelity axis along which training resumes from a checkpoint, None if every
    fidelity is a training of its own; ``budget``: the simulated time of a run, in mean full evaluations; ``seeds``: the
    number of seeds of a complete entry; ``floor``: the smallest charge, as a fraction of the mean price of a full
    evaluation (0.18 s of 175,571 s on CIFAR-10); ``facts``: data of the task that the score needs; ``workers``: the
    number of simulated workers; ``place``: the beginning of the leaderboard's id, empty for the leaderboards of the
    default suite's first protocol; ``failure``: the metrics that are recorded of an *invalid* configuration, with which
    no network can be trained and which costs nothing. ``failure`` is empty if every configuration of the space is
    valid. SuiteError names a number that no leaderboard can have.
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

    def __post_init__(self) -> None:
        budget = is_finite(self.budget) and 0 < self.budget <= MAX_EVALUATIONS
        floor = is_finite(self.floor) and 0 < self.floor <= 1
        wrong = [
            (name, right) for name, right, fits in (
                ("budget", f"a number above 0, of at most {MAX_EVALUATIONS:,} mean full evaluations", budget),
                ("seeds", "a whole number of at least 1", _counts(self.seeds)),
                ("workers", "a whole number of at least 1", _counts(self.workers)),
                ("floor", "a fraction above 0", floor),
            ) if not fits
        ]  # fmt: skip
        for name, right in wrong:
            raise SuiteError(f"leaderboard {self.id}: {name} = {shown(getattr(self, name))} must be {right}")

    @property
    def under(self) -> str:
        """The protocol's part of the id, such as ``async-w8``; empty for the suite's first protocol."""
        return self.place.removeprefix(self.suite).strip("/")

    @property
    def axis(self) -> str:
        """The fidelity axis that setting mf varies by default."""
        return self.continues or next(iter(self.fidelities), "")

    @property
    def id(self) -> str:
        """For example ``cifar10/single/mf`` or ``async-w8/cifar10/single/mf``."""
        rest = f"{self.task}/{self.objective}/{self.setting.name}"
        return f"{self.place}/{rest}" if self.place else rest

    def rises(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
        """Whether fidelity ``after`` is higher than ``before`` on some axis and lower on no axis."""
        steps = [self.fidelities[axis].place(after[axis]) - self.fidelities[axis].place(before[axis])
                 for axis in self.fidelities]  # fmt: skip
        return min(steps) >= 0 and max(steps) > 0

    @property
    def group(self) -> tuple[str, str, str]:
        """Place, objective and setting: equal for leaderboards that differ only in their task."""
        return self.place, self.objective, self.setting.name

    @property
    def title(self) -> str:
        """The task's name for people."""
        return str(self.facts.get("title", self.task))

    @property
    def time_label(self) -> str:
        """The label of an axis of simulated time. On one worker the budget is a number of evaluations."""
        return "Approx. full evaluations" if self.workers == 1 else "Wall-clock time [mean full evaluations]"

    def constants(self, source: Source) -> dict[str, float]:
        """Numbers of the source that a record stores, so that the record can be scored without the source."""
        own = self.score.extra(source, self) if self.score.extra is not None else {}
        return {**source.constants(self.task), **own}


def _counts(value: object) -> bool:
    return type(value) is int and 1 <= value < 2**63
