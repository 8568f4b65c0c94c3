"""Asynchronous successive halving and Hyperband, both variants of Klein et al. (arXiv:2003.10865, Section 2).

*Promotion* (ASHA; Li et al., MLSys 2020): an evaluation that reaches a rung is paused there, and its worker is free.
A free worker looks for the highest rung that has a paused configuration in its top 1/η, and promotes the best such
configuration. If there is none, the worker starts a new configuration.
*Stopping*: an evaluation that reaches a rung continues on its worker if its loss is in the top 1/η of the rung, or if
the rung has fewer than η records. Otherwise the evaluation ends.

All brackets share the rungs. So a configuration competes with every configuration that reached the level, also with
those of other brackets. The paper defines it this way: brackets are subsets of one set of rungs, a rung is "the list
of configs (with metric values) which reached this level", and a metric is recorded at the level. The bracket of a
configuration only says at which rungs it is judged. (AutoGluon and Syne Tune offer shared and separate rungs.)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from harness.benchmark.ladder import rungs
from harness.benchmark.method import Observation, Problem, Proposal
from harness.benchmark.space import Configuration, Space
from optimizers.brackets import Rung, bracket_weights
from optimizers.hyperband import promotion_factor

VARIANTS = ("stopping", "promotion")


class Searcher(Protocol):
    """Chooses the configurations to start. Rungs are numbers from 0, the cheapest."""

    def suggest(self) -> Configuration:
        """The next new configuration."""

    def start(self, configuration: Configuration, rung: int) -> None:
        """Notes that an evaluation of the configuration at the rung has started."""

    def finish(self, configuration: Configuration, rung: int, loss: float) -> None:
        """Notes that this evaluation has ended with the loss."""


class Uniform:
    """A searcher that chooses uniformly at random."""

    def __init__(self, space: Space, rng: np.random.Generator) -> None:
        self._space, self._rng = space, rng

    def suggest(self) -> Configuration:
        """A uniform random configuration."""
        return self._space.sample(self._rng)

    def start(self, configuration: Configuration, rung: int) -> None:
        """Nothing to note."""

    def finish(self, configuration: Configuration, rung: int, loss: float) -> None:
        """Nothing to learn."""


class AsyncHyperband:
    """Asynchronous Hyperband over the declared axis, with configurations drawn at random.

    ``variant``: "stopping" or "promotion". ``eta``: one in ``eta`` configurations continues from each rung, and
    neighbouring rungs differ by this factor; defaults as in ``Hyperband``. ``brackets``: the number of brackets,
    counted from the bracket that starts at the cheapest rung; default one per rung, and 1 is successive halving. Each
    new configuration draws its bracket at random with the probabilities P(s) of Appendix A.
    """

    def __init__(
        self, problem: Problem, seed: int, *, variant: str = "stopping", eta: int | None = None,
        brackets: int | None = None,
    ) -> None:  # fmt: skip
        rng = np.random.default_rng(seed)
        self._schedule(problem, variant, eta, brackets, Uniform(problem.space, rng), rng)

    def _schedule(
        self, problem: Problem, variant: str, eta: int | None, brackets: int | None, searcher: Searcher,
        rng: np.random.Generator,
    ) -> None:  # fmt: skip
        factor = promotion_factor(problem, eta)
        self._levels = rungs(problem, eta)
        if variant not in VARIANTS:
            raise ValueError(f"variant = {variant!r} must be one of {', '.join(VARIANTS)}")
        if brackets is not None and not 1 <= brackets <= len(self._levels):
            raise ValueError(f"brackets = {brackets} must be from 1 to {len(self._levels)}, one per rung")
        weights = np.array(bracket_weights(len(self._levels) - 1, factor)[:brackets])
        self._shares = weights / weights.sum()
        self._searcher, self._rng = searcher, rng
        self._promotes = variant == "promotion"
        self._rungs = [Rung(factor) for _ in self._levels]
        self._on: int | None = None

    def ask(self) -> Proposal:
        """Draws a bracket, then promotes a paused configuration or starts a new one at the bracket's first rung."""
        bracket = int(self._rng.choice(len(self._shares), p=self._shares)) if len(self._shares) > 1 else 0
        for rung in reversed(range(bracket, len(self._levels) - 1)):
            promoted = self._rungs[rung].promote()
            if promoted is not None:
                return self._started(promoted, rung + 1, climbing=True)
        return self._started(self._searcher.suggest(), bracket)

    def tell(self, observation: Observation) -> None:
        """Records the loss at its rung, and decides whether the configuration is paused, continues or ends."""
        configuration, loss = observation.configuration, observation.losses[0]
        number = self._levels.index({axis: observation.fidelity[axis] for axis in self._levels[0]})
        self._searcher.finish(configuration, number, loss)
        self._judge(configuration, number, loss)

    def _judge(self, configuration: Configuration, number: int, loss: float) -> None:
        self._on = None
        if number == len(self._levels) - 1:
            return
        rung = self._rungs[number]
        record = rung.record(loss)
        if self._promotes:
            rung.pause(record, configuration)
        elif rung.short or rung.continues(record):
            self._on = number + 1

    def proceed(self, observation: Observation) -> Mapping[str, Any] | None:
        """The fidelity of the next rung if the evaluation just told continues, else None. Always None for promotion."""
        if self._on is None:
            return None
        return self._started(observation.configuration, self._on, climbing=True).fidelity

    def _started(self, configuration: Configuration, rung: int, climbing: bool = False) -> Proposal:  # noqa: ARG002
        """An evaluation at a rung. ``climbing``: whether the configuration was evaluated at the rung below."""
        self._searcher.start(configuration, rung)
        return Proposal(configuration, self._levels[rung])


class ASHA(AsyncHyperband):
    """The promotion variant, by default with one bracket; ``eta`` as in ``AsyncHyperband``.

    A trial is paused at every rung, so a promoted trial can also start again from scratch, as in the paper (footnote
    2).
    """

    def __init__(self, problem: Problem, seed: int, *, eta: int | None = None, brackets: int | None = 1) -> None:
        super().__init__(problem, seed, variant="promotion", eta=eta, brackets=brackets)
