"""Configuration and fidelity spaces: typed parameters, validation, uniform sampling, derived spaces.

A *configuration* (or a *fidelity*) is a plain dict from parameter names to Python values. ``Space.check`` is the one
place that decides whether it is legal; everything behind it may rely on names, types and ranges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import contains, getitem, itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import exact
from harness.errors import SpaceError

Configuration = dict[str, Any]


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

    @cached_property
    def _accepted(self) -> dict[tuple[type, Any], Any]:
        """By kind and value, so that True is not 1; whole floats may be written as integers."""
        whole = {(int, int(c)): c for c in self.choices if isinstance(c, float) and c == int(c)}
        return whole | {(type(c), c): c for c in self.choices}


Parameter = Float | Integer | Categorical


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
        if not isinstance(configuration, Mapping):
            raise SpaceError(f"a configuration is a mapping of parameter names to values, not {configuration!r}")
        checked = self._known(configuration)
        if checked is None:
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

    def values_of(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """The values of the searched parameters, in their order. KeyError for one that is missing."""
        return self._take(row) if self._take is not None else tuple(row[name] for name in self._parameters)

    @cached_property
    def _take(self) -> Callable[[Mapping[str, Any]], tuple[Any, ...]] | None:
        """Of several parameters: for one, an ``itemgetter`` gives no tuple."""
        return itemgetter(*self._parameters) if len(self._parameters) > 1 else None

    def _known(self, configuration: Mapping[str, Any]) -> Configuration | None:
        """What ``check`` has of the searched parameters where all are categorical and the values are plainly choices of
        theirs: many times faster than one by one. None if that is not so.
        """
        if self._plain is None:
            return None
        types, accepted = self._plain
        try:
            values = self.values_of(configuration)
            if tuple(map(type, values)) != types or not all(map(contains, accepted, values)):
                return None
        except (KeyError, TypeError):
            return None
        return dict(zip(self._parameters, values, strict=True))

    @cached_property
    def _plain(self) -> tuple[tuple[type, ...], list[frozenset[Any]]] | None:
        """Types and choices of the parameters, None unless all have choices of one type whose equals are the same."""
        own = [p.choices for p in self._parameters.values() if isinstance(p, Categorical)]
        kinds = [{type(c) for c in choices} for choices in own]
        if len(own) < len(self) or any(kind not in ({bool}, {int}, {str}) for kind in kinds):
            return None
        return tuple(type(choices[0]) for choices in own), [frozenset(choices) for choices in own]

    def sample(self, rng: np.random.Generator) -> Configuration:
        """A uniform random configuration (one draw per parameter, in their order), constants included."""
        uniform = rng.random(len(self._parameters))
        if self._choices is not None:  # all at once, with what ``Categorical.at`` does
            sizes, names, choices = self._choices
            places = (uniform * sizes).astype(np.int64).tolist()
            drawn: Configuration = dict(zip(names, map(getitem, choices, places), strict=True))
            return drawn | self._constants if self._constants else drawn
        draws = uniform.tolist()
        drawn = {name: p.at(u) for (name, p), u in zip(self._parameters.items(), draws, strict=True)}
        return drawn | self._constants

    @cached_property
    def _choices(self) -> tuple[NDArray[np.float64], tuple[str, ...], list[tuple[Any, ...]]] | None:
        """Sizes, names and choices of the parameters, None if one has no choices."""
        own = [p for p in self._parameters.values() if isinstance(p, Categorical)]
        if not own or len(own) < len(self._parameters):
            return None
        sizes = np.array([len(p.choices) for p in own], np.float64)
        return sizes, tuple(p.name for p in own), [p.choices for p in own]

    def fix(self, values: Mapping[str, Any]) -> Space:
        """The derived space in which the named parameters are constants."""
        fixed = {name: self[name].check(value) for name, value in values.items()}
        rest = tuple(p for name, p in self._parameters.items() if name not in fixed)
        return Space(rest, {**fixed, **self._constants})
