"""The ask/tell interface between a method and the harness.

A method is any class with ``__init__(problem, seed, **settings)``, ``ask()`` and ``tell(observation)``::

    class MyMethod:
        def __init__(self, problem, seed):
            self.space, self.rng = problem.space, numpy.random.default_rng(seed)
        def ask(self):
            return self.space.sample(self.rng)
        def tell(self, observation):
            ...

``ask`` returns a ``Proposal``, a bare configuration (evaluated at full fidelity), or None for "nothing now". If it
returns None while no evaluation is pending, the run ends. ``tell`` is called once per finished evaluation, in the order
in which evaluations end on the simulated clock. Losses are minimised, whatever the direction of the metric behind them.

A method with a stopping rule may also define ``proceed(observation)`` and declare it
(``Capabilities(proceeds=True)``). It is called right after ``tell``. If it returns a higher fidelity, the trial goes on
at once to this fidelity, on the same worker, and from its checkpoint if the axis has checkpoints. If it returns None,
the trial stops and its worker is free.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from harness.benchmark.space import Configuration, Space


@dataclass(frozen=True)
class Objective:
    """A metric to optimise. The loss that a method is told is the metric, or its negative if it is maximised."""

    metric: str
    maximize: bool

    def loss(self, value: float) -> float:
        """The value to minimise."""
        return -value if self.maximize else value


@dataclass(frozen=True)
class Problem:
    """All that a method is given besides its seed. It never has the task's name or test metrics.

    ``axes``: the fidelity parameters it may vary (none for ``bb`` and ``ca``); ``full``: the full fidelity;
    ``budget``: simulated seconds for the run; ``full_cost``: mean simulated seconds of one full evaluation;
    ``workers``: how many evaluations run at once; ``continuation``: whether raising the fidelity of a trial costs only
    the difference in price.
    """

    space: Space
    objectives: tuple[Objective, ...]
    setting: str
    fidelities: Space
    full: Mapping[str, Any]
    axes: tuple[str, ...]
    budget: float
    full_cost: float
    workers: int = 1
    continuation: bool = True


@dataclass(frozen=True)
class Proposal:
    """A configuration to evaluate. ``fidelity``: the values of the axes that are not at their full value."""

    configuration: Mapping[str, Any]
    fidelity: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Observation:
    """A finished evaluation, as a method is told of it.

    ``losses``: one number per objective, to be minimised; ``cost``: the charged simulated seconds, None if the setting
    does not tell costs; ``trial``: the number of this configuration in the run, the same at every fidelity;
    ``failed``: whether the configuration is invalid. A method is told of an invalid configuration at once and at no
    cost. Its losses are as bad as those of a useless network (accuracy 0), so that methods which read only the losses
    learn to avoid it.
    """

    trial: int
    configuration: Configuration
    fidelity: dict[str, Any]
    losses: tuple[float, ...]
    cost: float | None
    failed: bool = False


@runtime_checkable
class Method(Protocol):
    """An optimizer run: made once per seed."""

    def ask(self) -> Proposal | Mapping[str, Any] | None:
        """The next evaluation, or None for "nothing now"."""

    def tell(self, observation: Observation) -> None:
        """Learn the outcome of a finished evaluation."""


@dataclass(frozen=True)
class Capabilities:
    """The abilities of a method, by which an impossible pairing is refused before it runs.

    ``settings`` and ``objectives``: the names that it supports; ``axis``: "any" if it works on one declared fidelity
    axis, "all" if it varies several at once, None if it only evaluates at full fidelity; ``workers``: the most
    evaluations that it can have pending (None: any number); ``continuation``: whether its trials may continue from a
    checkpoint; ``proceeds``: whether it has ``proceed``, which decides after an evaluation whether the trial goes on.
    """

    settings: tuple[str, ...] = ("bb", "ca", "mf", "multi-mf")
    objectives: tuple[str, ...] = ("single", "multi")
    axis: str | None = None
    workers: int | None = None
    continuation: bool = True
    proceeds: bool = False
