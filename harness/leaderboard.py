"""What a leaderboard is made of: a problem, a setting, a price, and how runs on it are scored.

This module has the vocabulary; the leaderboards themselves are data in the ``protocols`` package.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.method import Objective
from harness.space import Space

if TYPE_CHECKING:
    from numpy.typing import NDArray


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
    ``test_error``; ``start(leaderboard)`` gives the same names before the first. ``constants`` are the surrogate set's;
    ``digits`` are the decimals that tables show.
    """

    name: str
    label: str
    maximize: bool
    function: Callable[[Mapping[str, NDArray[Any]], Leaderboard, Mapping[str, Any]], dict[str, NDArray[Any]]]
    start: Callable[[Leaderboard], dict[str, float]]
    digits: int = 2


@dataclass(frozen=True)
class Leaderboard:
    """One (task, objective, setting).

    ``metrics``: everything recorded of an evaluation; ``price``: the metric that is its cost in simulated seconds;
    ``continues``: the fidelity axis along which training resumes from a checkpoint; ``budget``: mean full evaluations;
    ``seeds``: how many seeds make an entry complete; ``floor``: the smallest charge, as a fraction of the mean price of
    a full evaluation (0.18 s of 175,571 s on CIFAR-10); ``facts``: task data the score needs.
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
    continues: str = "epoch"
    budget: float = 100.0
    seeds: int = 10
    floor: float = 1e-6
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """For example ``cifar10/single/mf``."""
        return f"{self.task}/{self.objective}/{self.setting.name}"
