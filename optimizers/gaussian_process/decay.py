"""The exponential-decay model of learning curves (Klein et al., arXiv:2003.10865, Appendix B.2).

A row is a configuration x followed by a resource r. Its loss is f(x, r) = γ e^{-λr} + f(x) (1 - δ e^{-λr}), equation 3,
with one λ ~ Gamma(α, rate β) for all, and f(x) = m + g(x), g from a Gaussian process with mean 0 and kernel k_x. Then
κ(r) = E[e^{-λr}] = (β / (r + β))^α, f(x, r) = m + (γ - δ m) e^{-λr} + g(x) (1 - δ e^{-λr}), and with c = γ - δ m

    mean        m + c κ(r)
    covariance  c² [κ(r + r') - κ(r) κ(r')] + k_x(x, x') [1 - δ κ(r) - δ κ(r') + δ² κ(r + r')]

This is the last line of the paper's derivation (the first line writes E[f f'], but means the covariance). The formula
in the paper's main text ends in - δ κ(r + r') instead. That is a slip: at r = r' = 0 and δ = 1 its bracket is -2, but
E[(1 - δ e^{-λr}) (1 - δ e^{-λr'})] is 0. Both brackets here are moments of random variables, so the covariance is
positive semi-definite.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimizers.gaussian_process.hyperparameters import Array, Hyperparameter, Pullback, positive
from optimizers.gaussian_process.matern import Matern


@dataclass(frozen=True)
class _Values:
    """Alpha, beta, gamma, delta, and the mean m of the asymptotes."""

    alpha: float
    beta: float
    gamma: float
    delta: float
    asymptote: float

    @property
    def amplitude(self) -> float:
        return self.gamma - self.delta * self.asymptote

    def kappa(self, r: Array) -> Array:
        return np.asarray((self.beta / (r + self.beta)) ** self.alpha)

    def slopes(self, r: Array) -> Array:
        """The derivatives of log κ(r) by log α and by log β."""
        return np.array([self.alpha * np.log(self.beta / (r + self.beta)), self.alpha * r / (r + self.beta)])


class ExponentialDecay:
    """The model on ``columns`` columns of a configuration and one column of its resource, as a share of the full
    resource.

    Theta: the entries of ``Matern`` for f(x), then log alpha, log beta, log gamma, and delta if it is learned.
    ``delta``: 0 is the additive model of Swersky et al. (arXiv:1406.3896); with 1, all curves start from gamma; None
    learns it within [0, 1]. ``warped``: as in ``Matern``.
    """

    def __init__(
        self, columns: int, dimensions: int, delta: float | None = None, warped: Sequence[int] = ()
    ) -> None:  # fmt: skip
        self._asymptote = Matern(columns, dimensions, warped)
        self._delta = delta
        self._first = len(self._asymptote.hyperparameters)
        learned = (Hyperparameter("delta", 0.5, math.inf, 0.0, 1.0),) if delta is None else ()
        self.hyperparameters: tuple[Hyperparameter, ...] = (
            *self._asymptote.hyperparameters,
            positive("alpha", 1.0, 1.0, 1e-2, 1e2),
            positive("beta", 0.1, 1.0, 1e-3, 1e2),
            positive("gamma", 1.0, 1.0, 1e-2, 1e2),
            *learned,
        )

    def mean(self, theta: Array, x: Array) -> Array:
        """The prior mean of every row. Over the resource it falls from gamma (delta = 1) or m + gamma (delta = 0) to
        m.
        """
        v = self._values(theta)
        return np.asarray(v.asymptote + v.amplitude * v.kappa(x[:, -1]))

    def covariance(self, theta: Array, x: Array, z: Array) -> Array:
        """The covariance in the module's docstring."""
        v = self._values(theta)
        (r, at), (s, to) = (np.unique(rows[:, -1], return_inverse=True) for rows in (x, z))
        spread, shrink = _moments(v, r, s)
        base = self._asymptote.covariance(theta, x[:, :-1], z[:, :-1])
        cells = np.ix_(at, to)
        return np.asarray((v.amplitude**2 * spread)[cells] + base * shrink[cells])

    def variance(self, theta: Array, x: Array) -> Array:
        """The diagonal of the covariance in the module's docstring."""
        v = self._values(theta)
        one, both = v.kappa(x[:, -1]), v.kappa(2.0 * x[:, -1])
        shrink = 1.0 - 2.0 * v.delta * one + v.delta**2 * both
        return np.asarray(v.amplitude**2 * (both - one * one) + self._asymptote.variance(theta, x[:, :-1]) * shrink)

    def prior(self, theta: Array, x: Array) -> tuple[Array, Array, Pullback]:
        """See ``Model``. Terms that depend on resources alone are computed once per pair of rungs, not per pair of
        rows.
        """
        v = self._values(theta)
        c, delta = v.amplitude, v.delta
        r, at = np.unique(x[:, -1], return_inverse=True)
        sums = r[:, None] + r[None, :]
        kappa, both = v.kappa(r), v.kappa(sums)
        spread, shrink = _moments(v, r, r)
        cells = np.ix_(at, at)
        _, base, base_pullback = self._asymptote.prior(theta, x[:, :-1])
        member = np.asarray(at == np.arange(len(r))[:, None], dtype=np.float64)

        def pullback(by_mean: Array, by_covariance: Array) -> Array:
            weighted = by_covariance * base
            # Sums over the rows at each rung, and over the pairs of rows at each pair of rungs.
            direct, through, means = member @ by_covariance @ member.T, member @ weighted @ member.T, member @ by_mean
            by_c = float(2.0 * c * (direct * spread).sum() + means @ kappa)
            by_kappa = c * means - 2.0 * c * c * (direct @ kappa) - 2.0 * delta * through.sum(axis=1)
            by_both = c * c * direct + delta**2 * through
            by_alpha, by_beta = v.slopes(r) @ (by_kappa * kappa) + (v.slopes(sums) * by_both * both).sum(axis=(1, 2))
            by_delta = 2.0 * delta * (through * both).sum() - 2.0 * through.sum(axis=1) @ kappa - v.asymptote * by_c
            gradient = base_pullback(by_mean, by_covariance * shrink[cells])
            gradient[-1] -= delta * by_c  # c = γ - δ m depends on the mean m of the asymptotes, too
            learned = [by_delta] if self._delta is None else []
            return np.concatenate([gradient, [by_alpha, by_beta, v.gamma * by_c], learned])

        mean = (v.asymptote + c * kappa)[at]
        return mean, np.asarray((c * c * spread)[cells] + base * shrink[cells]), pullback

    def _values(self, theta: Array) -> _Values:
        alpha, beta, gamma = np.exp(theta[self._first : self._first + 3]).tolist()
        delta = float(theta[self._first + 3]) if self._delta is None else self._delta
        return _Values(alpha, beta, gamma, delta, float(theta[self._first - 1]))


def _moments(v: _Values, r: Array, s: Array) -> tuple[Array, Array]:
    """The two brackets of the covariance, for resources in rows and in columns."""
    one, other, both = v.kappa(r)[:, None], v.kappa(s)[None, :], v.kappa(r[:, None] + s[None, :])
    return np.asarray(both - one * other), np.asarray(1.0 - v.delta * (one + other) + v.delta**2 * both)
