"""Bayesian optimisation that weighs the cost of an evaluation: expected improvement per unit cost (Snoek et al.,
NeurIPS 2012, Section 3.2), and CArBO's cost cooling and cheap initial design (Lee et al., arXiv:2003.10870).
"""

from __future__ import annotations

import numpy as np

from harness.benchmark.method import Observation, Problem
from harness.benchmark.space import Configuration
from optimizers.gaussian_process.budgeted import BudgetedSearcher, Thrift
from optimizers.gaussian_process.searcher import Options


class CostAwareBO:
    """A Gaussian process (Matérn-5/2) per loss at full fidelity. The next configuration maximises expected improvement
    (of the hypervolume, if there are two losses), divided by a power of the predicted cost.

    ``weight``: the power of the cost: "unit" is 1, "cooled" is the budget left as a share of the budget after the
    initial design, "blind" is 0. ``design``: the initial configurations: "random", or "cheap" for cheap ones far from
    each other. ``share``: the share of the budget for the initial design. ``fantasies``, ``candidates``, ``restarts``,
    ``refit_until``, ``refit_every``, ``max_data``, ``targets``: as in ``AsyncBO``.
    """

    def __init__(
        self, problem: Problem, seed: int, *, weight: str = "cooled", design: str = "cheap", share: float = 0.125,
        fantasies: int = 10, candidates: int = 300, restarts: int = 0, refit_until: int = 20,
        refit_every: int | None = 5, max_data: int = 100, targets: str = "log",
    ) -> None:  # fmt: skip
        self._searcher = BudgetedSearcher(
            problem, np.random.default_rng(seed), (refit_until, refit_every),
            Options(1, fantasies, candidates, restarts, max_data, targets), Thrift(weight, design, share),
        )  # fmt: skip

    def ask(self) -> Configuration:
        """The next configuration."""
        configuration = self._searcher.suggest()
        self._searcher.start(configuration)
        return configuration

    def tell(self, observation: Observation) -> None:
        """Adds losses and cost to the models' data."""
        self._searcher.finish(observation)
