"""Nevergrad (Rapin and Teytaud, 2018): optimizers of its registry, driven through their ask and tell.

The library's optimizers are told the number of evaluations in the budget and the number of workers. Here the former is
the number of mean full evaluations.
"""

from __future__ import annotations

import math
from typing import Any

from harness.benchmark.method import Observation, Problem
from harness.benchmark.space import Configuration
from optimizers.fence import Fence
from optimizers.pending import Pending

with Fence(0).own():
    import nevergrad
    from numpy.random import RandomState


class _Nevergrad:
    """One optimizer of the library. ``optimizer``: its name in the library's registry."""

    optimizer: str

    def __init__(self, problem: Problem, seed: int) -> None:
        self._space, self._fence = problem.space, Fence(seed)
        self._pending: Pending[Any] = Pending(problem.space)
        with self._fence.own():
            searched = problem.space.to_nevergrad()
            searched.random_state = RandomState(seed)
            self._library = nevergrad.optimizers.registry[self.optimizer](
                searched, budget=max(1, round(problem.budget / problem.full_cost)), num_workers=problem.workers
            )

    def ask(self) -> Configuration:
        """The library's next suggestion."""
        with self._fence.own():
            candidate = self._library.ask()
            configuration = self._space.from_nevergrad(candidate.value)
        self._pending.add(configuration, candidate)
        return configuration

    def tell(self, observation: Observation) -> None:
        """Gives the loss to the optimizer."""
        loss = observation.losses[0]
        with self._fence.own():
            self._library.tell(self._pending.take(observation.configuration), math.inf if math.isnan(loss) else loss)


class NGOpt(_Nevergrad):
    """``NGOpt``: the library's own choice of an algorithm, by the space, the budget and the number of workers."""

    optimizer = "NGOpt"


class DiscreteLengler(_Nevergrad):
    """``DiscreteLenglerOnePlusOne``: a (1+1) evolution strategy whose mutation rate falls with time (Einarsson et al.,
    GECCO 2018).
    """

    optimizer = "DiscreteLenglerOnePlusOne"
