"""Hyperopt's TPE (Bergstra et al., NeurIPS 2011 and ICML 2013), asked and told one trial at a time.

A real number is searched uniformly by its position from 0 to 1 in its (logarithmic) range, a choice by its number, and
a whole number or an ordered choice as Hyperopt's ``uniformint``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from harness.benchmark.method import Observation, Problem
from harness.benchmark.space import Configuration, Float, Integer, Parameter
from optimizers.coordinates import configuration_of, ends
from optimizers.fence import Fence
from optimizers.pending import Pending

with Fence(0).own():
    from hyperopt import JOB_STATE_DONE, STATUS_OK, Trials, hp, tpe
    from hyperopt.base import Domain


class TPE:
    """``tpe.suggest`` with the library's defaults. Pending trials count as the worst so far, as in the library.

    ``n_startup_jobs``: random trials before the first model; ``n_EI_candidates``: samples tried for a proposal;
    ``gamma``: the good trials are the best gamma * sqrt(number of trials); ``prior_weight``: the weight of the prior.
    """

    def __init__(
        self, problem: Problem, seed: int, *,
        n_startup_jobs: int = 20, n_EI_candidates: int = 24, gamma: float = 0.25, prior_weight: float = 1.0,  # noqa: N803
    ) -> None:  # fmt: skip
        for name, value, legal, right in (
            ("n_startup_jobs", n_startup_jobs, n_startup_jobs >= 1, "at least 1"),
            ("n_EI_candidates", n_EI_candidates, n_EI_candidates >= 1, "at least 1"),
            ("gamma", gamma, 0 < gamma <= 1, "above 0 and at most 1"),
            ("prior_weight", prior_weight, prior_weight > 0, "above 0"),
        ):
            if not legal:
                raise ValueError(f"{name} = {value} must be {right}")
        self._settings = {
            "n_startup_jobs": n_startup_jobs, "n_EI_candidates": n_EI_candidates, "gamma": gamma,
            "prior_weight": prior_weight, "verbose": False,
        }  # fmt: skip
        self._space, self._rng, self._fence = problem.space, np.random.default_rng(seed), Fence(seed)
        self._pending: Pending[dict[str, Any]] = Pending(problem.space)
        with self._fence.own():
            searched = {name: _searched(problem.space[name]) for name in problem.space.movable}
            self._domain, self._trials = Domain(lambda _: 0.0, searched), Trials()

    def ask(self) -> Configuration:
        """The library's next suggestion."""
        with self._fence.own():
            self._trials.refresh()
            ids = self._trials.new_trial_ids(1)
            (document,) = tpe.suggest(
                ids, self._domain, self._trials, int(self._rng.integers(2**31 - 1)), **self._settings
            )
            self._trials.insert_trial_docs([document])
            self._trials.refresh()
        values = {name: value for name, (value,) in document["misc"]["vals"].items()}
        configuration = configuration_of(self._space, values)
        self._pending.add(configuration, self._trials._dynamic_trials[-1])
        return configuration

    def tell(self, observation: Observation) -> None:
        """Completes the trial with its loss."""
        document = self._pending.take(observation.configuration)
        loss = observation.losses[0]
        document["result"] = {"loss": math.inf if math.isnan(loss) else loss, "status": STATUS_OK}
        document["state"] = JOB_STATE_DONE


def _searched(parameter: Parameter) -> Any:
    """The parameter as Hyperopt has it."""
    if isinstance(parameter, Float):
        return hp.uniform(parameter.name, 0.0, 1.0)
    low, high = ends(parameter)
    if isinstance(parameter, Integer) or parameter.ordered:
        return hp.uniformint(parameter.name, low, high)
    return hp.choice(parameter.name, list(range(high + 1)))
