"""A ``Space`` as the libraries of the AutoML groups see it: a ConfigSpace, and back.

Categorical choices are searched by their number, for ConfigSpace would make NumPy values of them; ordered ones as whole
numbers, for HpBandSter knows no ordinal parameters. Constants are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ConfigSpace

from harness.benchmark.space import Categorical, Configuration, Float, Integer, Parameter, Space


def encode(space: Space, seed: int) -> ConfigSpace.ConfigurationSpace:
    """The searched parameters, in their order; ``seed`` is for sampling from it."""
    encoded = ConfigSpace.ConfigurationSpace(seed=seed)
    encoded.add([_hyperparameter(parameter) for parameter in space.values()])
    return encoded


def decode(space: Space, values: Mapping[str, Any]) -> Configuration:
    """The configuration, constants included."""
    return {name: _value(parameter, values[name]) for name, parameter in space.items()} | space.constants


def _hyperparameter(parameter: Parameter) -> Any:
    if isinstance(parameter, Float):
        return ConfigSpace.Float(parameter.name, (parameter.low, parameter.high), log=parameter.log)
    if isinstance(parameter, Integer):
        return ConfigSpace.Integer(parameter.name, (parameter.low, parameter.high))
    numbers = range(len(parameter.choices))
    if parameter.ordered:
        return ConfigSpace.Integer(parameter.name, (0, numbers[-1]))
    return ConfigSpace.Categorical(parameter.name, list(numbers))


def _value(parameter: Parameter, value: Any) -> Any:
    if isinstance(parameter, Categorical):
        return parameter.choices[int(value)]
    if isinstance(parameter, Integer):
        return int(value)
    return min(max(float(value), parameter.low), parameter.high)  # log and exp may round past the ends
