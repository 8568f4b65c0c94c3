"""A CARP-S objective function over a driven run."""

from __future__ import annotations

from typing import Any

from harness.benchmark.convert.common import library
from harness.runs.driven import DrivenObjective

with library("carps", "harness.compat.carps"):
    from carps.objective_functions.objective_function import ObjectiveFunction as Base
    from carps.utils.trials import TrialInfo, TrialValue


class ObjectiveFunction(Base):
    """The objective function of a driven run. A trial's ``budget`` is the value of the run's fidelity axis.

    Raises BudgetExhausted once the run's budget is spent.
    """

    def __init__(self, objective: DrivenObjective, loggers: Any = None) -> None:
        super().__init__(loggers)
        self.objective = objective

    @property
    def configspace(self) -> Any:
        """The ``ConfigurationSpace`` of the searched parameters; a choice is its number."""
        return self.objective.problem.space.to_configspace()

    def _evaluate(self, trial_info: TrialInfo) -> TrialValue:
        problem = self.objective.problem
        budget = trial_info.budget if len(problem.axes) == 1 else None
        fidelity = {} if budget is None else {problem.axes[0]: budget}
        seen = self.objective(problem.space.from_configspace(trial_info.config), fidelity)
        losses = list(seen.losses)
        return TrialValue(cost=losses[0] if len(losses) == 1 else losses, virtual_time=seen.cost or 0.0)
