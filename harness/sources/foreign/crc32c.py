"""CRC-32C (Castagnoli, RFC 3720 appendix B.4) of many short messages at once, without a C extension.

``crc32c`` takes one message, a byte at a time. ``crc32c_of`` steps through thousands of messages together, two bytes
at a time, which makes gigabytes of small records practical.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

POLYNOMIAL = 0x82F63B78
"""Reversed."""
TOGETHER = 4096
"""Messages stepped through together: their states and the bytes in hand fit the cache."""
LONGEST = 4096
"""Bytes beyond which a message is taken alone, so that one long message does not hold up its neighbours."""


def _tables() -> tuple[list[int], NDArray[np.uint32]]:
    two = np.arange(1 << 16, dtype=np.uint32)
    for bit in range(16):
        if bit == 8:
            one = two[:256].tolist()
        two = np.where(two & 1, two >> 1 ^ POLYNOMIAL, two >> 1).astype(np.uint32)
    return one, two


_ONE, _TWO = _tables()


def crc32c(data: bytes | memoryview) -> int:
    """The checksum of one message."""
    state = 0xFFFFFFFF
    for byte in bytes(data):
        state = _ONE[(state ^ byte) & 0xFF] ^ state >> 8
    return state ^ 0xFFFFFFFF


def crc32c_of(buffer: Any, starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.uint32]:
    """The checksums, uint32 (n,), of the messages ``buffer[start : start + length]``, which do not overlap."""
    data = np.frombuffer(buffer, dtype=np.uint8).copy()
    checksums = np.empty(len(starts), dtype=np.uint32)
    alone = (lengths < 4) | (lengths > LONGEST)
    for at in np.flatnonzero(alone).tolist():
        checksums[at] = crc32c(data[starts[at] : starts[at] + lengths[at]].tobytes())
    together = np.flatnonzero(~alone)
    # Starting from all ones is starting from zero with the first four bytes inverted; from zero, leading zeros change
    # nothing, so messages of different length can end together.
    first = (starts[together, None] + np.arange(4)).reshape(-1)
    data[first] ^= 0xFF
    for i in range(0, len(together), TOGETHER):
        part = together[i : i + TOGETHER]
        checksums[part] = _step_through(data, starts[part], lengths[part])
    return checksums


def _step_through(data: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.uint32]:
    longest, shortest = int(lengths.max()), int(lengths.min())
    longest += longest & 1
    at = starts + lengths - longest  # where all would begin, were all as long
    state: NDArray[np.uint32] = np.zeros(len(starts), dtype=np.uint32)
    for step in range(0, longest, 2):
        low, high = data[np.maximum(at, 0)], data[np.maximum(at + 1, 0)]
        if step < longest - shortest:
            low, high = np.where(at >= starts, low, 0), np.where(at + 1 >= starts, high, 0)
        word = low | high.astype(np.uint32) << 8
        state = _TWO[(state ^ word) & 0xFFFF] ^ state >> 16
        at += 2
    return ~state
