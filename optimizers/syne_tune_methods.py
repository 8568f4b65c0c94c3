"""Syne Tune (Salinas et al., AutoML 2022): its searchers CQR and BORE and its scheduler ASHA, asked and told directly.

A real number is searched by its position from 0 to 1 in its (logarithmic) range, a choice by its number, and an ordered
choice as a whole number. The library's tuner and its simulator are not used.

Syne Tune asks for the package xgboost, whose wheel brings 700 MB for graphics cards and overwrites xgboost-cpu, with
which the harness fits surrogates. So the library is installed without its dependencies, and the extra has those that it
imports. One of them, huggingface_hub, is for the library's own benchmarks, but CQR imports them all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from harness.benchmark.ladder import rungs
from harness.benchmark.method import Observation, Problem, Proposal
from harness.benchmark.space import Configuration, Float, Integer, Parameter, Space
from optimizers.coordinates import configuration_of, ends
from optimizers.fence import Fence
from optimizers.hyperband import promotion_factor
from optimizers.pending import Pending

with Fence(0, ("syne_tune",)).own():
    from sklearn import config_context
    from syne_tune import config_space
    from syne_tune.backend.trial_status import Trial
    from syne_tune.optimizer.scheduler import SchedulerDecision
    from syne_tune.optimizer.schedulers.asha import AsynchronousSuccessiveHalving
    from syne_tune.optimizer.schedulers.searchers.bore.bore import Bore
    from syne_tune.optimizer.schedulers.searchers.conformal import conformal_quantile_regression_searcher as conformal

LARGEST = 1e100
"""The largest loss told to the library, whose models compute with its square."""
CREATED = None
"""The time at which a trial began, which the library asks for and ASHA does not use."""


class _Searcher:
    """A searcher of the library at full fidelity."""

    def __init__(self, problem: Problem, seed: int) -> None:
        self._space, self._fence, self._number = problem.space, Fence(seed), 0
        self._pending: Pending[tuple[int, dict[str, Any]]] = Pending(problem.space)
        with self._fence.own():
            self._library = self._made(_searched(problem.space), seed)

    def ask(self) -> Configuration:
        """The library's next suggestion."""
        # The input of scikit-learn's models is made here, so it need not be checked a thousand times for each fit.
        with self._fence.own(), config_context(assume_finite=True, skip_parameter_validation=True):
            values = self._library.suggest()
        configuration = configuration_of(self._space, values)
        self._pending.add(configuration, (self._number, values))
        self._number += 1
        return configuration

    def tell(self, observation: Observation) -> None:
        """Gives the loss to the searcher."""
        trial, values = self._pending.take(observation.configuration)
        with self._fence.own():
            self._library.on_trial_complete(trial, values, _tame(observation.losses[0]))

    def _made(self, searched: dict[str, Any], seed: int) -> Any:
        raise NotImplementedError


class CQR(_Searcher):
    """Conformal quantile regression (Salinas et al., ICML 2023), with the library's defaults: gradient boosting for
    five quantiles after five random configurations, and the best of 2,000 random ones by Thompson sampling.
    """

    def _made(self, searched: dict[str, Any], seed: int) -> Any:
        return conformal.ConformalQuantileRegression(searched, random_seed=seed, surrogate_cls=_Quantiles)


class BORE(_Searcher):
    """BORE (Tiao et al., ICML 2021), with the library's defaults: XGBoost tells the best quarter from the rest after
    six random configurations, and takes the most promising of 500 random ones.
    """

    def _made(self, searched: dict[str, Any], seed: int) -> Any:
        return _Bore(searched, random_seed=seed)


