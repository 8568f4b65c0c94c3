"""scikit-optimize: a list of dimensions, and points that are lists.

A choice has its number, because scikit-optimize would turn the choice itself into a NumPy value. An ordered parameter
is a whole number. Parameters with one value are left out: scikit-optimize refuses an empty range.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.benchmark.convert.common import library, number_of, numbered, within
from harness.benchmark.parameters import Categorical, Float, Integer, Parameter


def space_of(parameters: Mapping[str, Parameter]) -> list[Any]:
    """The dimensions, with the parameters' names."""
    with library("scikit-optimize", "to_skopt"):
        from skopt import space

    def converted(parameter: Parameter) -> Any:
        name = parameter.name
        if isinstance(parameter, Float):
            prior = "log-uniform" if parameter.log else "uniform"
            return space.Real(parameter.low, parameter.high, prior=prior, name=name)
        if isinstance(parameter, Integer):
            return space.Integer(parameter.low, parameter.high, name=name)
        numbers = range(len(parameter.choices))
        if parameter.ordered:
            return space.Integer(0, numbers[-1], name=name)
        return space.Categorical(list(numbers), name=name)

    return [converted(parameter) for parameter in parameters.values() if has(parameter)]


def has(parameter: Parameter) -> bool:
    """Whether the library's space has the parameter."""
    return parameter.several


def there(parameter: Parameter, value: Any) -> Any:
    """The library's value for a legal value."""
    return number_of(parameter, value) if isinstance(parameter, Categorical) else value


def back(parameter: Parameter, value: Any) -> Any:
    """The value for the library's value."""
    if isinstance(parameter, Categorical):
        return numbered(parameter, value)
    return within(parameter, value) if isinstance(parameter, Float) else value
