"""SMAC3 2.x (Lindauer et al., JMLR 23(54), 2022): its facades with the defaults they ship, driven through ask and tell.

Every run is ``deterministic``: a configuration is evaluated once per fidelity. Two things differ from the defaults: the
forest is computed faster, with the same proposals (``_forest``), and an order that SMAC leaves to chance is fixed
(``_maximizer``). SMAC writes its state once, when it is constructed. It goes to a temporary folder that is removed
before the first ask.

All SMAC methods have three settings: ``initial_ratio``, the largest share of the trials that the initial design may
take (at most ten configurations per parameter); ``random_probability``, the chance that a proposal is drawn at random;
``retrain_after``, the number of proposals between two trainings of the forest.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any

from smac import HyperparameterOptimizationFacade, MultiFidelityFacade, Scenario
from smac.acquisition.function import EIPS
from smac.intensifier.hyperband_utils import get_n_trials_for_hyperband_multifidelity
from smac.main.exceptions import ConfigurationSpaceExhaustedException
from smac.model.multi_objective_model import MultiObjectiveModel
from smac.model.random_forest import RandomForest
from smac.multi_objective.parego import ParEGO
from smac.runhistory import TrialInfo, TrialValue
from smac.runhistory.encoder import RunHistoryEIPSEncoder

from harness.base.files import scratch_folder
from harness.benchmark.ladder import rungs
from harness.benchmark.method import Observation, Problem, Proposal
from optimizers.hyperband import promotion_factor
from optimizers.pending import Pending

# Python prints log warnings for which no handler exists. With this handler they are dropped, unless the user configures
# logging.
logging.getLogger("smac").addHandler(logging.NullHandler())

MAX_LEAVES = 4096
"""The largest number of leaves of a tree. A tree has at most one leaf per evaluation, and no run has so many."""


class _Smac:
    """A facade over the problem's space. ``ladder``: the fidelities that SMAC's budgets eta^0, eta^1, ... stand for."""

    facade: Any = HyperparameterOptimizationFacade

    def __init__(
        self, problem: Problem, seed: int, ladder: Sequence[Mapping[str, Any]], eta: int, limits: Mapping[str, Any], *,
        initial_ratio: float, random_probability: float, retrain_after: int,
    ) -> None:  # fmt: skip
        if not 0 < initial_ratio <= 1:
            raise ValueError(f"initial_ratio = {initial_ratio} must be above 0 and at most 1")
        if not 0 <= random_probability <= 1:
            raise ValueError(f"random_probability = {random_probability} must lie between 0 and 1")
        if retrain_after < 1:
            raise ValueError(f"retrain_after = {retrain_after} must be at least 1")
        self._space, self._budget, self._ladder, self._eta = problem.space, problem.budget, ladder, eta
        self._pending: Pending[TrialInfo] = Pending(problem.space)
        metrics = [objective.metric for objective in problem.objectives]
        with scratch_folder() as folder:
            scenario = Scenario(
                problem.space.to_configspace(seed=seed), output_directory=folder, deterministic=True, seed=seed,
                objectives=metrics if len(metrics) > 1 else metrics[0], **limits,
            )  # fmt: skip
            parts = {
                "model": _forest(scenario),
                "acquisition_maximizer": _maximizer(self.facade, scenario),
                "initial_design": self.facade.get_initial_design(scenario, max_ratio=initial_ratio),
                "random_design": self.facade.get_random_design(scenario, probability=random_probability),
                "config_selector": self.facade.get_config_selector(scenario, retrain_after=retrain_after),
            }
            self._smac = self.facade(scenario, **{**parts, **self._parts(scenario)}, logging_level=False)

    def ask(self) -> Proposal | None:
        """SMAC's next trial, None once a finite space is exhausted. SMAC knows the pending trials and does not wait."""
        try:
            trial = self._smac.ask()
        except (StopIteration, ConfigurationSpaceExhaustedException):
            return None
        rung = 0 if trial.budget is None else round(math.log(trial.budget, self._eta))
        configuration = self._space.from_configspace(trial.config)
        self._pending.add(configuration, trial, rung)
        return Proposal(configuration, self._ladder[rung])

    def tell(self, observation: Observation) -> None:
        """Adds the result to SMAC's history; the forest is trained when the next proposal needs it."""
        rung = next(i for i, r in enumerate(self._ladder) if r.items() <= observation.fidelity.items())
        trial = self._pending.take(observation.configuration, rung)
        losses = list(observation.losses)
        value = TrialValue(losses if len(losses) > 1 else losses[0], time=self._time(observation))
        self._smac.tell(trial, value, save=False)

    def _parts(self, scenario: Scenario) -> dict[str, Any]:  # noqa: ARG002 - subclasses need it
        """The parts, by the facade's argument, that replace the facade's own parts."""
        return {}

    def _time(self, observation: Observation) -> float:  # noqa: ARG002
        return 0.0


