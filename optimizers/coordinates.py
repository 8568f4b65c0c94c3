"""What libraries' values are in the unit cube, for adapters of libraries that search numbers instead of the space."""

from __future__ import annotations

from collections.abc import Mapping

from harness.benchmark.space import Categorical, Configuration, Float, Integer, Parameter, Space


def ends(parameter: Integer | Categorical) -> tuple[int, int]:
    """The first and the last number of a parameter's values: a choice is its number from 0."""
    if isinstance(parameter, Categorical):
        return 0, len(parameter.choices) - 1
    return parameter.low, parameter.high


def configuration_of(space: Space, values: Mapping[str, float]) -> Configuration:
    """The configuration of a library's values of the movable parameters: the position from 0 to 1 of a real number in
    its (logarithmic) range, a whole number itself, and the number of a choice. Fixed parameters need no value.
    """
    at = dict.fromkeys(space, 0.0)
    at.update((name, _coordinate(space[name], float(values[name]))) for name in space.movable)
    return space.from_unit_cube(at.values())


def _coordinate(parameter: Parameter, value: float) -> float:
    """The coordinate of a library's value in the unit cube; the middle of its part where values are counted."""
    if isinstance(parameter, Float):
        return value
    low, high = ends(parameter)
    return (value - low + 0.5) / (high - low + 1)
