"""The bytes of one pickle with a position, and the budget that keeps a small file from asking for a lot.

A surrogate needs about three thousand operations: its trees are one long string. Of the budget's objects an operation
takes ``OPERATION``, and a tuple that is a dictionary's key takes ``TUPLE_KEY``: such keys can be chosen to collide,
which makes each as slow as all others together.
"""

from __future__ import annotations

import struct

from harness.base.budget import LIMITS, Budget
from harness.sources.foreign.errors import DamagedFile, UnsupportedModel

OPERATION = 8
TUPLE_KEY = 2000
MAX_LINE_NUMBER = 400
MAX_LONG = 1024


class Stream:
    """Reads little-endian fields and lines; every length is checked against what is left before it is used."""

    def __init__(self, data: bytes, budget: Budget | None = None) -> None:
        self.data = data
        self.position = 0
        self.budget = LIMITS["surrogate"].budget(len(data)) if budget is None else budget

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        stop = self.position + count
        if count < 0 or stop > len(self.data):
            raise DamagedFile(f"it ends at byte {len(self.data)}, inside a field of {count} bytes")
        piece = self.data[self.position : stop]
        self.position = stop
        return piece

    def line(self) -> bytes:
        """The bytes up to the next newline, which is consumed."""
        stop = self.data.find(b"\n", self.position)
        if stop < 0:
            raise DamagedFile(f"it ends at byte {len(self.data)}, inside a line")
        piece = self.data[self.position : stop]
        self.position = stop + 1
        return piece

    def unsigned(self, size: int) -> int:
        """An unsigned integer of ``size`` bytes."""
        return int.from_bytes(self.take(size), "little")

    def sized(self, size: int) -> bytes:
        """A field preceded by its length, itself of ``size`` bytes."""
        return self.take(self.unsigned(size))

    def double(self) -> float:
        """A big-endian double."""
        value: float = struct.unpack(">d", self.take(8))[0]
        return value

    def long(self, size: int) -> int:
        """A little-endian two's complement integer preceded by its length."""
        count = self.unsigned(size)
        if count > MAX_LONG:
            raise UnsupportedModel(f"it contains an integer of {count} bytes, which no surrogate needs")
        return int.from_bytes(self.take(count), "little", signed=True)

    def number(self) -> bytes:
        """A line short enough to be a number."""
        text = self.line()
        if len(text) > MAX_LINE_NUMBER:
            raise UnsupportedModel(f"it contains a number of {len(text)} digits, which no surrogate needs")
        return text
