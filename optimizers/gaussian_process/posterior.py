"""A Gaussian process given data, and given fantasies of the pending evaluations (Klein et al., arXiv:2003.10865,
Appendix B.1).

The representation is (L, p): L the Cholesky factor of the covariance of the observations, p = L⁻¹ (Y - mean). With M
columns of targets there are M posterior means and one posterior variance. A *fantasy* of pending inputs is a draw from
their joint predictive distribution. For all M fantasies together, rows are added to L once; L is not computed anew.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular
from scipy.linalg.lapack import dpotrf

from optimizers.gaussian_process.hyperparameters import Array, Model

JITTER = 1e-9
"""The first addition to the diagonal, relative to its mean, if the noise alone does not suffice. While the matrix
cannot be factored, ten times as much is tried.
"""
ROUNDING = 100 * float(np.finfo(np.float64).eps)
"""A bound, relative to the diagonal's mean and for each row, on what rounding does to a pivot."""


def cholesky(covariance: Array, noise: float) -> Array:
    """The lower factor of the covariance with ``noise`` added to its diagonal. Jitter is added only if this matrix
    cannot be factored, because beside a small noise it would matter. LinAlgError if even a jitter as large as the
    diagonal does not help: then the matrix is no covariance.
    """
    size = float(np.trace(covariance)) / max(len(covariance), 1)
    if noise > ROUNDING * len(covariance) * size and (factor := _factor(covariance, noise)) is not None:
        return factor
    jitter = JITTER * size
    while math.isfinite(size) and jitter <= size:
        if (factor := _factor(covariance, noise + jitter)) is not None:
            return factor
        jitter *= 10.0
    raise np.linalg.LinAlgError("the covariance of the observations cannot be factored")


def _factor(covariance: Array, more: float) -> Array | None:
    """The lower factor with ``more`` on the diagonal; None if there is none."""
    noisy = covariance.copy()
    noisy.flat[:: len(noisy) + 1] += more
    factor, failed = dpotrf(noisy.T, lower=1, clean=1, overwrite_a=1)
    return None if failed else np.asarray(factor)


@dataclass(frozen=True)
class Posterior:
    """``x``: inputs, shape (n, columns); ``factor``: L, shape (n, n); ``whitened``: p, shape (n, M)."""

    model: Model
    theta: Array
    x: Array
    factor: Array
    whitened: Array

    @staticmethod
    def given(model: Model, theta: Array, x: Array, y: Array) -> Posterior:
        """Conditions on noisy targets of shape (n,) or (n, M); the noise's log variance is theta's last entry."""
        targets = y.reshape(len(y), -1)
        factor = cholesky(model.covariance(theta, x, x), math.exp(theta[-1]))
        whitened = solve_triangular(factor, targets - model.mean(theta, x)[:, None], lower=True, check_finite=False)
        return Posterior(model, theta, x, factor, whitened)

    def predict(self, x: Array) -> tuple[Array, Array]:
        """The means, shape (k, M), and the variances without noise, shape (k,), of the function at ``x``."""
        cross = self._cross(x)
        variance = self.model.variance(self.theta, x) - (cross * cross).sum(axis=0)
        return self.model.mean(self.theta, x)[:, None] + cross.T @ self.whitened, np.maximum(variance, 1e-18)

    def fantasise(self, x: Array, draws: Array) -> Posterior:
        """Adds pending inputs of shape (m, columns), observed as joint draws from their predictive distribution.

        ``draws``: standard normal values z, shape (m, M). M is the number of fantasies that this posterior has, or any
        number if it has one column of targets. The new targets are mean + L₂₁ p + L₂₂ z, so the new rows of p are z.
        """
        cross = self._cross(x)
        left = self.model.covariance(self.theta, x, x) - cross.T @ cross
        corner = cholesky(left, math.exp(self.theta[-1]))
        n, m = len(self.x), len(x)
        factor = np.zeros((n + m, n + m))
        factor[:n, :n], factor[n:, :n], factor[n:, n:] = self.factor, cross.T, corner
        whitened = np.vstack([np.broadcast_to(self.whitened, (n, draws.shape[1])), draws])
        return Posterior(self.model, self.theta, np.vstack([self.x, x]), factor, whitened)

    def targets(self) -> Array:
        """The observed values of the function, fantasies included: shape (n, M)."""
        return np.asarray(self.model.mean(self.theta, self.x)[:, None] + self.factor @ self.whitened)

    def _cross(self, x: Array) -> Array:
        covariance = self.model.covariance(self.theta, self.x, x)
        return np.asarray(solve_triangular(self.factor, covariance, lower=True, check_finite=False))
