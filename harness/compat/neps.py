"""NePS's ``evaluate_pipeline`` and its pipeline space over a driven run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.benchmark.convert.common import library
from harness.benchmark.space import Categorical, Float, Parameter
from harness.runs.driven import DrivenObjective

with library("neural-pipeline-search", "harness.compat.neps"):
    import neps


def pipeline_space(objective: DrivenObjective) -> Any:
    """The searched parameters, and the fidelity axis if the run has one of numbers, as a ``neps.PipelineSpace``."""
    parts = {name: _part(parameter) for name, parameter in objective.problem.space.items()}
    for axis in objective.problem.axes:
        parameter = objective.problem.fidelities[axis]
        if len(objective.problem.axes) == 1 and not isinstance(parameter, Categorical):
            kind = neps.FloatFidelity if isinstance(parameter, Float) else neps.IntegerFidelity
            parts[axis] = kind(lower=parameter.low, upper=parameter.high)
    return type("Space", (neps.PipelineSpace,), parts)()


def evaluate_pipeline(objective: DrivenObjective) -> Callable[..., dict[str, Any]]:
    """The function that ``neps.run`` calls, in this process. It raises BudgetExhausted once the budget is spent."""

    def evaluate(**values: Any) -> dict[str, Any]:
        axes = {axis: values.pop(axis) for axis in objective.problem.axes if axis in values}
        seen = objective(values, axes)
        losses = list(seen.losses)
        told: dict[str, Any] = {"objective_to_minimize": losses[0] if len(losses) == 1 else losses}
        return told if seen.cost is None else {**told, "cost": seen.cost}

    return evaluate


def _part(parameter: Parameter) -> Any:
    if isinstance(parameter, Categorical):
        return neps.Categorical(choices=parameter.choices)
    if isinstance(parameter, Float):
        return neps.Float(lower=parameter.low, upper=parameter.high, log=parameter.log)
    return neps.Integer(lower=parameter.low, upper=parameter.high)
