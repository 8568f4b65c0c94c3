"""Configuration and fidelity spaces: typed parameters, validation, uniform sampling, derived spaces.

A *configuration* (or a *fidelity*) is a plain dict from parameter names to Python values. ``Space.check`` is the one
place that decides whether it is legal; everything behind it may rely on names, types and ranges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from operator import contains, itemgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.base.escape import shown
from harness.benchmark.convert import Convertible
from harness.benchmark.parameters import Categorical, Float, Integer, Parameter
from harness.errors import SpaceError

__all__ = ["BLOCK", "Categorical", "Configuration", "Float", "Integer", "Parameter", "Space"]

Configuration = dict[str, Any]
BLOCK = 128
"""The number of configurations whose random numbers are drawn at once."""


class _Plain(NamedTuple):
    """The names of a space in order and the types of their values. ``chosen`` picks the values with choices from a
    configuration's, and ``accepted`` has their choices; ``ranges``: place, low and high of the other values.
    """

    names: tuple[str, ...]
    types: tuple[type, ...]
    chosen: Callable[[tuple[Any, ...]], tuple[Any, ...]]
    accepted: list[frozenset[Any]]
    ranges: list[tuple[int, float, float]]


class Space(Convertible):
    """Parameters to search, in order, and ``constants``, which have the same value in every configuration.

    A configuration may leave a constant out, but may not have another value for it. A space is also a mapping from
    names to parameters: ``space["LearningRate"].low``.
    """

    def __init__(self, parameters: tuple[Parameter, ...], constants: Mapping[str, Any] | None = None) -> None:
        self._parameters = {p.name: p for p in parameters}
        self._constants: dict[str, Any] = dict(constants or {})

    def __getitem__(self, name: str) -> Parameter:
        return self._parameters[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parameters)

    def __len__(self) -> int:
        return len(self._parameters)

    @property
    def constants(self) -> dict[str, Any]:
        """A copy of the constants: harness and methods share a space, so nobody may change it."""
        return dict(self._constants)

    @cached_property
    def movable(self) -> tuple[str, ...]:
        """The searched parameters that have more than one value."""
        return tuple(name for name, parameter in self._parameters.items() if parameter.several)

    def __repr__(self) -> str:
        return f"Space({', '.join(self)}; constants {self._constants})"

    def check(self, configuration: Mapping[str, Any]) -> Configuration:
        """A new dict of the searched parameters in order, then the constants.

        SpaceError names a missing or unknown parameter, or a value outside its range.
        """
        copied = self._copied(configuration)
        if copied is not None:
            return copied
        if not isinstance(configuration, Mapping):
            raise SpaceError(f"a configuration is a mapping of parameter names to values, not {shown(configuration)}")
        checked = {}
        for name, parameter in self._parameters.items():
            try:
                value = configuration[name]
            except KeyError:
                raise SpaceError(f"{name} is missing; it takes {parameter.domain}") from None
            checked[name] = parameter.check(value)
        for name, value in self._constants.items():
            if name in configuration and configuration[name] != value:
                raise SpaceError(f"{name} = {shown(configuration[name])} is fixed to {value!r} in this space")
            checked[name] = value
        # Without constants every checked name was given, so comparing the numbers of names finds an extra one.
        if len(configuration) > len(checked) or (self._constants and not configuration.keys() <= checked.keys()):
            extra = next(name for name in configuration if name not in checked)
            raise SpaceError(f"{extra} is no parameter of this space; it has {', '.join(checked)}")
        return checked

    def _copied(self, configuration: Any) -> Configuration | None:
        """The shortcut of ``check``, many times faster than one check per parameter.

        It copies a dict that has exactly this space's names, in their order, and legal values of the very types that a
        check gives. None for any other configuration.
        """
        if self._plain is None or type(configuration) is not dict:
            return None
        names, types, chosen, accepted, ranges = self._plain
        if tuple(configuration) != names:
            return None
        values = tuple(configuration.values())
        if tuple(map(type, values)) != types or not all(map(contains, accepted, chosen(values))):
            return None
        for at, low, high in ranges:
            if not low <= values[at] <= high:
                return None
        return configuration.copy()

    @cached_property
    def _plain(self) -> _Plain | None:
        """The rules of ``_copied``. None if a parameter or constant has values that are equal and not the same."""
        types: list[type] = []
        accepted: list[frozenset[Any]] = []
        chosen: list[int] = []
        ranges: list[tuple[int, float, float]] = []
        constants = (Categorical(name, (value,)) for name, value in self._constants.items())
        for at, parameter in enumerate((*self._parameters.values(), *constants)):
            if isinstance(parameter, Categorical):
                kinds = {type(choice) for choice in parameter.choices}
                if kinds not in ({bool}, {int}, {str}, {float}) or (kinds == {float} and 0.0 in parameter.choices):
                    return None
                types.append(kinds.pop())
                accepted.append(frozenset(parameter.choices))
                chosen.append(at)
            else:
                types.append(int if isinstance(parameter, Integer) else float)
                ranges.append((at, parameter.low, parameter.high))
        one = slice(chosen[0], chosen[0] + 1) if chosen else slice(0)  # a getter of one thing gives no tuple
        picked: Callable[[tuple[Any, ...]], tuple[Any, ...]] = itemgetter(*chosen) if chosen[1:] else itemgetter(one)
        return _Plain((*self._parameters, *self._constants), tuple(types), picked, accepted, ranges)

    def sample(self, rng: np.random.Generator) -> Configuration:
        """A uniform random configuration (one draw per parameter, in their order), constants included."""
        own = self._parameters.values()
        drawn = {p.name: p.at(u) for p, u in zip(own, rng.random(len(own)).tolist(), strict=True)}
        return drawn | self._constants

    def samples(self, rng: np.random.Generator) -> Iterator[Configuration]:
        """The same as repeated calls of ``sample``, but faster. Nothing else may draw from ``rng`` meanwhile."""
        while True:
            yield from self._at(rng.random((BLOCK, len(self._parameters))))

    def _at(self, places: NDArray[np.float64]) -> list[Configuration]:
        """One configuration for each row of ``places``, the positions in [0, 1) of the parameters."""
        columns = [p.at_all(u) for p, u in zip(self._parameters.values(), places.T, strict=True)]
        columns += [[value] * len(places) for value in self._constants.values()]
        if not columns:
            return [{} for _ in places]
        names = (*self._parameters, *self._constants)
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]

    def fix(self, values: Mapping[str, Any]) -> Space:
        """A new space, in which the named parameters are constants."""
        fixed = {name: self[name].check(value) for name, value in values.items()}
        rest = tuple(p for name, p in self._parameters.items() if name not in fixed)
        return Space(rest, {**fixed, **self._constants})
