"""A Gaussian process that follows the data of a search: fitted again when a fit is due, with fantasies of the pending
evaluations.
"""

from __future__ import annotations

import numpy as np

from optimizers.gaussian_process.hyperparameters import Array, Model
from optimizers.gaussian_process.likelihood import fit
from optimizers.gaussian_process.posterior import Posterior
from optimizers.gaussian_process.refits import Refits


class Regression:
    """One ``model`` and its current hyperparameters. ``refits`` says when they are fitted; a fit starts from the last
    ones, and from ``restarts`` random ones.
    """

    def __init__(self, model: Model, refits: Refits, restarts: int, rng: np.random.Generator) -> None:
        self._model, self._refits, self._restarts, self._rng = model, refits, restarts, rng
        self._theta: Array | None = None

    def given(self, x: Array, y: Array, observations: int, full: int) -> Posterior:
        """Conditions on inputs of shape (n, columns) and targets of shape (n,). ``observations``: the number of all
        observations, of which ``x`` may be a part; ``full``: how many of them are at the full resource.
        """
        if self._refits.due(observations, full) or self._theta is None:
            self._theta = fit(self._model, x, y, self._rng, self._theta, self._restarts)
        return Posterior.given(self._model, self._theta, x, y)

    def fantasised(self, posterior: Posterior, pending: Array, fantasies: int) -> Posterior:
        """Adds pending inputs, shape (m, columns), as so many joint draws; the posterior itself if there are none."""
        if not len(pending):
            return posterior
        return posterior.fantasise(pending, self._rng.standard_normal((len(pending), fantasies)))
