"""Bayesian optimisation of one or two losses at full fidelity, by expected improvement over a power of the cost.

There is one Gaussian process per loss. With one loss, the improvement is that of the best loss. With two losses, it is
that of the hypervolume. ``cost`` has the model of costs and the power.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from harness.benchmark.method import Observation, Problem
from harness.benchmark.space import Configuration
from optimizers.gaussian_process.acquisition import best_points, expected_improvement
from optimizers.gaussian_process.cost import CostModel, Spending, cheap_and_far
from optimizers.gaussian_process.data import kept, scaled
from optimizers.gaussian_process.hyperparameters import Array
from optimizers.gaussian_process.improvement import expected_hypervolume_improvement, front_of
from optimizers.gaussian_process.matern import Matern
from optimizers.gaussian_process.posterior import Posterior
from optimizers.gaussian_process.refits import Refits
from optimizers.gaussian_process.regression import Regression
from optimizers.gaussian_process.searcher import INCUMBENTS, Options
from optimizers.gaussian_process.threads import one_thread
from optimizers.gaussian_process.trials import Trials

WEIGHTS = ("blind", "unit", "cooled")
DESIGNS = ("random", "cheap")
STARTS = 1
"""The number of random candidates that are refined, besides the best observed configurations."""
FEWEST = 2
"""The fewest ended evaluations that a Gaussian process is fitted to."""
DESIGN_CANDIDATES = 100
"""The number of random configurations among which the cheap design chooses."""


@dataclass(frozen=True)
class Thrift:
    """How costs count. ``weight``: the cost's exponent, "blind" 0, "unit" 1, "cooled" from 1 to 0 as the budget is
    spent. ``design``: the initial configurations, "random" or "cheap". ``share``: the part of the budget for these.
    """

    weight: str
    design: str
    share: float

    def __post_init__(self) -> None:
        for name, value, legal in (("weight", self.weight, WEIGHTS), ("design", self.design, DESIGNS)):
            if value not in legal:
                raise ValueError(f"{name} = {value!r} must be one of {', '.join(legal)}")
        if not 0.0 < self.share < 1.0:
            raise ValueError(f"share = {self.share} must lie between 0 and 1")


class BudgetedSearcher:
    """Suggests configurations, and is told when their evaluations start and finish."""

    def __init__(
        self, problem: Problem, rng: np.random.Generator, schedule: tuple[int, int | None], options: Options,
        thrift: Thrift,
    ) -> None:  # fmt: skip
        self._rng, self._options, self._thrift = rng, options, thrift
        self._trials = Trials(problem.space, rng)
        columns, dimensions = self._trials.encoder.columns, len(problem.space)
        self._regressions = [
            Regression(Matern(columns, dimensions), Refits(*schedule), options.restarts, rng)
            for _ in problem.objectives
        ]
        self._spending = Spending(problem.budget, problem.full_cost, problem.workers, thrift.share)
        self._priced: list[Array] = []
        self._costs: list[float] = []

    def start(self, configuration: Configuration) -> None:
        """Adds a pending evaluation."""
        self._trials.start(configuration, 0)

    def finish(self, observation: Observation) -> None:
        """Ends a pending evaluation. A failed evaluation's cost says nothing about whole evaluations."""
        self._trials.finish(observation.configuration, 0, observation.losses)
        cost = observation.cost
        self._spending.add(0.0 if observation.failed and cost is None else cost)
        if cost is not None and 0.0 < cost < math.inf and not observation.failed:
            self._priced.append(self._trials.points[-1])
            self._costs.append(cost)

    def suggest(self) -> Configuration:
        """The configuration to start next."""
        initial = not self._spending.begun or len(self._trials.points) < FEWEST
        if initial and self._thrift.design == "random":
            return self._trials.random()
        with one_thread():
            points = self._initial() if initial else self._maximum()
        return self._trials.new(points)

    def _initial(self) -> Array:
        encoder = self._trials.encoder
        candidates = encoder.sample(self._rng, DESIGN_CANDIDATES)
        columns = encoder.encode(candidates)
        taken = [*self._trials.points, *self._trials.running[0]]
        distances = np.zeros(len(candidates))
        if taken:
            others = encoder.encode(np.array(taken))
            distances = np.linalg.norm(columns[:, None] - others[None, :], axis=2).min(axis=1)
        return candidates[[cheap_and_far(self._cost_model().log_cost(columns), distances)]]

    def _maximum(self) -> Array:
        trials, encoder = self._trials, self._trials.encoder
        losses = np.array(trials.losses)
        chosen = kept(trials.rungs, _order(losses), self._options.max_data)
        points = np.array([trials.points[i] for i in chosen])
        x, pending = encoder.encode(points), encoder.encode(trials.running[0])
        targets = [scaled(column[chosen], self._options.targets) for column in losses.T]
        posteriors = []
        for regression, y in zip(self._regressions, targets, strict=True):
            posterior = regression.given(x, y, len(losses), len(losses))
            posteriors.append(regression.fantasised(posterior, pending, self._options.fantasies))
        means = np.array([posterior.predict(x)[0] for posterior in posteriors])  # (objectives, n, fantasies)
        worst = np.array([y.max() for y in targets])
        power = {"blind": 0.0, "unit": 1.0, "cooled": self._spending.cooled}[self._thrift.weight]
        costs = self._cost_model() if power else None

        def score(candidates: Array) -> Array:
            columns = encoder.encode(candidates)
            gain = _improvement(posteriors, columns, means, worst)
            return gain if costs is None else gain * np.exp(power * (costs.typical - costs.log_cost(columns)))

        known = points[np.argsort(means.mean(axis=2).sum(axis=0), kind="stable")[:INCUMBENTS]]
        return best_points(encoder, score, known, self._options.candidates, self._rng, STARTS)

    def _cost_model(self) -> CostModel:
        encoder = self._trials.encoder
        columns = encoder.encode(np.array(self._priced)) if self._priced else np.zeros((0, encoder.columns))
        return CostModel(columns, np.array(self._costs))


def _improvement(posteriors: list[Posterior], x: Array, means: Array, worst: Array) -> Array:
    """The expected improvement at ``x``, averaged over fantasies. ``means``: the expected losses of the observed
    configurations, shape (objectives, n, fantasies); ``worst``: the reference point of the hypervolume.
    """
    if len(posteriors) == 1:
        mean, variance = posteriors[0].predict(x)
        return expected_improvement(mean, variance, means[0].min(axis=0))
    predicted = [posterior.predict(x) for posterior in posteriors]
    variance = np.stack([variance for _, variance in predicted], axis=1)
    fantasies = means.shape[2]
    total: Array = np.zeros(len(x))
    for at in range(fantasies):
        mean = np.stack([mean[:, at] for mean, _ in predicted], axis=1)
        total += expected_hypervolume_improvement(mean, variance, front_of(means[:, :, at].T), worst)
    return np.asarray(total / fantasies)


def _order(losses: Array) -> list[float]:
    """A number per observation by which the data are thinned out evenly: the loss, or the mean rank of two losses."""
    if losses.shape[1] == 1:
        return [float(loss) for loss in losses[:, 0]]
    return [float(rank) for rank in np.argsort(np.argsort(losses, axis=0, kind="stable"), axis=0).mean(axis=1)]
