"""Nevergrad: a ``Dict`` parametrization, whose ``value`` has the values by name.

Choices are themselves; an ordered parameter is a ``TransitionChoice``. Parameters with one value are left out:
Nevergrad refuses an empty range.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.benchmark.convert.common import keeps, library, number_of, numbered, within
from harness.benchmark.parameters import Categorical, Float, Integer, Parameter


def space_of(parameters: Mapping[str, Parameter]) -> Any:
    """The parametrization. Its ``random_state`` is the caller's to seed."""
    with library("nevergrad", "to_nevergrad"):
        import nevergrad

    def converted(parameter: Parameter) -> Any:
        if isinstance(parameter, Float):
            kind = nevergrad.p.Log if parameter.log else nevergrad.p.Scalar
            return kind(lower=parameter.low, upper=parameter.high)
        if isinstance(parameter, Integer):
            return nevergrad.p.Scalar(lower=parameter.low, upper=parameter.high).set_integer_casting()
        choices = parameter.choices if keeps(parameter) else range(len(parameter.choices))
        return (nevergrad.p.TransitionChoice if parameter.ordered else nevergrad.p.Choice)(list(choices))

    return nevergrad.p.Dict(**{name: converted(parameter) for name, parameter in parameters.items() if has(parameter)})


def has(parameter: Parameter) -> bool:
    """Whether the library's space has the parameter."""
    return parameter.several


def there(parameter: Parameter, value: Any) -> Any:
    """The library's value for a legal value."""
    return number_of(parameter, value) if isinstance(parameter, Categorical) and not keeps(parameter) else value


def back(parameter: Parameter, value: Any) -> Any:
    """The value for the library's value."""
    if isinstance(parameter, Categorical):
        return value if keeps(parameter) else numbered(parameter, value)
    return within(parameter, value) if isinstance(parameter, Float) else value
