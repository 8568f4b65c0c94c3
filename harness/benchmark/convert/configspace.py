"""ConfigSpace: for SMAC, HpBandSter, DEHB and others.

A choice has its number, because ConfigSpace would turn the choice itself into a NumPy value. An ordered parameter is a
whole number, because not all users of ConfigSpace know ordinal parameters. Numbers and ordered parameters with one
value are left out: ConfigSpace refuses an empty range. It also rounds the ends of a range to 13 decimals. If this would
make a range empty, such as 1e-16 to 1e-14, the real number is its position from 0 to 1 in its (logarithmic) range.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.benchmark.convert import cube
from harness.benchmark.convert.common import library, number_of, numbered, within
from harness.benchmark.parameters import Categorical, Float, Integer, Parameter

DECIMALS = 13
"""The number of decimals to which ConfigSpace rounds the ends of a range of real numbers."""


def space_of(parameters: Mapping[str, Parameter], seed: int) -> Any:
    """The ``ConfigurationSpace``, whose own sampling ``seed`` seeds."""
    with library("ConfigSpace", "to_configspace"):
        import ConfigSpace

    def converted(parameter: Parameter) -> Any:
        if isinstance(parameter, Float):
            if _is_placed(parameter):
                return ConfigSpace.Float(parameter.name, (0.0, 1.0))
            return ConfigSpace.Float(parameter.name, (parameter.low, parameter.high), log=parameter.log)
        if isinstance(parameter, Integer):
            return ConfigSpace.Integer(parameter.name, (parameter.low, parameter.high))
        numbers = range(len(parameter.choices))
        if parameter.ordered:
            return ConfigSpace.Integer(parameter.name, (0, numbers[-1]))
        return ConfigSpace.Categorical(parameter.name, list(numbers))

    space = ConfigSpace.ConfigurationSpace(seed=seed)
    space.add([converted(parameter) for parameter in parameters.values() if has(parameter)])
    return space


def has(parameter: Parameter) -> bool:
    """Whether the library's space has the parameter."""
    return parameter.several or (isinstance(parameter, Categorical) and not parameter.ordered)


def there(parameter: Parameter, value: Any) -> Any:
    """The library's value for a legal value."""
    if isinstance(parameter, Float):
        return cube.there(parameter, value) if _is_placed(parameter) else value
    return number_of(parameter, value) if isinstance(parameter, Categorical) else value


def back(parameter: Parameter, value: Any) -> Any:
    """The value for the library's value."""
    if isinstance(parameter, Float):
        return cube.back(parameter, value) if _is_placed(parameter) else within(parameter, value, 10.0**-DECIMALS)
    return numbered(parameter, value) if isinstance(parameter, Categorical) else value


def _is_placed(parameter: Float) -> bool:
    low, high = round(parameter.low, DECIMALS), round(parameter.high, DECIMALS)
    return low >= high or (parameter.log and low <= 0)
