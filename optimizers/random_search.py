"""Random search: uniform random configurations, always at full fidelity (Bergstra and Bengio, 2012)."""

from __future__ import annotations

import numpy as np

from harness.benchmark.method import Observation, Problem
from harness.benchmark.space import Configuration


class RandomSearch:
    """Draws every configuration independently and learns nothing."""

    def __init__(self, problem: Problem, seed: int) -> None:
        self._samples = problem.space.samples(np.random.default_rng(seed))

    def ask(self) -> Configuration:
        """A new random configuration."""
        return next(self._samples)

    def tell(self, observation: Observation) -> None:
        """Nothing to learn."""
