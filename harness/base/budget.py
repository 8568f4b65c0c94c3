"""How much a reader may spend on a file that somebody else wrote: bytes of memory, objects and seconds.

A small file can describe a large content. So every reader of foreign bytes has a ``Budget`` and charges it before it
makes anything. ``LIMITS`` has the budgets of all readers; ``docs/surrogates.md`` states them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.base.timing import thread_seconds
from harness.errors import OverBudget

LOOK = 1024
"""Objects between two looks at the clock."""
LARGE = 1 << 20
"""Bytes charged at once that are worth a look at the clock."""


class Budget:
    """What is left of ``limit`` bytes, ``objects`` and ``seconds`` (CPU seconds of the thread that reads)."""

    def __init__(self, limit: int, objects: int, seconds: float) -> None:
        self._limit, self._objects, self._seconds = limit, objects, seconds
        self._bytes, self._left, self._mark = limit, objects, objects
        self._began = thread_seconds()

    def charge(self, count: int) -> None:
        """Accounts for bytes of memory. OverBudget if there are not so many left."""
        self._bytes -= count
        if self._bytes < 0:
            raise OverBudget(f"it takes more than {self._limit:,} bytes to read")
        if count >= LARGE:
            self.look()

    def spend(self, count: int = 1) -> None:
        """Accounts for objects. OverBudget if there are not so many left, or if the time is over."""
        self._left -= count
        if self._left < self._mark:
            if self._left < 0:
                raise OverBudget(f"it takes more than {self._objects:,} objects to read")
            self._mark = self._left - LOOK
            self.look()

    def look(self) -> None:
        """OverBudget if the time is over."""
        if thread_seconds() - self._began > self._seconds:
            raise OverBudget(f"it takes more than {self._seconds:,.0f} seconds to read")


@dataclass(frozen=True)
class Limits:
    """The budget of one kind of file. ``largest``: bytes of a file; memory: ``times`` the size of the file, but at
    least ``least`` and at most ``most`` bytes; ``seconds`` for any file, and ``per_mib`` more for each MiB of it.
    """

    largest: int
    least: int
    times: int
    most: int
    objects: int
    seconds: float
    per_mib: float = 1.0

    def budget(self, size: int) -> Budget:
        """A new budget for a file of ``size`` bytes."""
        memory = min(self.most, max(self.least, self.times * size))
        return Budget(memory, self.objects, self.seconds + self.per_mib * (size >> 20))


MIB, GIB = 1 << 20, 1 << 30

LIMITS: Mapping[str, Limits] = {
    "surrogate": Limits(2 * GIB, 256 * MIB, 64, 4 * GIB, 2_000_000, 60.0),
    "archive": Limits(16 * GIB, 512 * MIB, 20, 16 * GIB, 10_000, 60.0, per_mib=0.1),
    "table": Limits(4 * GIB, 512 * MIB, 64, 8 * GIB, 200_000_000, 120.0),
    "tfrecord": Limits(16 * GIB, 256 * MIB, 64, 64 * GIB, 10_000_000, 120.0),
    "record": Limits(GIB, 512 * MIB, 64, 8 * GIB, 200_000_000, 120.0),
    "document": Limits(64 * MIB, 64 * MIB, 16, GIB, 4_000_000, 30.0),
    "outcome": Limits(GIB, 512 * MIB, 64, 8 * GIB, 1_000_000, 30.0),
}
"""Kind of file -> its limits. The bytes of an ``archive`` are those that it unpacks to, of other kinds those of memory.
``document``: JSON, TOML and CSV files; ``outcome``: a worker's answer."""
