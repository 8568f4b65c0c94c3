"""Ax 1.0 and later: parameter configs, for ``Client.configure_experiment``.

Ax wants choices of one plain type. Other choices are given as their numbers. Parameters with one value are left out:
Ax refuses an empty range. Ax also refuses a narrow range, so a real number in a narrow range is given as its position
from 0 to 1 in its (logarithmic) range.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.benchmark.convert import cube
from harness.benchmark.convert.common import keeps, library, number_of, numbered, within
from harness.benchmark.parameters import Categorical, Float, Parameter

NARROW = 1.5e-5
"""The width of the narrowest range that Ax accepts."""


def space_of(parameters: Mapping[str, Parameter]) -> list[Any]:
    """The parameter configs."""
    with library("ax-platform", "to_ax"):
        from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig

    def converted(parameter: Parameter) -> Any:
        name = parameter.name
        if isinstance(parameter, Categorical):
            kept = _keeps(parameter)
            return ChoiceParameterConfig(
                name=name, values=list(parameter.choices if kept else range(len(parameter.choices))),
                parameter_type=type(parameter.choices[0]).__name__ if kept else "int", is_ordered=parameter.ordered,
            )  # fmt: skip
        if isinstance(parameter, Float) and _is_placed(parameter):
            return RangeParameterConfig(name=name, bounds=(0.0, 1.0), parameter_type="float")
        scaling = "log" if isinstance(parameter, Float) and parameter.log else "linear"
        kind = "float" if isinstance(parameter, Float) else "int"
        return RangeParameterConfig(
            name=name, bounds=(parameter.low, parameter.high), parameter_type=kind, scaling=scaling
        )

    return [converted(parameter) for parameter in parameters.values() if has(parameter)]


def has(parameter: Parameter) -> bool:
    """Whether the library's space has the parameter."""
    return parameter.several


def there(parameter: Parameter, value: Any) -> Any:
    """The library's value for a legal value."""
    if isinstance(parameter, Float):
        return cube.there(parameter, value) if _is_placed(parameter) else value
    return number_of(parameter, value) if isinstance(parameter, Categorical) and not _keeps(parameter) else value


def back(parameter: Parameter, value: Any) -> Any:
    """The value for the library's value."""
    if isinstance(parameter, Float):
        return cube.back(parameter, value) if _is_placed(parameter) else within(parameter, value)
    if isinstance(parameter, Categorical):
        return value if _keeps(parameter) else numbered(parameter, value)
    return value


def _is_placed(parameter: Float) -> bool:
    return parameter.high - parameter.low <= NARROW


def _keeps(parameter: Categorical) -> bool:
    return keeps(parameter) and len({type(choice) for choice in parameter.choices}) == 1
