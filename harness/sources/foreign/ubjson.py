"""Universal Binary JSON (draft 12), the part XGBoost writes: all scalars, strings, objects, plain and typed arrays.

Typed arrays become NumPy arrays; lengths are checked against the bytes that are left before anything is allocated.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from harness.base.budget import Budget
from harness.sources.foreign.errors import DamagedFile

MAX_DEPTH = 64
CONTAINER = 8
"""A list or an object counts for so many objects of the budget, any other value for one."""
_NUMBERS = {b"i": ">b", b"U": ">B", b"I": ">h", b"l": ">i", b"L": ">q", b"d": ">f", b"D": ">d"}
_DTYPES = {b"i": "i1", b"U": "u1", b"I": ">i2", b"l": ">i4", b"L": ">i8", b"d": ">f4", b"D": ">f8"}
_CONSTANTS: dict[bytes, Any] = {b"Z": None, b"T": True, b"F": False}


class Reader:
    """Reads one document; ``hook`` sees every object, as ``json.loads(object_hook=...)`` does."""

    def __init__(self, data: bytes, hook: Callable[[dict[str, Any]], Any], budget: Budget) -> None:
        self.data = data
        self.position = 0
        self.hook = hook
        self.budget = budget

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        stop = self.position + count
        if count < 0 or stop > len(self.data):
            raise DamagedFile(f"its booster ends at byte {len(self.data)}, inside a field of {count} bytes")
        piece = self.data[self.position : stop]
        self.position = stop
        return piece

    def value(self, marker: bytes | None = None, depth: int = 0) -> Any:
        """The next value; ``marker`` is its type if that is already known."""
        marker = self.take(1) if marker is None else marker
        self.budget.spend()
        while marker == b"N":  # no-operation
            marker = self.take(1)
            self.budget.spend()
        if depth > MAX_DEPTH:
            raise DamagedFile(f"its booster is nested more than {MAX_DEPTH} levels deep")
        if marker in _NUMBERS:
            layout = _NUMBERS[marker]
            return struct.unpack(layout, self.take(struct.calcsize(layout)))[0]
        if marker in _CONSTANTS:
            return _CONSTANTS[marker]
        if marker in (b"S", b"H"):
            return self.text()
        if marker == b"C":
            return self.take(1).decode("latin-1")
        if marker == b"[":
            return self.array(depth)
        if marker == b"{":
            return self.mapping(depth)
        raise DamagedFile(f"its booster has {marker!r} at byte {self.position - 1}, which is no UBJSON type")

    def length(self) -> int:
        """A length, written as an integer with its type."""
        count = self.value(self.take(1), MAX_DEPTH)
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= len(self.data) - self.position:
            raise DamagedFile(f"its booster ends before a part of {count!r} elements")
        return count

    def text(self) -> str:
        """A string: its length and its bytes."""
        raw = self.take(self.length())
        self.budget.charge(len(raw) if raw.isascii() else 4 * len(raw))
        return raw.decode("utf-8", "replace")

    def header(self) -> tuple[bytes | None, int | None]:
        """The optional element type and count of a container."""
        self.budget.spend(CONTAINER)
        kind: bytes | None = None
        if self.data[self.position : self.position + 1] == b"$":
            self.take(1)
            kind = self.take(1)
            if kind in _CONSTANTS or kind == b"N":  # elements without bytes: any length would do
                raise DamagedFile("its booster has an array of constants, which XGBoost never writes")
        if self.data[self.position : self.position + 1] == b"#":
            self.take(1)
            return kind, self.length()
        if kind is not None:
            raise DamagedFile("its booster has a typed array without a length")
        return None, None

    def array(self, depth: int) -> Any:
        """A list, or a NumPy array if the elements have a numeric type."""
        kind, count = self.header()
        if kind in _DTYPES and count is not None:
            dtype = np.dtype(_DTYPES[kind])
            return np.frombuffer(self.take(count * dtype.itemsize), dtype)
        items: list[Any] = []
        while count is None or len(items) < count:
            marker = self.take(1) if kind is None else kind
            if count is None and marker == b"]":
                break
            items.append(self.value(marker, depth + 1))
        return items

    def mapping(self, depth: int) -> Any:
        """An object, passed through the hook."""
        kind, count = self.header()
        found: dict[str, Any] = {}
        read = 0
        while count is None or read < count:
            if count is None and self.data[self.position : self.position + 1] == b"}":
                self.take(1)
                break
            key = self.text()
            found[key] = self.value(kind, depth + 1)
            read += 1
        return self.hook(found)
