"""Pickled objects as inert records, which only store the content of the pickle.

A class or function named by the pickle becomes a ``Global`` (two strings), an instance of it a ``Record``. Nothing
here looks a name up, imports a module or has behaviour, so no pickle can make a record do anything.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.base.budget import Budget
from harness.sources.foreign.errors import UnsupportedModel

LARGEST = sys.float_info.max


@dataclass(frozen=True)
class Global:
    """The name of a class or function; never resolved."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"

    @property
    def package(self) -> str:
        """Top-level package of the module."""
        return self.module.partition(".")[0]


@dataclass(eq=False, repr=False)
class Record:
    """An object of class ``cls`` (or the result of the inert function ``cls``): its arguments, state and items."""

    cls: Global
    args: tuple[Any, ...] = ()
    states: list[Any] = field(default_factory=list)
    items: list[Any] = field(default_factory=list)

    def __repr__(self) -> str:  # never the contents, which may be huge or refer to themselves
        return f"<{self.cls}>"

    @property
    def state(self) -> dict[str, Any]:
        """The attributes: all dictionaries the pickle gave as state, later ones winning."""
        merged: dict[str, Any] = {}
        for state in self.states:
            for part in state if isinstance(state, tuple) else (state,):
                if isinstance(part, dict):
                    merged.update(part)
        return merged

    def is_a(self, package: str, name: str) -> bool:
        """Whether this is an instance of ``name`` somewhere in ``package`` (modules moved between versions)."""
        return self.cls.package == package and self.cls.name == name


@dataclass(eq=False, repr=False)
class Bag:
    """A set or frozenset as the list of its members: not hashed, so members chosen to collide cost nothing."""

    items: list[Any] = field(default_factory=list)


@dataclass(eq=False, repr=False)
class ObjectArray:
    """A NumPy array of Python objects, kept as a flat list in C order."""

    shape: tuple[int, ...]
    items: list[Any]


@dataclass(eq=False, repr=False)
class ArrayShell:
    """An ndarray that the pickle creates empty and fills later; ``value`` is None until then."""

    value: np.ndarray[Any, Any] | ObjectArray | None = None


@dataclass(eq=False, repr=False)
class DTypeShell:
    """A NumPy dtype that the pickle creates first and gives its byte order later."""

    kind: str
    size: int
    order: str = "|"


def plain_list(value: Any, what: str, budget: Budget) -> list[Any]:
    """The elements of a pickled list, tuple or one-dimensional array as Python values, or a named refusal."""
    if isinstance(value, ArrayShell):
        value = value.value
    length = len(value.items) if isinstance(value, ObjectArray) else value.size if isinstance(value, np.ndarray) else 0
    budget.spend(length or (len(value) if isinstance(value, (list, tuple)) else 0))
    if isinstance(value, ObjectArray):
        return list(value.items)
    if isinstance(value, np.ndarray) and value.ndim == 1:
        return list(value.tolist())
    if isinstance(value, (list, tuple)):
        return list(value)
    raise UnsupportedModel(f"{what} is not a list but {describe(value)}")


def numbers(value: Any, what: str, budget: Budget) -> list[float]:
    """``plain_list`` whose elements must all be finite numbers."""
    found = plain_list(value, what, budget)
    for item in found:
        if isinstance(item, bool) or not isinstance(item, (int, float)) or not abs(item) <= LARGEST:
            raise UnsupportedModel(f"{what} has {describe(item)} where a finite number belongs")
    return [float(item) for item in found]


def describe(value: Any) -> str:
    """A short name of any value for error messages; never prints contents that may be huge or recursive."""
    if isinstance(value, Record):
        return f"an object of {value.cls}"
    if isinstance(value, Global):
        return str(value)
    if value is None or isinstance(value, (bool, float)):
        return repr(value)
    if isinstance(value, int):
        return repr(value) if value.bit_length() <= 64 else "a huge integer"
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else value[:57] + "...")
    return f"a {type(value).__name__}"


def pairs(value: Sequence[Any], what: str) -> list[tuple[Any, Any]]:
    """A list of 2-tuples, checked."""
    if not all(isinstance(item, (tuple, list)) and len(item) == 2 for item in value):
        raise UnsupportedModel(f"{what} is not a list of pairs")
    return [(item[0], item[1]) for item in value]
