"""Local search: hill climbing over neighbours with random restarts, always at full fidelity.

As in White et al. (UAI 2021) and den Ottelander et al. (EMO 2021), a *climb* starts at a random configuration, moves to
better neighbours and ends in a local optimum. A neighbour differs in one parameter: it has another category, or a
number one step up or down.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from harness.benchmark.method import Observation, Problem
from harness.benchmark.space import Configuration
from optimizers.moves import neighbours

IMPROVEMENTS = ("first", "best")


class LocalSearch:
    """Hill climbing that tries neighbours in random order. In a local optimum it restarts at a random configuration.

    ``improvement``: ``first`` moves as soon as a neighbour is better, ``best`` evaluates all neighbours and moves to
    the best of them. ``step``: the distance to a continuous neighbour, as a fraction of the (logarithmic) range.

    Two objectives become one weighted sum, as in den Ottelander et al. Each loss is scaled to [0, 1] over the finite
    losses seen so far. The weights are drawn anew for each climb, uniformly on the simplex.
    """

    def __init__(self, problem: Problem, seed: int, *, improvement: str = "first", step: float = 0.1) -> None:
        if improvement not in IMPROVEMENTS:
            raise ValueError(f"improvement = {improvement!r} must be one of {', '.join(IMPROVEMENTS)}")
        if not 0 < step <= 1:
            raise ValueError(f"step = {step} must be above 0 and at most 1")
        self._space = problem.space
        self._rng = np.random.default_rng(seed)
        self._step = step
        self._first = improvement == "first"
        self._low = [math.inf] * len(problem.objectives)
        self._high = [-math.inf] * len(problem.objectives)
        self._best: tuple[Configuration, tuple[float, ...]] | None = None
        self._restart()

    def ask(self) -> Configuration | None:
        """The start of a climb or the next neighbour; None while the last neighbours are pending."""
        if not self._queue:
            return None
        self._pending += 1
        return self._queue.pop()

    def tell(self, observation: Observation) -> None:
        """Moves to a better configuration, or begins a new climb when no neighbour is better."""
        self._pending -= 1
        for i, loss in enumerate(observation.losses):
            if math.isfinite(loss):
                self._low[i], self._high[i] = min(self._low[i], loss), max(self._high[i], loss)
        if self._best is None or self._scalar(observation.losses) < self._scalar(self._best[1]):
            self._best = (observation.configuration, observation.losses)
            self._moved = True
        if self._moved and (self._first or not (self._queue or self._pending)):
            self._look_around(self._best[0])
        if not self._queue and not self._pending:
            self._restart()

    def _restart(self) -> None:
        start = self._space.sample(self._rng)
        self._weights = self._rng.dirichlet(np.ones(len(self._low))).tolist()
        self._seen = {self._key(start)}
        self._queue = [start]
        self._pending = 0
        self._best = None
        self._moved = False

    def _look_around(self, configuration: Configuration) -> None:
        # A configuration that this climb has seen is no better than the climb's present one.
        around = neighbours(self._space, configuration, self._step)
        fresh = [n for n in around if self._key(n) not in self._seen]
        self._seen.update(map(self._key, fresh))
        self._queue = [fresh[i] for i in self._rng.permutation(len(fresh)).tolist()]
        self._moved = False

    def _scalar(self, losses: tuple[float, ...]) -> float:
        if len(losses) == 1:
            return losses[0]
        total = 0.0
        for loss, weight, low, high in zip(losses, self._weights, self._low, self._high, strict=True):
            if not math.isfinite(loss):
                return math.inf
            total += weight * ((loss - low) / (high - low) if high > low else 0.0)
        return total

    def _key(self, configuration: Configuration) -> tuple[Any, ...]:
        return tuple(configuration[name] for name in self._space)
