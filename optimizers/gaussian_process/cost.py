"""Costs in a search: a model of a configuration's cost, and the weight of the cost (Lee, Perrone, Archambeau and
Seeger, "Cost-aware Bayesian Optimization", arXiv:2003.10870).

The model is linear in the columns of a configuration. With few observations, a Gaussian process predicts costs hardly
better than their mean does, and a linear model predicts them better. The paper has linear cost models for this reason.
It is linear in the *logarithm* of the cost, so that no prediction is negative, and effects multiply.
"""

from __future__ import annotations

import math

import numpy as np

from optimizers.gaussian_process.hyperparameters import Array

RIDGES = 10.0 ** np.linspace(-3.0, 2.0, 11)
"""The regularisations that are tried; the evidence of the data decides."""
MARGIN = 1.0
"""Predicted logarithms are cut this far below the lowest and above the highest observed logarithm."""


class CostModel:
    """Bayesian linear regression of log cost on columns. ``x``: shape (n, columns); ``costs``: shape (n,), positive.
    Without an observation the cost is 1 everywhere.
    """

    def __init__(self, x: Array, costs: Array) -> None:
        logs = np.log(costs) if len(costs) else np.zeros(1)
        self._low, self._high = float(logs.min()) - MARGIN, float(logs.max()) + MARGIN
        self._mean = float(logs.mean())
        self._centre = x.mean(axis=0) if len(x) else np.zeros(x.shape[1])
        self._weights = _ridge(x - self._centre, logs - self._mean) if len(x) > 1 else np.zeros(x.shape[1])

    @property
    def typical(self) -> float:
        """The mean of the observed logarithms."""
        return self._mean

    def log_cost(self, x: Array) -> Array:
        """The predicted logarithms of costs, shape (k,)."""
        predicted = self._mean + (x - self._centre) @ self._weights
        return np.asarray(np.clip(predicted, self._low, self._high))


def _ridge(x: Array, y: Array) -> Array:
    """The weights of centred data under the ridge of highest evidence, the scale of the targets integrated out."""
    values, vectors = np.linalg.eigh(x @ x.T)
    values, turned = np.maximum(values, 0.0)[1:], (vectors.T @ y)[1:]  # centring leaves nothing along the first vector
    if not turned.any():
        return np.zeros(x.shape[1])
    spectra = RIDGES[:, None] + values[None, :]
    residuals = (turned * turned / spectra).sum(axis=1)
    evidence = -0.5 * len(turned) * np.log(residuals) - 0.5 * np.log(spectra).sum(axis=1)
    return np.asarray(x.T @ (vectors[:, 1:] @ (turned / spectra[int(np.argmax(evidence))])))


def cheap_and_far(costs: Array, distances: Array) -> int:
    """The candidate left over when, in turn, the most expensive candidate and the candidate nearest to an evaluated
    point are taken away: the paper's cost-effective initial design. Of equal candidates, the last is taken away first.
    """
    left = np.arange(len(costs))
    by_cost, by_distance = costs, -distances
    while len(left) > 1:
        worst = by_cost[left]
        left = np.delete(left, len(left) - 1 - int(np.argmax(worst[::-1])))
        by_cost, by_distance = by_distance, by_cost
    return int(left[0])


class Spending:
    """What a run has spent of its ``budget``, in simulated seconds of wall-clock time on all ``workers``.

    An evaluation whose cost is not told counts as ``unit`` seconds, one mean full evaluation.
    """

    def __init__(self, budget: float, unit: float, workers: int, initial: float) -> None:
        self._budget, self._unit, self._workers, self._initial = budget, unit, workers, initial
        self._spent = 0.0

    def add(self, cost: float | None) -> None:
        """Adds an ended evaluation."""
        told = cost is not None and math.isfinite(cost)
        self._spent += (cost if told and cost is not None else self._unit) / self._workers

    @property
    def begun(self) -> bool:
        """Whether the initial design's share of the budget is spent."""
        return self._spent >= self._initial * self._budget

    @property
    def cooled(self) -> float:
        """The exponent of the cost: from 1 at the end of the initial design down to 0 at the end of the budget."""
        left = (self._budget - self._spent) / (self._budget * (1.0 - self._initial))
        return min(max(left, 0.0), 1.0)
