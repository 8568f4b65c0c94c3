"""A space for other libraries: their own objects for it, their points for configurations, and back.

For every library there is a pair of methods, ``to_NAME`` and ``from_NAME``:

- ``space.to_NAME()`` is the library's own space: it has the searched parameters in their order, without the constants.
- ``space.to_NAME(configuration)`` is the configuration as a point of the library's space.
- ``space.from_NAME(point)`` is the point of the library's space as a configuration, checked, with the constants.

``space.from_NAME(space.to_NAME(c)) == c`` for every configuration. In the unit cube and in pymoo, a real number is its
position in its range; there this holds for the values that ``sample`` gives (see ``cube``).

A library is imported when its space is made. If it is not installed, UsageError names the command that installs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from harness.benchmark.convert import ax, configspace, cube, nevergrad, optuna, pymoo, skopt
from harness.benchmark.parameters import Parameter
from harness.errors import SpaceError


class Convertible(Mapping[str, Parameter]):
    """The conversions of a ``Space``."""

    def check(self, configuration: Mapping[str, Any]) -> dict[str, Any]:
        """A new dict of the searched parameters in order, then the constants."""
        raise NotImplementedError

    def to_configspace(self, configuration: Mapping[str, Any] | None = None, *, seed: int = 0) -> Any:
        """The ``ConfigSpace.ConfigurationSpace``; with a configuration, the values of a ``ConfigSpace.Configuration``.

        A choice is its number, an ordered parameter a whole number. ``seed`` seeds the ConfigurationSpace's sampling.
        """
        if configuration is None:
            return configspace.space_of(self, seed)
        return self._there(configspace, configuration)

    def from_configspace(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The configuration of a ``ConfigSpace.Configuration``, or of its values."""
        return self._back(configspace, values)

    def to_optuna(self, configuration: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Optuna's distributions, for ``study.ask``; with a configuration, the values for ``study.enqueue_trial``."""
        return optuna.space_of(self) if configuration is None else self._there(optuna, configuration)

    def from_optuna(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The configuration of ``trial.params``."""
        return self._back(optuna, values)

    def to_skopt(self, configuration: Mapping[str, Any] | None = None) -> list[Any]:
        """scikit-optimize's dimensions; with a configuration, its point. A choice is its number."""
        return skopt.space_of(self) if configuration is None else list(self._there(skopt, configuration).values())

    def from_skopt(self, point: Sequence[Any]) -> dict[str, Any]:
        """The configuration of a point."""
        names = [name for name, parameter in self.items() if skopt.has(parameter)]
        return self._back(skopt, self._named(names, point))

    def to_ax(self, configuration: Mapping[str, Any] | None = None) -> Any:
        """Ax's parameter configs; with a configuration, the parameters for ``client.attach_trial``."""
        return ax.space_of(self) if configuration is None else self._there(ax, configuration)

    def from_ax(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The configuration of a trial's parameters."""
        return self._back(ax, parameters)

    def to_nevergrad(self, configuration: Mapping[str, Any] | None = None) -> Any:
        """Nevergrad's parametrization; with a configuration, the value for ``parametrization.spawn_child``."""
        return nevergrad.space_of(self) if configuration is None else self._there(nevergrad, configuration)

    def from_nevergrad(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """The configuration of a candidate's ``value``."""
        return self._back(nevergrad, value)

    def to_pymoo(self, configuration: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The variables of pymoo, for ``Problem(vars=...)``; with a configuration, the ``X`` of an individual.

        A choice is its number, a real number its position from 0 to 1 in its (logarithmic) range.
        """
        return pymoo.space_of(self) if configuration is None else self._there(pymoo, configuration)

    def from_pymoo(self, x: Mapping[str, Any]) -> dict[str, Any]:
        """The configuration of an individual's ``X``."""
        return self._back(pymoo, x)

    @overload
    def to_unit_cube(self) -> list[tuple[float, float]]: ...

    @overload
    def to_unit_cube(self, configuration: Mapping[str, Any]) -> NDArray[np.float64]: ...

    def to_unit_cube(
        self, configuration: Mapping[str, Any] | None = None
    ) -> list[tuple[float, float]] | NDArray[np.float64]:
        """The bounds (0, 1) of every coordinate, as SciPy takes them; with a configuration, its coordinates, an array
        of one number per parameter.
        """
        if configuration is None:
            return [(0.0, 1.0)] * len(self)
        checked = self.check(configuration)
        return np.array([cube.there(parameter, checked[name]) for name, parameter in self.items()])

    def from_unit_cube(self, point: Iterable[float]) -> dict[str, Any]:
        """The configuration at a point: one coordinate from 0 to 1 per parameter."""
        placed = self._named(list(self), point)
        return self.check({name: cube.back(parameter, placed[name]) for name, parameter in self.items()})

    def _there(self, conversion: Any, configuration: Mapping[str, Any]) -> dict[str, Any]:
        checked = self.check(configuration)
        return {
            name: conversion.there(parameter, checked[name])
            for name, parameter in self.items() if conversion.has(parameter)
        }  # fmt: skip

    def _back(self, conversion: Any, values: Mapping[str, Any]) -> dict[str, Any]:
        configuration = dict(values)  # with the names that are wrong, which ``check`` reports
        for name, parameter in self.items():
            if name in configuration:
                configuration[name] = conversion.back(parameter, configuration[name])
            elif not conversion.has(parameter):
                configuration[name] = parameter.at(0.0)
        return self.check(configuration)

    @staticmethod
    def _named(names: Sequence[str], point: Iterable[Any]) -> dict[str, Any]:
        values = list(point)
        if len(values) != len(names):
            raise SpaceError(f"a point has {len(names)} values, for {', '.join(names)}, not {len(values)}")
        return dict(zip(names, values, strict=True))
