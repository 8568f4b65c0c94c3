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
    """A Gaussian process (Matérn-5/2, a length scale per column) and expected improvement, averaged over fantasies of
    what is pending.

    ``initial``: random configurations until so many evaluations have ended; default: the number of parameters.
    ``fantasies``: joint draws of the pending outcomes. ``candidates``: random ones per suggestion. ``restarts``: of
    a fit, besides the last optimum. ``refit_until``, ``refit_every``: fit at every update up to so many observations,
    then at every so-manieth (None: whenever there is a new observation). ``max_data``: observations that the model is
    given at most. ``targets``: "log" or "plain", see ``data.scaled``.
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
        """Files the loss."""
        self._searcher.finish(observation.configuration, 0, observation.losses[0])