class SmacBO(_Smac):
    """The hyperparameter-optimization facade: a Sobol design, then log expected improvement under a random forest."""

    def __init__(
        self, problem: Problem, seed: int, *,
        initial_ratio: float = 0.25, random_probability: float = 0.2, retrain_after: int = 8,
    ) -> None:  # fmt: skip
        super().__init__(
            problem, seed, [{}], 1, {"n_trials": _full_evaluations(problem)},
            initial_ratio=initial_ratio, random_probability=random_probability, retrain_after=retrain_after,
        )  # fmt: skip


class SmacParEGO(SmacBO):
    """``SmacBO`` for two objectives by ParEGO (Knowles, 2006). The losses f_i are scaled to [0, 1] over the losses seen
    so far, and scalarised by max_i(w_i f_i) + 0.05 sum_i(w_i f_i). The weights w_i are drawn anew for every training.
    """

    def _parts(self, scenario: Scenario) -> dict[str, Any]:
        return {"multi_objective_algorithm": ParEGO(scenario)}


class SmacEIPS(SmacBO):
    """``SmacBO`` by expected improvement per second: one forest for the loss, one for the charged cost.

    SMAC divides the expected improvement by log(1 + time), which depends on the unit of time. The unit here is the
    run's budget. An evaluation takes a small part of it, so log(1 + time) equals the time to a few percent. The forest
    models the loss itself, not its logarithm, as SMAC's encoder for this acquisition function does.
    """

    def _parts(self, scenario: Scenario) -> dict[str, Any]:
        # In this unit the costs' variance is about as small as the threshold at which SMAC's forest stops splitting.
        forests: list[Any] = [_forest(scenario, log_y=False), _forest(scenario, min_impurity_decrease=0.0)]
        return {
            "model": MultiObjectiveModel(forests, ["loss", "cost"], seed=scenario.seed),
            "acquisition_function": EIPS(),
            "runhistory_encoder": RunHistoryEIPSEncoder(scenario),
        }

    def _time(self, observation: Observation) -> float:
        if observation.cost is None:
            raise ValueError("expected improvement per second needs a setting that tells the cost")
        return observation.cost / self._budget


class SmacHyperband(_Smac):
    """The multi-fidelity facade: Hyperband whose first configurations are random. Later ones are chosen as by
    ``SmacBO``, with a forest of the results at the highest fidelity that has results.

    SMAC's budgets are powers of ``eta`` that stand for the harness's rungs (2, 7, 22, 66, 200 epochs); SMAC's own rungs
    would be 2.47, 7.4, ... epochs. SMAC starts the next bracket instead of waiting for pending evaluations. ``eta``:
    as in the harness's own ``Hyperband``. Only one objective is supported: with
    two, this facade's intensifier fails as soon as its incumbents have been evaluated at different budgets.
    """

    facade = MultiFidelityFacade

    def __init__(
        self, problem: Problem, seed: int, *, eta: int | None = None,
        initial_ratio: float = 0.25, random_probability: float = 0.2, retrain_after: int = 8,
    ) -> None:  # fmt: skip
        factor = promotion_factor(problem, eta)
        ladder = rungs(problem, eta)
        top = factor ** (len(ladder) - 1)
        # The minimum is a little below the lowest rung's budget of 1, because SMAC counts rungs by rounding a logarithm
        # down.
        limits = {"min_budget": 0.9, "max_budget": top}
        # SMAC itself counts the trials that the budget pays for.
        n_trials = get_n_trials_for_hyperband_multifidelity(
            _full_evaluations(problem) * top, **limits, eta=factor, print_summary=False
        )
        super().__init__(
            problem, seed, ladder, factor, {"n_trials": max(1, n_trials), **limits},
            initial_ratio=initial_ratio, random_probability=random_probability, retrain_after=retrain_after,
        )  # fmt: skip

    def _parts(self, scenario: Scenario) -> dict[str, Any]:
        return {"intensifier": self.facade.get_intensifier(scenario, eta=self._eta)}


def _full_evaluations(problem: Problem) -> int:
    return max(1, round(problem.budget / problem.full_cost))


def _maximizer(facade: Any, scenario: Scenario) -> Any:
    """The facade's acquisition maximizer, with the starting points of its local search in alphabetical order. SMAC
    takes them in the order of a set of texts. This order differs between processes, so the proposals would differ too.
    """
    maximizer = facade.get_acquisition_maximizer(scenario)
    search = maximizer._local_search
    unordered = search._get_init_points_from_previous_configs
    search._get_init_points_from_previous_configs = lambda *of: sorted(unordered(*of), key=str)
    return maximizer


def _forest(scenario: Scenario, **changes: Any) -> RandomForest:
    """The facades' forest with two changes for speed. It runs on one core, because ten small trees are slower on all
    cores. A tree has room for ``MAX_LEAVES`` leaves, not 2^20, because the room is allocated at every training. A test
    checks that the other settings and the proposals are the facade's.
    """
    settings: dict[str, Any] = {
        "log_y": True, "n_trees": 10, "ratio_features": 1.0, "min_samples_split": 2, "min_samples_leaf": 1,
        "max_depth": 2**20, "bootstrapping": True, "n_jobs": 1, "max_leaf_nodes": MAX_LEAVES,
    }  # fmt: skip
    return RandomForest(scenario.configspace, seed=scenario.seed, **{**settings, **changes})
