"""The bytes of one pickle with a position, and the budgets that keep a small file from asking for a lot.

``MAX_OPERATIONS`` bounds the objects a file can make (a surrogate needs about three thousand: its trees are one long
string), ``MAX_COPIED`` the memory that reconstructions copy beyond the file's own size.
"""

from __future__ import annotations

import struct

from harness.sources.foreign.errors import DamagedFile, UnsupportedModel

MAX_OPERATIONS = 250_000
MAX_COPIED = 4 << 30
MAX_COPIES = 8
"""Copies may amount to this many times the file's size (``MAX_COPIED`` at most, ``MIN_COPIED`` always)."""
MIN_COPIED = 64 << 20
MAX_LINE_NUMBER = 400
MAX_LONG = 1024


class Stream:
    """Reads little-endian fields and lines; every length is checked against what is left before it is used."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0
        self.operations = MAX_OPERATIONS
        self.copies = min(MAX_COPIED, max(MIN_COPIED, MAX_COPIES * len(data)))

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

    def spend(self) -> None:
        """Accounts for one opcode."""
        self.operations -= 1
        if self.operations < 0:
            raise UnsupportedModel(f"it takes more than {MAX_OPERATIONS} operations to read, which no surrogate does")

    def charge(self, count: int) -> None:
        """Accounts for ``count`` bytes copied."""
        self.copies -= count
        if self.copies < 0:
            raise UnsupportedModel("it copies its own contents over and over, which no surrogate does")
