"""The Matérn-5/2 kernel with a length scale per column (ARD) around a constant mean (Snoek et al., NeurIPS 2012)."""

from __future__ import annotations

import math

import numpy as np
from scipy.spatial.distance import cdist

from optimizers.gaussian_process.hyperparameters import Array, Hyperparameter, Pullback, positive


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
    """The model on ``columns`` columns. Theta: log length scales, log variance, mean.

    ``dimensions``: the number of searched parameters that the columns encode. The prior on length scales grows with the
    square root of this number, as distances do (Hvarfner et al., ICML 2024).
    """

    def __init__(self, columns: int, dimensions: int) -> None:
        self._columns = columns
        scale = math.sqrt(max(dimensions, 1))
        self.hyperparameters: tuple[Hyperparameter, ...] = (
            *(positive(f"length scale {column}", scale, 1.0, 0.05, 1e3) for column in range(columns)),
            positive("variance", 1.0, 1.0, 1e-3, 1e3),
            Hyperparameter("mean", 0.0, 1.0, -5.0, 5.0),
        )

    def mean(self, theta: Array, x: Array) -> Array:
        """The constant mean of every row."""
        return np.full(len(x), theta[self._columns + 1])

    def covariance(self, theta: Array, x: Array, z: Array) -> Array:
        """The kernel between all rows of ``x`` and of ``z``."""
        scales, variance = self._kernel(theta)
        return matern52(x / scales, z / scales, variance)

    def variance(self, theta: Array, x: Array) -> Array:
        """The kernel's variance, the same for every row."""
        return np.full(len(x), self._kernel(theta)[1])

    def prior(self, theta: Array, x: Array) -> tuple[Array, Array, Pullback]:
        """See ``Model``. With ρ² = Σ (Δ_j / l_j)², dk/d log l_j = 5/3 variance (1 + √5 ρ) exp(-√5 ρ) (Δ_j / l_j)²."""
        scales, variance = self._kernel(theta)
        scaled = x / scales
        slope, rest = _parts(scaled, scaled, variance)
        covariance = slope + rest

        def pullback(by_mean: Array, by_covariance: Array) -> Array:
            # Σ_ab W_ab (s_a - s_b)² for every column s at once, W symmetric.
            weights = by_covariance * slope
            by_scales = weights.sum(axis=1) @ (scaled * scaled) - (scaled * (weights @ scaled)).sum(axis=0)
            return np.concatenate([10.0 / 3.0 * by_scales, [(by_covariance * covariance).sum(), by_mean.sum()]])

        return self.mean(theta, x), covariance, pullback

    def _kernel(self, theta: Array) -> tuple[Array, float]:
        return np.exp(theta[: self._columns]), math.exp(theta[self._columns])
