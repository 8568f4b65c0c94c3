"""Configurations as numbers, in two forms.

A *point* has one number in [0, 1] per searched parameter, the argument of ``Parameter.at``. ``at`` maps an interval of
numbers to each category and to each whole number; the point has the middle of this interval. *Columns* are the inputs
of kernels: the position of a continuous value in its range (of logarithms if ``log``), a whole number scaled to [0, 1],
one column per choice of a category (one-hot). A parameter with a single value has no column.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.benchmark.space import Categorical, Configuration, Float, Parameter, Space
from optimizers.gaussian_process.hyperparameters import Array
from optimizers.moves import position

STEPS = 4
"""The number of random steps per numeric parameter, among the neighbours of a point."""


def levels(parameter: Parameter) -> int | None:
    """The number of values of a parameter, None if it is continuous."""
    if isinstance(parameter, Float):
        return 1 if parameter.low == parameter.high else None
    if isinstance(parameter, Categorical):
        return len(parameter.choices)
    return parameter.high - parameter.low + 1


class Encoder:
    """Encodes the configurations of one space. ``columns``: the number of columns."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._levels = [levels(parameter) for parameter in space.values()]
        self._one_hot = [isinstance(parameter, Categorical) for parameter in space.values()]
        self.columns = self.encode(np.zeros((1, len(space)))).shape[1]

    @property
    def numeric(self) -> list[int]:
        """The columns of numbers, the others being one-hot."""
        found, at = [], 0
        for count, one_hot in zip(self._levels, self._one_hot, strict=True):
            if count != 1 and not one_hot:
                found.append(at)
            at += 0 if count == 1 else count if one_hot and count is not None else 1
        return found

    def sample(self, rng: np.random.Generator, count: int) -> Array:
        """Uniform random points, shape (count, parameters)."""
        return self._settled(rng.random((count, len(self._space))))

    def point(self, configuration: Mapping[str, Any]) -> Array:
        """The point of a configuration."""
        numbers = zip(self._space.values(), self._levels, strict=True)
        return np.array([_number(p, configuration[p.name], count) for p, count in numbers])

    def configuration(self, point: Array) -> Configuration:
        """The configuration at a point, constants included."""
        pairs = zip(self._space.values(), point.tolist(), strict=True)
        return {parameter.name: parameter.at(u) for parameter, u in pairs} | self._space.constants

    def encode(self, points: Array) -> Array:
        """The columns of points of shape (n, parameters): shape (n, columns)."""
        blocks = [np.zeros((len(points), 0))]
        for u, count, one_hot in zip(points.T, self._levels, self._one_hot, strict=True):
            if count is None:
                blocks.append(u[:, None])
            elif count > 1:
                index = np.minimum(np.floor(u * count), count - 1)[:, None]
                blocks.append((index == np.arange(count)).astype(float) if one_hot else index / (count - 1))
        return np.hstack(blocks)

    def neighbours(self, points: Array, step: float, rng: np.random.Generator) -> Array:
        """For every point, shape (k, parameters): the point itself, then points that differ from it in one parameter,
        in every category, and for each number in ``STEPS`` Gaussian steps of standard deviation ``step``, cut at the
        ends of the range. Shape (k, neighbours, parameters).
        """
        rows, moved, categories = self._moves
        found = np.repeat(points[:, None, :], len(rows) + 1, axis=1)
        steps = step * rng.standard_normal((len(points), int(np.isnan(categories).sum())))
        values = np.tile(categories, (len(points), 1))
        numbers = np.isnan(categories)
        values[:, numbers] = np.clip(points[:, moved[numbers]] + steps, 0.0, 1.0)
        found[:, rows, moved] = values
        return self._settled(np.concatenate(found)).reshape(found.shape)

    @cached_property
    def _moves(self) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
        """Of every neighbour of a point: its number, which parameter differs, and the category's place there (NaN: a
        random step).
        """
        moved: list[int] = []
        places: list[float] = []
        for at, (count, one_hot) in enumerate(zip(self._levels, self._one_hot, strict=True)):
            if count == 1:
                continue
            categories = (np.arange(count) + 0.5) / count if count is not None and one_hot else None
            values = np.full(STEPS, np.nan) if categories is None else categories
            moved += [at] * len(values)
            places += values.tolist()
        return np.arange(1, len(moved) + 1), np.array(moved, dtype=np.int64), np.array(places)

    def _settled(self, points: Array) -> Array:
        """The points with every category and whole number moved to the middle of its interval, so that equal
        configurations have equal points.
        """
        settled: Array = points.copy()
        for at, count in enumerate(self._levels):
            if count is not None:
                settled[:, at] = (np.minimum(np.floor(points[:, at] * count), count - 1) + 0.5) / count
        return settled


def _number(parameter: Parameter, value: Any, count: int | None) -> float:
    if isinstance(parameter, Float):
        return 0.5 if count == 1 else position(parameter, value)
    index = parameter.choices.index(value) if isinstance(parameter, Categorical) else value - parameter.low
    return float(index + 0.5) / (count or 1)
