"""Fitting hyperparameters: the log marginal likelihood with its gradient, maximised by L-BFGS-B (empirical Bayes)."""

from __future__ import annotations

import math

import numpy as np
from scipy.linalg import cho_solve
from scipy.linalg.lapack import dpotri
from scipy.optimize import minimize

from optimizers.gaussian_process.hyperparameters import NOISE, Array, Model, bounds, draw, log_prior, starts
from optimizers.gaussian_process.posterior import cholesky

OPTIONS = {"maxiter": 30, "ftol": 1e-6}
"""The options of L-BFGS-B for one start. Few iterations are enough: the last optimum is usually near, and a start that
needs more is rarely the best.
"""


def log_likelihood(model: Model, theta: Array, x: Array, y: Array) -> tuple[float, Array]:
    """The log density of targets of shape (n,), and its gradient by theta (last entry: the noise's log variance)."""
    mean, covariance, pullback = model.prior(theta, x)
    noise = math.exp(theta[-1])
    factor = cholesky(covariance, noise)
    residual = y - mean
    weights = cho_solve((factor, True), residual, check_finite=False)
    value = -0.5 * residual @ weights - np.log(np.diag(factor)).sum() - 0.5 * len(y) * math.log(2.0 * math.pi)
    lower = dpotri(factor, lower=1)[0]  # the upper half is zero, as in the factor
    by_covariance = np.outer(weights, weights) - lower - lower.T
    by_covariance.flat[:: len(x) + 1] += np.diag(lower)
    by_covariance *= 0.5
    by_noise = noise * np.trace(by_covariance)
    return float(value), np.append(pullback(weights, by_covariance), by_noise)


def fit(
    model: Model, x: Array, y: Array, rng: np.random.Generator, last: Array | None = None, restarts: int = 1
) -> Array:
    """The theta of highest posterior density that L-BFGS-B finds. It starts from the ``last`` theta (None: the priors'
    means) and from ``restarts`` draws from the priors.
    """
    entries = (*model.hyperparameters, NOISE)

    def loss(theta: Array) -> tuple[float, Array]:
        value, gradient = log_likelihood(model, theta, x, y)
        prior, by_prior = log_prior(entries, theta)
        return -value - prior, -gradient - by_prior

    begin = [starts(entries) if last is None else last, *(draw(entries, rng) for _ in range(restarts))]
    found = [
        minimize(loss, theta, jac=True, method="L-BFGS-B", bounds=bounds(entries), options=OPTIONS) for theta in begin
    ]
    best = min(found, key=lambda result: float(result.fun))
    return np.asarray(best.x, dtype=np.float64)
