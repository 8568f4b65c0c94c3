"""The hyperparameters of a model: a vector ``theta``, each entry with a start, bounds and a Gaussian prior.

The entry of a positive quantity is its logarithm. A fit of dozens of length scales to a handful of observations would
run to the bounds without the priors. With them, the fit finds the mode of the posterior instead of the maximum of the
marginal likelihood. The two come closer as data comes in.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Pullback = Callable[[Array, Array], Array]


@dataclass(frozen=True)
class Hyperparameter:
    """One entry of theta. ``start`` is also the mean of its prior, ``spread`` the prior's standard deviation (inf: a
    uniform prior).
    """

    name: str
    start: float
    spread: float
    low: float
    high: float


def positive(name: str, start: float, spread: float, low: float, high: float) -> Hyperparameter:
    """The entry of a positive quantity. ``start``, ``low`` and ``high`` are values of the quantity; ``spread`` is the
    standard deviation of its logarithm.
    """
    return Hyperparameter(name, math.log(start), spread, math.log(low), math.log(high))


NOISE = positive("noise", 1e-3, 2.0, 1e-6, 1.0)
"""The variance of observations around the function, in standardised units: the last entry of every theta."""


class Model(Protocol):
    """A prior over functions of the rows of ``x``. ``theta`` begins with the model's own ``hyperparameters``; further
    entries are ignored.
    """

    @property
    def hyperparameters(self) -> tuple[Hyperparameter, ...]:
        """The model's hyperparameters, in their order in theta."""

    def mean(self, theta: Array, x: Array) -> Array:
        """The mean of every row, shape (n,)."""

    def covariance(self, theta: Array, x: Array, z: Array) -> Array:
        """The covariance between all rows of ``x`` and of ``z``, shape (n, m)."""

    def variance(self, theta: Array, x: Array) -> Array:
        """The diagonal of ``covariance(theta, x, x)``."""

    def prior(self, theta: Array, x: Array) -> tuple[Array, Array, Pullback]:
        """Mean, covariance, and a pullback. The pullback is given the derivatives of a number by the mean, shape (n,),
        and by the covariance, shape (n, n) and symmetric. It returns the number's derivatives by the hyperparameters.
        """


def bounds(entries: Sequence[Hyperparameter]) -> list[tuple[float, float]]:
    """The pairs (low, high) of the entries, as SciPy takes them."""
    return [(entry.low, entry.high) for entry in entries]


def starts(entries: Sequence[Hyperparameter]) -> Array:
    """The theta of all starts."""
    return np.array([entry.start for entry in entries])


def log_prior(entries: Sequence[Hyperparameter], theta: Array) -> tuple[float, Array]:
    """The logarithm of the priors' density up to a constant, and its gradient."""
    spreads = np.array([entry.spread for entry in entries])
    z = (theta - starts(entries)) / spreads
    return float(-0.5 * z @ z), -z / spreads


def draw(entries: Sequence[Hyperparameter], rng: np.random.Generator) -> Array:
    """A theta from the priors, moved into the bounds."""
    low, high = np.array(bounds(entries)).T
    spreads = np.array([entry.spread for entry in entries])
    flat = np.isinf(spreads)
    drawn = starts(entries) + np.where(flat, 0.0, spreads) * rng.standard_normal(len(entries))
    uniform = low + (high - low) * rng.random(len(entries))
    return np.asarray(np.clip(np.where(flat, uniform, drawn), low, high))
