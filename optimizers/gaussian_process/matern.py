"""The Matérn-5/2 kernel with a length scale per column (ARD) around a constant mean (Snoek et al., NeurIPS 2012)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.spatial.distance import cdist

from optimizers.gaussian_process.hyperparameters import Array, Hyperparameter, Pullback, positive
from optimizers.gaussian_process.warping import Warping


def matern52(x: Array, z: Array, variance: float) -> Array:
    """The kernel v (1 + √5 ρ + 5/3 ρ²) exp(-√5 ρ), ρ the distance between rows. The rows are already divided by the
    length scales.
    """
    common, rest = _parts(x, z, variance)
    common += rest
    return common


def _parts(x: Array, z: Array, variance: float) -> tuple[Array, Array]:
    """The kernel in two summands: v (1 + √5 ρ) exp(-√5 ρ), a factor of all its derivatives, and the rest."""
    root = cdist(x, z)  # from differences: |x|² + |z|² - 2 x z cancels where points are near
    root *= math.sqrt(5.0)
    decay = np.exp(-root)
    decay *= variance
    further = decay * root
    return decay + further, further * (root / 3.0)


class Matern:
    """The model on ``columns`` columns. Theta: log length scales, the entries of the warping, log variance, mean.

    ``dimensions``: the number of searched parameters that the columns encode. The prior on length scales grows with the
    square root of this number, as distances do (Hvarfner et al., ICML 2024). ``warped``: the columns, with values in
    [0, 1], whose warping is learned.
    """

    def __init__(self, columns: int, dimensions: int, warped: Sequence[int] = ()) -> None:
        self._columns, self._warping = columns, Warping(warped)
        self._end = columns + len(self._warping.hyperparameters)
        scale = math.sqrt(max(dimensions, 1))
        self.hyperparameters: tuple[Hyperparameter, ...] = (
            *(positive(f"length scale {column}", scale, 1.0, 0.05, 1e3) for column in range(columns)),
            *self._warping.hyperparameters,
            positive("variance", 1.0, 1.0, 1e-3, 1e3),
            Hyperparameter("mean", 0.0, 1.0, -5.0, 5.0),
        )

    def mean(self, theta: Array, x: Array) -> Array:
        """The constant mean of every row."""
        return np.full(len(x), theta[self._end + 1])

    def covariance(self, theta: Array, x: Array, z: Array) -> Array:
        """The kernel between all rows of ``x`` and of ``z``."""
        return matern52(self._scaled(theta, x), self._scaled(theta, z), self._variance(theta))

    def variance(self, theta: Array, x: Array) -> Array:
        """The kernel's variance, the same for every row."""
        return np.full(len(x), self._variance(theta))

    def prior(self, theta: Array, x: Array) -> tuple[Array, Array, Pullback]:
        """See ``Model``. With ρ² = Σ (Δ_j / l_j)², dk/d log l_j = 5/3 variance (1 + √5 ρ) exp(-√5 ρ) (Δ_j / l_j)², and
        the derivative by a row's own x_j has -Δ_j / l_j² in place of the last factor.
        """
        scaled = self._scaled(theta, x)
        slope, rest = _parts(scaled, scaled, self._variance(theta))
        covariance = slope + rest

        def pullback(by_mean: Array, by_covariance: Array) -> Array:
            # Σ_ab W_ab (s_a - s_b)² for every column s at once, W symmetric.
            weights = by_covariance * slope
            sums, products = weights.sum(axis=1), weights @ scaled
            by_scales = sums @ (scaled * scaled) - (scaled * products).sum(axis=0)
            by_rows = -10.0 / 3.0 * (sums[:, None] * scaled - products) / np.exp(theta[: self._columns])
            by_warping = self._warping.pullback(theta[self._columns : self._end], x, by_rows)
            ends = [(by_covariance * covariance).sum(), by_mean.sum()]
            return np.concatenate([10.0 / 3.0 * by_scales, by_warping, ends])

        return self.mean(theta, x), covariance, pullback

    def _scaled(self, theta: Array, x: Array) -> Array:
        return np.asarray(self._warping(theta[self._columns : self._end], x) / np.exp(theta[: self._columns]))

    def _variance(self, theta: Array) -> float:
        return math.exp(theta[self._end])
