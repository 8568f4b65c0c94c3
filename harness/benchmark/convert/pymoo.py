"""pymoo: mixed variables, for ``Problem(vars=...)``.

pymoo knows no logarithmic variables, so a real number is its position from 0 to 1 in its (logarithmic) range. A choice
has its number, because pymoo would turn the choice itself into a NumPy value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.benchmark.convert import cube
from harness.benchmark.convert.common import library, number_of, numbered
from harness.benchmark.parameters import Categorical, Float, Integer, Parameter


def space_of(parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """The variable of each parameter."""
    with library("pymoo", "to_pymoo"):
        from pymoo.core import variable

    def converted(parameter: Parameter) -> Any:
        if isinstance(parameter, Float):
            return variable.Real(bounds=(0.0, 1.0))
        if isinstance(parameter, Integer):
            return variable.Integer(bounds=(parameter.low, parameter.high))
        return variable.Choice(options=list(range(len(parameter.choices))))

    return {name: converted(parameter) for name, parameter in parameters.items()}


def has(parameter: Parameter) -> bool:  # noqa: ARG001 - conversions share their signatures
    """Every parameter is there."""
    return True


def there(parameter: Parameter, value: Any) -> Any:
    """The library's value for a legal value."""
    if isinstance(parameter, Categorical):
        return number_of(parameter, value)
    return cube.there(parameter, value) if isinstance(parameter, Float) else value


def back(parameter: Parameter, value: Any) -> Any:
    """The value for the library's value."""
    if isinstance(parameter, Categorical):
        return numbered(parameter, value)
    return cube.back(parameter, value) if isinstance(parameter, Float) else value
