"""Regularized (aging) evolution (Real et al., AAAI 2019, Algorithm 1), always at full fidelity.

The *population* holds the latest finished evaluations; the oldest leaves when a new one joins, however good it is.
Each child is a mutated copy of the best of a random *sample* of the population.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from harness.benchmark.method import Observation, Problem
from harness.benchmark.space import Configuration
from optimizers.moves import mutate, mutate_several
from optimizers.pareto import best_first


class RegularizedEvolution:
    """Aging evolution, asynchronous when several evaluations are pending.

    With two objectives, the best of a sample is the first by non-dominated front and crowding distance (no
    scalarisation). ``population``, ``sample``: the sizes of the population and of the sample, which is drawn with
    replacement. The defaults are from NAS-Bench-201 (Dong and Yang, ICLR 2020): with the paper's 100 and 25, a budget
    of 100 evaluations would be random search alone.
    ``sigma``: standard deviation of a continuous parameter's Gaussian step, as a fraction of its (logarithmic) range.
    ``mutation``: mean number of changed parameters in a child, at least one, each with the same probability (the
    mutation rate of NAS-Bench-101, Ying et al., ICML 2019, Figure 8); None changes exactly one.
    ``aging``: True removes the oldest member of the population, False the worst. False is the non-regularized evolution
    of NAS-Bench-101 (Section 4.2).
    """

    def __init__(
        self, problem: Problem, seed: int, *, population: int = 10, sample: int = 3, sigma: float = 0.2,
        mutation: float | None = None, aging: bool = True,
    ) -> None:  # fmt: skip
        if population < 1:
            raise ValueError(f"population = {population} must be at least 1")
        if not 1 <= sample <= population:
            raise ValueError(f"sample = {sample} must be between 1 and the population's size, {population}")
        if not 0 < sigma <= 1:
            raise ValueError(f"sigma = {sigma} must be above 0 and at most 1")
        if mutation is not None and not 0 < mutation <= max(1, len(problem.space.movable)):
            raise ValueError(
                f"mutation = {mutation} must be above 0 and at most the number of parameters, "
                f"{len(problem.space.movable)}"
            )
        self._space = problem.space
        self._rng = np.random.default_rng(seed)
        self._to_start = population
        self._sample = sample
        self._sigma = sigma
        self._mutation = mutation
        self._aging = aging
        self._size = population
        self._population: deque[tuple[Configuration, tuple[float, ...]]] = deque()

    def ask(self) -> Configuration:
        """A random configuration until as many are proposed as the population holds, then a child."""
        if self._to_start or not self._population:
            self._to_start = max(self._to_start - 1, 0)
            return self._space.sample(self._rng)
        drawn = [self._population[i] for i in self._rng.integers(len(self._population), size=self._sample).tolist()]
        parent, _ = drawn[best_first([losses for _, losses in drawn])[0]]
        if self._mutation is None:
            return mutate(self._space, parent, self._sigma, self._rng)
        return mutate_several(self._space, parent, self._mutation, self._sigma, self._rng)

    def tell(self, observation: Observation) -> None:
        """Adds the evaluation to the population. If the population is too large, the oldest leaves; without aging the
        worst leaves, and of several equally bad members the youngest.
        """
        self._population.append((observation.configuration, observation.losses))
        if len(self._population) > self._size:
            leaving = 0 if self._aging else best_first([losses for _, losses in self._population])[-1]
            del self._population[leaving]
