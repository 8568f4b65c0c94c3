"""Asynchronous Bayesian optimisation at full fidelity (A-BO; Snoek et al., NeurIPS 2012)."""

from __future__ import annotations

import numpy as np

from harness.benchmark.method import Observation, Problem
from harness.benchmark.space import Configuration
from optimizers.gaussian_process.encoding import Encoder
from optimizers.gaussian_process.matern import Matern
from optimizers.gaussian_process.refits import Refits
from optimizers.gaussian_process.searcher import Options, Searcher


class AsyncBO:
    """A Gaussian process (Matérn-5/2, a length scale per column) with expected improvement, averaged over fantasies of
    the pending evaluations.

    ``initial``: configurations are random until this number of evaluations has ended; default: the number of
    parameters. ``fantasies``: number of joint draws of the pending outcomes. ``candidates``: number of random
    configurations that are scored for a suggestion. ``restarts``: number of random starts of a fit, besides the last
    optimum. ``refit_until``: up to this number of observations, hyperparameters are fitted at every update.
    ``refit_every``: after that, they are fitted at every n-th update (None: whenever there is a new observation).
    ``max_data``: the largest number of observations given to the model. ``targets``: "log" or "plain", see
    ``data.scaled``.
    """

    def __init__(
        self, problem: Problem, seed: int, *, initial: int | None = None, fantasies: int = 20, candidates: int = 1000,
        restarts: int = 1, refit_until: int = 50, refit_every: int | None = None, max_data: int = 200,
        targets: str = "log",
    ) -> None:  # fmt: skip
        dimensions = len(problem.space)
        enough = max(dimensions, 1) if initial is None else initial
        self._searcher = Searcher(
            problem.space, np.random.default_rng(seed), Matern(Encoder(problem.space).columns, dimensions), None,
            Refits(refit_until, refit_every), Options(enough, fantasies, candidates, restarts, max_data, targets),
        )  # fmt: skip

    def ask(self) -> Configuration:
        """The next configuration."""
        configuration = self._searcher.suggest()
        self._searcher.start(configuration, 0)
        return configuration

    def tell(self, observation: Observation) -> None:
        """Adds the loss to the model's data."""
        self._searcher.finish(observation.configuration, 0, observation.losses[0])
