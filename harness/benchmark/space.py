"""Configuration and fidelity spaces: typed parameters, validation, uniform sampling, derived spaces.

A *configuration* (or a *fidelity*) is a plain dict from parameter names to Python values. ``Space.check`` is the one
place that decides whether it is legal; everything behind it may rely on names, types and ranges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import contains, itemgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.base import exact
from harness.errors import SpaceError

Configuration = dict[str, Any]
BLOCK = 64
"""Configurations whose random numbers are drawn at once."""


@dataclass(frozen=True)
class Float:
    """A real number in [low, high], uniform or (``log``) log-uniform."""

    name: str
    low: float
    high: float
    log: bool = False

    @property
    def domain(self) -> str:
        """The range in words."""
        return f"[{self.low:g}, {self.high:g}]" + (" (log-uniform)" if self.log else "")

    @property
    def several(self) -> bool:
        """Whether there is more than one value."""
        return self.high > self.low

    def check(self, value: Any) -> float:
        """The value as a float, or SpaceError."""
        ok = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
        if not ok or not self.low <= value <= self.high:
            raise SpaceError(f"{self.name} = {value!r} is outside its range {self.domain}")
        return float(value)

    def place(self, value: Any) -> float:
        """Where a legal value stands in the order of values."""
        return float(value)

    def at(self, u: float) -> float:
        """The value at position ``u`` in [0, 1) of the range (of its logarithm if ``log``)."""
        value = self.low * exact.exp(u * self._span) if self.log else self.low + u * (self.high - self.low)
        return min(max(value, self.low), self.high)

    def at_all(self, u: NDArray[np.float64]) -> list[Any]:
        """What ``at`` gives for each of many positions, the same bits."""
        values = self.low * exact.exp_array(u * self._span) if self.log else self.low + u * (self.high - self.low)
        held: list[float] = np.minimum(np.maximum(values, self.low), self.high).tolist()
        return held

    @cached_property
    def _span(self) -> float:
        return exact.log_ratio(self.high, self.low)


@dataclass(frozen=True)
class Integer:
    """A whole number in low..high."""

    name: str
    low: int
    high: int

    @property
    def domain(self) -> str:
        """The range in words."""
        return f"{{{self.low}..{self.high}}}"

    @property
    def several(self) -> bool:
        """Whether there is more than one value."""
        return self.high > self.low

    def check(self, value: Any) -> int:
        """The value as an int, or SpaceError."""
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or not self.low <= value <= self.high:
            raise SpaceError(f"{self.name} = {value!r} is outside its range {self.domain}")
        return int(value)

    def place(self, value: Any) -> float:
        """Where a legal value stands in the order of values."""
        return float(value)

    def at(self, u: float) -> int:
        """The value at position ``u`` in [0, 1) of the range."""
        return self.low + int(u * (self.high - self.low + 1))

    def at_all(self, u: NDArray[np.float64]) -> list[Any]:
        """What ``at`` gives for each of many positions."""
        return list(map(self.at, u.tolist()))


@dataclass(frozen=True)
class Categorical:
    """One of ``choices``; ``ordered`` says whether their order means something."""

    name: str
    choices: tuple[Any, ...]
    ordered: bool = False

    @property
    def domain(self) -> str:
        """The range in words."""
        return "{" + ", ".join(map(str, self.choices)) + "}"

    @property
    def several(self) -> bool:
        """Whether there is more than one value."""
        return len(self.choices) > 1

    def check(self, value: Any) -> Any:
        """The choice equal to ``value`` and of its kind (True is not 1, "1" is not 1), or SpaceError."""
        try:
            return self._accepted[type(value), value]
        except (KeyError, TypeError):
            if isinstance(value, np.generic):
                return self.check(value.item())
            raise SpaceError(f"{self.name} = {value!r} is outside its range {self.domain}") from None

    def place(self, value: Any) -> float:
        """Where a legal value stands among the choices."""
        return float(self.choices.index(value))

    def at(self, u: float) -> Any:
        """The choice at position ``u`` in [0, 1)."""
        return self.choices[int(u * len(self.choices))]

    def at_all(self, u: NDArray[np.float64]) -> list[Any]:
        """What ``at`` gives for each of many positions."""
        return list(map(self.choices.__getitem__, (u * len(self.choices)).astype(np.int64).tolist()))

    @cached_property
    def _accepted(self) -> dict[tuple[type, Any], Any]:
        """By kind and value, so that True is not 1; whole floats may be written as integers."""
        whole = {(int, int(c)): c for c in self.choices if isinstance(c, float) and c == int(c)}
        return whole | {(type(c), c): c for c in self.choices}


Parameter = Float | Integer | Categorical


class _Plain(NamedTuple):
    """The names of a space in order and their types; ``accepted``: the choices of those that have some, whose values
    ``chosen`` picks; ``ranges``: place, low and high of the others.
    """

    names: tuple[str, ...]
    types: tuple[type, ...]
    chosen: Callable[[tuple[Any, ...]], tuple[Any, ...]]
    accepted: list[frozenset[Any]]
    ranges: list[tuple[int, float, float]]


class Space(Mapping[str, Parameter]):
    """An ordered set of searched parameters plus ``constants`` that every configuration carries unsearched.

    A constant may be left out of a configuration; if given it must have the constant's value.
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
        """A copy, for a space is shared by the harness and the methods it is handed to."""
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
            raise SpaceError(f"a configuration is a mapping of parameter names to values, not {configuration!r}")
        checked = {}
        for name, parameter in self._parameters.items():
            try:
                value = configuration[name]
            except KeyError:
                raise SpaceError(f"{name} is missing; it takes {parameter.domain}") from None
            checked[name] = parameter.check(value)
        for name, value in self._constants.items():
            if name in configuration and configuration[name] != value:
                raise SpaceError(f"{name} = {configuration[name]!r} is fixed to {value!r} in this space")
            checked[name] = value
        # Without constants everything checked was there, so that the number alone says whether there is more.
        if len(configuration) > len(checked) or (self._constants and not configuration.keys() <= checked.keys()):
            extra = next(name for name in configuration if name not in checked)
            raise SpaceError(f"{extra} is no parameter of this space; it has {', '.join(checked)}")
        return checked

    def _copied(self, configuration: Any) -> Configuration | None:
        """A copy of a dict of this space's names, in their order, whose values are plainly legal, each of the very type
        that a check gives: many times faster than one by one. None if it is not so plain.
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
        """What ``_copied`` goes by; None if a parameter or constant has values that are equal and not the same."""
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
        return next(self._at(rng.random((1, len(self._parameters)))))

    def samples(self, rng: np.random.Generator) -> Iterator[Configuration]:
        """What ``sample`` gives time after time, in less of it: for a generator that nothing else draws from."""
        while True:
            yield from self._at(rng.random((BLOCK, len(self._parameters))))

    def _at(self, places: NDArray[np.float64]) -> Iterator[Configuration]:
        """The configurations at positions in [0, 1) of the parameters, a row each."""
        for values in self._values_at(places):
            drawn: Configuration = dict(zip(self._parameters, values, strict=True))
            yield drawn | self._constants if self._constants else drawn

    def _values_at(self, places: NDArray[np.float64]) -> Iterable[Sequence[Any]]:
        if self._choices is not None:  # all at once, with what ``Categorical.at`` does
            sizes, first, choices = self._choices
            values: list[list[Any]] = choices[(places * sizes).astype(np.int64) + first].tolist()
            return values
        own = self._parameters.values()
        if len(places) == 1 or not own:
            return [[p.at(u) for p, u in zip(own, row, strict=True)] for row in places.tolist()]
        return zip(*[p.at_all(u) for p, u in zip(own, places.T, strict=True)], strict=True)

    @cached_property
    def _choices(self) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.object_]] | None:
        """How many choices each parameter has, where they begin among those of all, and these; None if one has none."""
        own = [p.choices for p in self._parameters.values() if isinstance(p, Categorical)]
        if not own or len(own) < len(self._parameters):
            return None
        sizes = np.array([len(choices) for choices in own])
        every = np.empty(sizes.sum(), object)
        every[:] = [choice for choices in own for choice in choices]
        return sizes.astype(np.float64), np.cumsum(sizes) - sizes, every

    def fix(self, values: Mapping[str, Any]) -> Space:
        """The derived space in which the named parameters are constants."""
        fixed = {name: self[name].check(value) for name, value in values.items()}
        rest = tuple(p for name, p in self._parameters.items() if name not in fixed)
        return Space(rest, {**fixed, **self._constants})
