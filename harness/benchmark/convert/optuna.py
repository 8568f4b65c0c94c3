"""Optuna: distributions, for ``study.ask`` and samplers.

Choices are themselves. If Optuna would not keep them (types other than str, bool, int and float, or equal choices, as
True and 1 are), they are given as their numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.benchmark.convert.common import keeps, library, number_of, numbered, within
from harness.benchmark.parameters import Categorical, Float, Integer, Parameter


def space_of(parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """The distribution of each parameter."""
    with library("optuna", "to_optuna"):
        from optuna import distributions

    def converted(parameter: Parameter) -> Any:
        if isinstance(parameter, Float):
            return distributions.FloatDistribution(parameter.low, parameter.high, log=parameter.log)
        if isinstance(parameter, Integer):
            return distributions.IntDistribution(parameter.low, parameter.high)
        choices = parameter.choices if keeps(parameter) else tuple(range(len(parameter.choices)))
        return distributions.CategoricalDistribution(choices)

    return {name: converted(parameter) for name, parameter in parameters.items()}


def has(parameter: Parameter) -> bool:  # noqa: ARG001 - conversions share their signatures
    """Every parameter is there."""
    return True


def there(parameter: Parameter, value: Any) -> Any:
    """The library's value for a legal value."""
    return number_of(parameter, value) if isinstance(parameter, Categorical) and not keeps(parameter) else value


def back(parameter: Parameter, value: Any) -> Any:
    """The value for the library's value."""
    if isinstance(parameter, Categorical):
        return value if keeps(parameter) else numbered(parameter, value)
    return within(parameter, value) if isinstance(parameter, Float) else value