class ASHA:
    """Asynchronous successive halving, the stopping variant (Li et al., MLSys 2020), with the library's one bracket.

    The library's resource levels eta^0, eta^1, … stand for the harness's rungs, because it only compares them.
    ``eta``: one in ``eta`` configurations continues from each rung; default 3, or 2 where an axis of levels varies.
    """

    def __init__(self, problem: Problem, seed: int, *, eta: int | None = None) -> None:
        factor = promotion_factor(problem, eta)
        self._ladder = rungs(problem, eta)
        self._levels = [factor**n for n in range(len(self._ladder))]
        self._space, self._fence, self._number = problem.space, Fence(seed), 0
        self._pending: Pending[Trial] = Pending(problem.space)
        self._goes_on: Trial | None = None
        with self._fence.own():
            self._library = AsynchronousSuccessiveHalving(
                _searched(problem.space), "loss", time_attr="level", max_t=self._levels[-1], reduction_factor=factor,
                random_seed=seed,
            )  # fmt: skip

    def ask(self) -> Proposal:
        """A new random configuration at the least rung."""
        with self._fence.own():
            trial = Trial(self._number, self._library.suggest().config, CREATED)
            self._library.on_trial_add(trial)
        self._number += 1
        return self._started(trial, configuration_of(self._space, trial.config), 0)

    def tell(self, observation: Observation) -> None:
        """Gives the loss to the scheduler, which decides whether the trial goes on."""
        rung = next(n for n, each in enumerate(self._ladder) if each.items() <= observation.fidelity.items())
        trial = self._pending.take(observation.configuration, rung)
        with self._fence.own():
            told = {"loss": _tame(observation.losses[0]), "level": self._levels[rung]}
            decision = self._library.on_trial_result(trial, told)
        self._goes_on = trial if decision == SchedulerDecision.CONTINUE else None

    def proceed(self, observation: Observation) -> Mapping[str, Any] | None:
        """The fidelity of the next rung if the trial just told goes on, else None."""
        if self._goes_on is None:
            return None
        rung = next(n for n, each in enumerate(self._ladder) if each.items() <= observation.fidelity.items())
        return self._started(self._goes_on, observation.configuration, rung + 1).fidelity

    def _started(self, trial: Trial, configuration: Configuration, rung: int) -> Proposal:
        self._pending.add(configuration, trial, rung)
        return Proposal(configuration, self._ladder[rung])


class _Quantiles(conformal.QuantileRegressionSurrogateModel):  # type: ignore[misc]
    """The library's model, which draws all values of a parameter at once."""

    def _update_candidates(self, n_candidates: int = 2000) -> None:
        self.config_candidates = _drawn(self.config_space, n_candidates, self.random_state)
        self.df_candidates = self._configs_to_df(self.config_candidates)


class _Bore(Bore):  # type: ignore[misc]
    """The library's searcher, which draws all values of a parameter at once, and asks its classifier, on one thread,
    once for all candidates. A candidate that is drawn twice changes nothing.
    """

    def __init__(self, searched: dict[str, Any], random_seed: int) -> None:
        super().__init__(searched, random_seed=random_seed)
        self.model.set_params(n_jobs=1)

    def suggest(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ARG002 - the library's signature
        if len(self.inputs) < self.init_random or not self._train_model(self.inputs, self.targets):
            drawn: dict[str, Any] = self._get_random_config()
            return drawn
        candidates = _drawn(self.config_space, self.feval_acq, self.random_state)
        losses = self._loss(self._hp_ranges.to_ndarray_matrix(candidates))
        return candidates[int(losses.argmin())]

    def _train_model(self, train_data: list[Any], train_targets: list[float]) -> bool:
        # The library would write a warning where all are equally good.
        if max(train_targets) <= np.quantile(train_targets, self.gamma):
            return False
        trained: bool = super()._train_model(train_data, train_targets)
        return trained


def _searched(space: Space) -> dict[str, Any]:
    """The movable parameters as Syne Tune has them; a number without a meaning if there are none."""
    return {name: _domain(space[name]) for name in space.movable} or {"nothing": config_space.uniform(0.0, 1.0)}


def _domain(parameter: Parameter) -> Any:
    if isinstance(parameter, Float):
        return config_space.uniform(0.0, 1.0)
    low, high = ends(parameter)
    if isinstance(parameter, Integer) or parameter.ordered:
        return config_space.randint(low, high)
    return config_space.choice(list(range(high + 1)))


def _drawn(searched: Mapping[str, Any], count: int, random_state: np.random.RandomState) -> list[dict[str, Any]]:
    """Random configurations as the library has them."""
    columns = [domain.sample(size=count, random_state=random_state) for domain in searched.values()]
    return [dict(zip(searched, row, strict=True)) for row in zip(*columns, strict=True)]


def _tame(loss: float) -> float:
    """The loss within what the library can compute with; the largest instead of one that is no number."""
    return LARGEST if math.isnan(loss) else min(max(loss, -LARGEST), LARGEST)
