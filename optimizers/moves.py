"""Small changes to a configuration, for local search and evolution.

The *position* of a value is its place in the parameter's range, from 0 to 1 (on the logarithm if the range is ``log``).
It is the inverse of a parameter's ``at``. Steps of continuous and whole-number parameters are measured in positions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from harness.base import exact
from harness.benchmark.space import Categorical, Configuration, Float, Integer, Parameter, Space


def position(parameter: Float, value: float) -> float:
    """The position of ``value``: 0 at the low end of the range, 1 at the high end."""
    if parameter.high == parameter.low:
        return 0.0
    if parameter.log:
        return exact.log_ratio(value, parameter.low) / exact.log_ratio(parameter.high, parameter.low)
    return (value - parameter.low) / (parameter.high - parameter.low)


def mutate(space: Space, configuration: Mapping[str, Any], sigma: float, rng: np.random.Generator) -> Configuration:
    """A copy with one parameter changed; each parameter is equally likely. A category changes to another one, drawn
    uniformly. A number moves by a Gaussian step of standard deviation ``sigma`` in positions, reflected at the ends of
    its range.
    """
    changed = dict(configuration)
    movable = space.movable
    if movable:
        name = movable[int(rng.integers(len(movable)))]
        changed[name] = _mutated(space[name], changed[name], sigma, rng)
    return changed


def mutate_several(
    space: Space, configuration: Mapping[str, Any], rate: float, sigma: float, rng: np.random.Generator
) -> Configuration:
    """A copy in which each of the n parameters is changed as by ``mutate`` with probability ``rate`` / n, at most 1. So
    ``rate`` parameters change on average. If chance selects none, one parameter is changed all the same.
    """
    movable = space.movable
    chosen = [name for name in movable if rng.random() * len(movable) < rate]
    if not chosen:
        return mutate(space, configuration, sigma, rng)
    return {**configuration, **{name: _mutated(space[name], configuration[name], sigma, rng) for name in chosen}}


def neighbours(space: Space, configuration: Mapping[str, Any], step: float) -> list[Configuration]:
    """Every configuration that differs in one parameter: another category, the next whole number up or down, or a
    continuous value one ``step`` of position up or down (to the end of the range if the end is nearer).
    """
    found = []
    for name, parameter in space.items():
        value = configuration[name]
        if isinstance(parameter, Categorical):
            others = [choice for choice in parameter.choices if choice is not value and choice != value]
        elif isinstance(parameter, Integer):
            others = [v for v in (value - 1, value + 1) if parameter.low <= v <= parameter.high]
        else:
            here = position(parameter, value)
            others = [parameter.at(min(max(here + way, 0.0), 1.0)) for way in (-step, step)]
            others = [v for v in others if v != value]
        found += [{**configuration, name: v} for v in others]
    return found


def _mutated(parameter: Parameter, value: Any, sigma: float, rng: np.random.Generator) -> Any:
    if isinstance(parameter, Categorical):
        others = [choice for choice in parameter.choices if choice != value]
        return others[int(rng.integers(len(others)))]
    shift = sigma * float(rng.standard_normal())
    if isinstance(parameter, Float):
        return parameter.at(_reflected(position(parameter, value) + shift, 0.0, 1.0))
    whole = max(1, round(abs(shift) * (parameter.high - parameter.low)))
    return int(_reflected(value + (whole if shift > 0 else -whole), parameter.low, parameter.high))


def _reflected(x: float, low: float, high: float) -> float:
    """``x`` folded back into [low, high] as by mirrors at both ends."""
    span = high - low
    folded = (x - low) % (2 * span)
    return low + min(folded, 2 * span - folded)
