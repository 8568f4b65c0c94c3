"""Translates a ``Space`` into a ConfigSpace for SMAC and HpBandSter, and their configurations back.

A categorical choice is encoded by its number, because ConfigSpace would turn the choice itself into a NumPy value. An
ordered parameter becomes a whole number, because HpBandSter knows no ordinal parameters. Constants are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ConfigSpace

from harness.benchmark.space import Categorical, Configuration, Float, Integer, Parameter, Space


def encode(space: Space, seed: int) -> ConfigSpace.ConfigurationSpace:
    """The ConfigSpace of the searched parameters, in their order. ``seed`` seeds the ConfigSpace's own sampling."""
    encoded = ConfigSpace.ConfigurationSpace(seed=seed)
    encoded.add([_hyperparameter(parameter) for parameter in space.values()])
    return encoded


def decode(space: Space, values: Mapping[str, Any]) -> Configuration:
    """The configuration that the encoded ``values`` stand for, constants included."""
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
