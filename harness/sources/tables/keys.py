"""Keys: one integer for every configuration, in mixed radix over the levels of its columns.

The key of a configuration is ``sum_i code_i * stride_i``. The code of a level is its position in the column's list; the
last column varies fastest. ``Radix.one`` looks up a *group* of neighbouring columns at once: a dict maps the tuple of
their levels to their part of the sum.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.benchmark.levels import Levels
from harness.errors import SpaceError

MAX_KEY = 1 << 62
GROUP = 1 << 14
"""The most combinations of levels in a group. A column with more levels is a group of its own."""


class Radix:
    """Keys for ``columns``, which are dicts with ``name`` and ``levels``. ``size``: the number of possible keys."""

    def __init__(self, columns: Sequence[Mapping[str, Any]]) -> None:
        self.names = [str(column["name"]) for column in columns]
        self.levels: list[list[Any]] = [list(column["levels"]) for column in columns]
        sizes = [len(levels) for levels in self.levels]
        self.size = math.prod(sizes)
        if self.size > MAX_KEY:
            raise SpaceError(f"the columns have {self.size:.3g} combinations of levels, more than a table can number")
        self.strides = [math.prod(sizes[at + 1 :]) for at in range(len(sizes))]
        self._groups: list[tuple[Any, dict[Any, int]]] | None = None
        self._finders: list[Levels] | None = None

    def one(self, row: Mapping[str, Any]) -> int:
        """The key of one configuration. SpaceError names a value that is no level."""
        if self._groups is None:
            self._groups = list(self._grouped())
        try:
            key = 0
            for take, parts in self._groups:
                key += parts[take(row)]
        except (KeyError, TypeError):
            for name, levels in zip(self.names, self.levels, strict=True):
                _check(name, levels, row)
            raise
        return key

    def many(self, rows: Mapping[str, NDArray[Any]]) -> NDArray[np.int64]:
        """The keys of many configurations, given as columns. SpaceError names a value that is no level."""
        keys: NDArray[np.int64] | None = None
        if self._finders is None:
            self._finders = [Levels(levels) for levels in self.levels]
        for name, levels, finder, stride in zip(self.names, self.levels, self._finders, self.strides, strict=True):
            values = np.asarray(rows[name])
            codes = finder.codes(values)
            if (codes < 0).any():
                raise _stranger(name, levels, values[int(np.argmax(codes < 0))])
            keys = codes * stride if keys is None else keys + codes * stride
        if keys is None:  # without columns there is only one key, 0
            return np.zeros(len(next(iter(rows.values()), ())), np.int64)
        return keys

    def row(self, key: int) -> dict[str, Any]:
        """The configuration with this key."""
        codes = [key // stride % len(levels) for levels, stride in zip(self.levels, self.strides, strict=True)]
        return {name: levels[code] for name, levels, code in zip(self.names, self.levels, codes, strict=True)}

    def _grouped(self) -> Any:
        at = 0
        while at < len(self.names):
            end, size = at + 1, len(self.levels[at])
            while end < len(self.names) and size * len(self.levels[end]) <= GROUP:
                size *= len(self.levels[end])
                end += 1
            codes = [[code * stride for code in range(len(levels))]
                     for levels, stride in zip(self.levels[at:end], self.strides[at:end], strict=True)]  # fmt: skip
            parts = dict(zip(product(*self.levels[at:end]), map(sum, product(*codes)), strict=True))
            if end == at + 1:  # itemgetter gives the value of a single column, not a tuple
                parts = {values[0]: part for values, part in parts.items()}
            yield itemgetter(*self.names[at:end]), parts
            at = end


def _check(name: str, levels: Sequence[Any], row: Mapping[str, Any]) -> None:
    if name not in row:
        raise SpaceError(f"{name} is missing; it takes {', '.join(map(str, levels[:20]))}")
    if not any(level == row[name] for level in levels):
        raise _stranger(name, levels, row[name])


def _stranger(name: str, levels: Sequence[Any], value: Any) -> SpaceError:
    shown = value.item() if isinstance(value, np.generic) else value
    listed = ", ".join(map(str, levels[:20])) + (", ..." if len(levels) > 20 else "")
    return SpaceError(f"{name} = {shown!r} is none of its levels: {listed}")
