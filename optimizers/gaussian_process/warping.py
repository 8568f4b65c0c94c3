"""Learned warping of inputs (Snoek et al., "Input Warping for Bayesian Optimization of Non-stationary Functions", ICML
2014), with the distribution function of Kumaraswamy, w(x) = 1 - (1 - x^a)^b, in place of the Beta distribution's.

A kernel treats equal distances alike. A warped input is stretched where the function changes fast. a = b = 1 is no
warping.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from optimizers.gaussian_process.hyperparameters import Array, Hyperparameter, positive

EDGE = 1e-6
"""Inputs are moved this far from 0 and 1, where slopes by a and b are infinite or undefined."""


class Warping:
    """Warps the ``columns`` of a row, which lie in [0, 1]. Its part of theta: log a of every column, then log b."""

    def __init__(self, columns: Sequence[int]) -> None:
        self.columns = list(columns)
        self.hyperparameters: tuple[Hyperparameter, ...] = tuple(
            positive(f"warping {name} of {column}", 1.0, 0.5, 0.1, 10.0) for name in "ab" for column in columns
        )

    def __call__(self, theta: Array, x: Array) -> Array:
        """The rows with their columns warped; the rows themselves if nothing is to be warped."""
        if not self.columns:
            return x
        a, b = self._powers(theta)
        warped: Array = x.copy()
        warped[:, self.columns] = 1.0 - (1.0 - self._inside(x) ** a) ** b
        return warped

    def pullback(self, theta: Array, x: Array, by_warped: Array) -> Array:
        """The derivatives of a number by this part of theta, given its derivatives by the warped rows."""
        if not self.columns:
            return np.zeros(0)
        a, b = self._powers(theta)
        inside, given = self._inside(x), by_warped[:, self.columns]
        power = inside**a
        rest = 1.0 - power
        by_a = a * b * rest ** (b - 1.0) * power * np.log(inside)
        by_b = -b * rest**b * np.log(rest)
        return np.concatenate([(given * by_a).sum(axis=0), (given * by_b).sum(axis=0)])

    def _powers(self, theta: Array) -> tuple[Array, Array]:
        a, b = np.exp(theta).reshape(2, -1)
        return a, b

    def _inside(self, x: Array) -> Array:
        return np.asarray(np.clip(x[:, self.columns], EDGE, 1.0 - EDGE))
