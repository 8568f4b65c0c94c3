"""A Ray Tune trainable over a driven run.

Ray runs every trial in a process of its own, so the run lives in an actor, a process that all trials call. Tune one
trial at a time (``max_concurrent_trials=1``): the run has one clock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.benchmark.convert.common import library
from harness.benchmark.method import Observation
from harness.benchmark.space import Categorical, Float, Parameter, Space
from harness.errors import BudgetExhausted
from harness.runs.driven import objective
from harness.runs.results import Results

with library("ray[tune]", "harness.compat.ray_tune"):
    import ray
    from ray import tune


class _Run:
    """The driven run, as the actor holds it."""

    def __init__(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
        self.objective = objective(*arguments, **options)

    def problem(self) -> tuple[Space, tuple[str, ...]]:
        return self.objective.problem.space, self.objective.problem.axes

    def evaluate(self, configuration: dict[str, Any], fidelity: dict[str, Any]) -> Observation | None:
        try:
            return self.objective(configuration, fidelity)
        except BudgetExhausted:
            return None

    def finish(self) -> Results:
        return self.objective.finish()


class Driven:
    """A driven run for Ray Tune; the arguments are those of ``harness.objective``.

    ``param_space`` and ``trainable`` are for ``tune.Tuner``. ``finish`` ends the run and records it.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._run = ray.remote(_Run).options(num_cpus=0).remote(arguments, options)
        self._space, self._axes = ray.get(self._run.problem.remote())

    @property
    def param_space(self) -> dict[str, Any]:
        """The searched parameters as domains of Ray Tune."""
        return {name: _domain(parameter) for name, parameter in self._space.items()}

    @property
    def trainable(self) -> Callable[[dict[str, Any]], None]:
        """Evaluates a trial's configuration and reports ``loss`` (or ``loss_0`` and so on), ``cost`` and ``over``.

        A configuration may name a fidelity, such as ``epoch``. Once the budget is spent, a trial reports ``over=True``
        and an infinite loss; ``stop={"over": True}`` ends it.
        """
        run, axes = self._run, self._axes

        def evaluate(config: dict[str, Any]) -> None:
            fidelity = {axis: config[axis] for axis in axes if axis in config}
            configuration = {name: value for name, value in config.items() if name not in fidelity}
            seen = ray.get(run.evaluate.remote(configuration, fidelity))
            losses = (float("inf"),) if seen is None else seen.losses
            names = ["loss"] if len(losses) == 1 else [f"loss_{number}" for number in range(len(losses))]
            cost = 0.0 if seen is None or seen.cost is None else seen.cost
            tune.report({**dict(zip(names, losses, strict=True)), "cost": cost, "over": seen is None})

        return evaluate

    def finish(self) -> Results:
        """Ends the run and records it."""
        found: Results = ray.get(self._run.finish.remote())
        ray.kill(self._run)
        return found


def _domain(parameter: Parameter) -> Any:
    if isinstance(parameter, Categorical):
        return tune.choice(list(parameter.choices))
    if isinstance(parameter, Float):
        return (tune.loguniform if parameter.log else tune.uniform)(parameter.low, parameter.high)
    return tune.randint(parameter.low, parameter.high + 1)
