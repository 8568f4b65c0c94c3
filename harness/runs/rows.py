"""The rows of a run in progress: few as they come, many as typed columns, so that a long run takes little memory.

A row never changes once it is added, but for two cells: whether it is counted, and the seconds inside the method.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 4096
"""Rows that are kept as Python objects before they are packed."""

Fields = Mapping[str, Sequence[Any]]
Block = dict[str, NDArray[Any]]


class Rows:
    """Rows as they are added; ``fields(rows)`` gives their columns by name. ``counted`` and ``seconds`` are the two
    columns that still change.
    """

    def __init__(self, fields: Callable[[Sequence[tuple[Any, ...]]], Fields]) -> None:
        self.counted, self.seconds = bytearray(), array("d")
        self._fields = fields
        self._last: list[tuple[Any, ...]] = []
        self._blocks: list[Block] = []

    def __len__(self) -> int:
        return len(self.counted)

    def add(self, row: tuple[Any, ...], counted: bool, seconds: float) -> None:
        """Adds a row."""
        if len(self._last) == BLOCK:
            self._blocks.append(self._packed())
            self._last = []
        self._last.append(row)
        self.counted.append(counted)
        self.seconds.append(seconds)

    def columns(self) -> dict[str, Any]:
        """All rows, column by column: lists, or arrays of a run of more than ``BLOCK`` rows."""
        found: dict[str, Any] = {}
        if not self._blocks:
            found |= {name: list(values) for name, values in self._fields(self._last).items()} if self._last else {}
            return found | {"counted": list(map(bool, self.counted)), "method_seconds": self.seconds.tolist()}
        blocks = [*self._blocks, self._packed()]
        for name in list(blocks[0]):
            found[name] = np.concatenate([block.pop(name) for block in blocks])
        counted = np.frombuffer(bytes(self.counted), np.bool_)
        return found | {"counted": counted, "method_seconds": np.array(self.seconds)}

    def _packed(self) -> Block:
        """The rows not yet packed, as arrays: of texts the objects, which the rows share."""
        columns = self._fields(self._last)
        return {
            name: np.array(values, object if isinstance(values[0], str) else None) for name, values in columns.items()
        }
