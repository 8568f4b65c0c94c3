"""A Syne Tune simulator backend over a driven run: its blackbox, and a callback that records the reported results.

Syne Tune's simulator has a clock of its own and reads whole learning curves in advance, so it cannot call for single
evaluations. ``Recorder`` passes on each result that the simulator lets a scheduler see, in this order; so clock,
ledger and budget of the record are the harness's. Use one worker: then both clocks agree.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.benchmark.convert.common import library
from harness.benchmark.space import Categorical, Float, Parameter
from harness.errors import BudgetExhausted, UsageError
from harness.runs.driven import DrivenObjective

with library("syne-tune[blackbox-repository]", "harness.compat.syne_tune"):
    from syne_tune import config_space
    from syne_tune.backend.simulator_backend.simulator_callback import SimulatorCallback
    from syne_tune.blackbox_repository.blackbox import Blackbox as Base
    from syne_tune.blackbox_repository.simulated_tabular_backend import UserBlackboxBackend

ELAPSED = "elapsed_time"
"""The metric with the simulated seconds since the start of a trial."""


class Blackbox(Base):
    """The whole curve of a configuration along the run's fidelity axis, read from its source without charge.

    Objectives are the losses, ``loss`` or one ``loss_METRIC`` each, to be minimised, and ``elapsed_time``.
    """

    def __init__(self, objective: DrivenObjective) -> None:
        problem = objective.problem
        if len(problem.axes) != 1:
            raise UsageError("a Syne Tune blackbox needs a leaderboard with one fidelity axis: setting mf")
        (self.axis,) = problem.axes
        self._problem, self._board = problem, objective.pairing.board
        self._levels = _levels(problem.fidelities[self.axis])
        metrics = [*(each.metric for each in problem.objectives), self._board.price]
        self._means = objective.pairing.source.means(self._board.task, metrics)
        names = ["loss"] if len(problem.objectives) == 1 else [f"loss_{each.metric}" for each in problem.objectives]
        fidelities = {self.axis: _domain(problem.fidelities[self.axis])}
        space = {name: _domain(parameter) for name, parameter in problem.space.items()}
        super().__init__(space, fidelities, [*names, ELAPSED])

    @property
    def fidelity_values(self) -> NDArray[Any]:
        """The values of the fidelity axis."""
        return np.array(self._levels)

    def _objective_function(self, configuration: Any, fidelity: Any = None, seed: Any = None) -> Any:  # noqa: ARG002
        checked = self._problem.space.check(configuration)
        levels = self._levels if fidelity is None else [fidelity[self.axis]]
        told = [self._at({**checked, **self._problem.full, self.axis: level}) for level in levels]
        return np.array(told) if fidelity is None else dict(zip(self.objectives_names, told[0], strict=True))

    def _at(self, row: dict[str, Any]) -> list[float]:
        *values, seconds = self._means.one(row)
        losses = [each.loss(value) for each, value in zip(self._problem.objectives, values, strict=True)]
        return [*losses, seconds]


class Recorder(SimulatorCallback):
    """The callback that records, and that keeps the simulated time, as ``SimulatorCallback`` does."""

    def __init__(self, objective: DrivenObjective) -> None:
        super().__init__()
        self.objective = objective

    def on_trial_result(self, trial: Any, status: str, result: Any, decision: str) -> None:
        """A result that the scheduler has seen is an evaluation of the run, while there is budget."""
        super().on_trial_result(trial, status, result, decision)
        problem = self.objective.problem
        (axis,) = problem.axes
        configuration = {name: trial.config[name] for name in problem.space}
        try:
            self.objective(configuration, {axis: result[axis]})
        except BudgetExhausted:
            return


def backend(objective: DrivenObjective, **more: Any) -> Any:
    """The simulator backend. ``more``: further arguments of ``UserBlackboxBackend``, such as ``max_resource_attr``."""
    return UserBlackboxBackend(Blackbox(objective), elapsed_time_attr=ELAPSED, **more)


def _domain(parameter: Parameter) -> Any:
    if isinstance(parameter, Categorical):
        return config_space.choice(list(parameter.choices))
    if isinstance(parameter, Float):
        made = config_space.loguniform if parameter.log else config_space.uniform
        return made(parameter.low, parameter.high)
    return config_space.randint(parameter.low, parameter.high)


def _levels(parameter: Parameter) -> list[Any]:
    if isinstance(parameter, Categorical):
        return list(parameter.choices)
    if isinstance(parameter, Float):
        raise UsageError(f"{parameter.name} is a real number; a Syne Tune blackbox needs a fidelity axis with levels")
    return list(range(parameter.low, parameter.high + 1))
