"""An OptunaHub benchmark problem: ``study.optimize(Problem(harness.objective(...)))``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.benchmark.convert.common import library
from harness.errors import BudgetExhausted
from harness.runs.driven import DrivenObjective

with library("optunahub", "harness.compat.optunahub"):
    import optuna
    import optunahub


class Problem(optunahub.benchmarks.BaseProblem):
    """The problem of a driven run. Its values are the losses, to be minimised.

    Once the budget is spent, the trial that found no budget left is pruned and the study stops.
    """

    def __init__(self, objective: DrivenObjective) -> None:
        self.objective = objective

    def __call__(self, trial: Any) -> Any:
        """Evaluates a trial's configuration, as ``study.optimize`` asks for."""
        try:
            return super().__call__(trial)
        except BudgetExhausted as end:
            trial.study.stop()
            raise optuna.TrialPruned(str(end)) from None

    @property
    def search_space(self) -> dict[str, Any]:
        """The distributions of the searched parameters."""
        return self.objective.problem.space.to_optuna()

    @property
    def directions(self) -> list[Any]:
        """One direction per objective: minimize."""
        return [optuna.study.StudyDirection.MINIMIZE] * len(self.objective.problem.objectives)

    def evaluate(self, params: dict[str, Any]) -> float | Sequence[float]:
        """The loss, or one loss per objective. Raises BudgetExhausted once the budget is spent."""
        losses = self.objective(self.objective.problem.space.from_optuna(params)).losses
        return losses[0] if len(losses) == 1 else losses
