"""Reads a file of records in TensorFlow's framing, every checksum checked, without TensorFlow.

A record is its length (8 bytes, little endian), the masked CRC-32C of those 8 bytes, the data, and the masked CRC-32C
of the data. *Masked* is rotated right by 15 bits plus a constant. Records follow one another with nothing between;
their numbers in messages count from 1.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from harness.base.budget import LIMITS
from harness.errors import OverBudget
from harness.sources.foreign.crc32c import crc32c, crc32c_of
from harness.sources.foreign.errors import DamagedFile, MissingPart

CHUNK = 16 << 20
"""Bytes read and checked at a time."""
MAX_RECORD = 16 << 20
HEADER, FOOTER = 12, 4
_MASK = 0xA282EAD8

Progress = Callable[[int, int], None]
"""Told how many bytes of how many are read."""


def masked(checksum: Any) -> Any:
    """The form in which a CRC-32C is stored, of an int or of a uint32 array."""
    if isinstance(checksum, np.ndarray):
        return (checksum >> 15 | checksum << 17) + np.uint32(_MASK)
    return ((checksum >> 15 | checksum << 17) + _MASK) & 0xFFFFFFFF


def read_records(
    path: Path, *, max_record: int = MAX_RECORD, progress: Progress | None = None
) -> Iterator[list[bytes]]:
    """The data of all records in order, in batches of about ``CHUNK`` bytes; a batch is checked before it is given.

    Raises ``MissingPart`` if there is no such file and ``DamagedFile`` at the first record that is cut short, longer
    than ``max_record`` bytes or differs from a checksum; the message says which it is and how many were read before.
    A caller that must take all or nothing keeps what it made of the batches until the iterator ends.
    """
    try:
        size = path.stat().st_size
        with open(path, "rb") as file:
            yield from _Reader(path, file, size, max_record).batches(progress)
    except OverBudget as error:
        raise DamagedFile(f"{path} is no table of trainings: {error}; do not trust this file") from None
    except FileNotFoundError:
        raise MissingPart(f"{path} is missing; download it or check its name") from None
    except OSError as error:
        raise DamagedFile(f"{path} cannot be read ({error.strerror}); check that it is a file you may read") from None


class _Reader:
    def __init__(self, path: Path, file: BinaryIO, size: int, max_record: int) -> None:
        self.path, self.file, self.size, self.max_record = path, file, size, max_record
        self.budget = LIMITS["tfrecord"].budget(size)
        self.records = 0
        self.held = b""
        """Read, but not the whole of a record yet."""

    def batches(self, progress: Progress | None) -> Iterator[list[bytes]]:
        if not self.size:
            raise DamagedFile(f"{self.path} is empty; download or copy it again")
        read = 0
        while piece := self.file.read(CHUNK):
            read += len(piece)
            batch = self.batch(self.held + piece)
            if batch:
                yield batch
            if progress is not None:
                progress(read, self.size)
        if self.held:
            self.refuse(f"is cut short: the file ends {len(self.held):,} bytes into it")

    def batch(self, data: bytes) -> list[bytes]:
        """The whole records at the beginning of ``data``; the rest is held for the next call."""
        starts, lengths, position = self.walk(data)
        self.budget.spend(len(starts))
        self.budget.look()
        self.check(data, starts, lengths)
        if len(data) - position >= HEADER:
            self.check_header(data, position, len(starts))
        self.held = data[position:]
        self.records += len(starts)
        return [data[s : s + n] for s, n in zip(starts.tolist(), lengths.tolist(), strict=True)]

    def walk(self, data: bytes) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
        """Starts and lengths of the data of whole records, as their unchecked lengths say, and where they end."""
        starts, lengths = [], []
        unpack = struct.Struct("<Q").unpack_from
        position, end = 0, len(data)
        while position + HEADER <= end:
            (length,) = unpack(data, position)
            after = position + HEADER + length + FOOTER
            if length > self.max_record or after > end:
                break
            starts.append(position + HEADER)
            lengths.append(length)
            position = after
        return np.array(starts, dtype=np.int64), np.array(lengths, dtype=np.int64), position

    def check(self, data: bytes, starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> None:
        """Refuses the first of the records that differs from one of its checksums."""
        buffer = np.frombuffer(data, dtype=np.uint8)
        headers = buffer[(starts[:, None] - HEADER + np.arange(HEADER)).reshape(-1)].reshape(-1, HEADER)
        plain = np.arange(len(starts), dtype=np.int64) * 8
        found = masked(crc32c_of(headers[:, :8].tobytes(), plain, np.full(len(starts), 8, dtype=np.int64)))
        bad_length = found != headers[:, 8:].copy().view("<u4").reshape(-1)
        # What follows a wrong length is no record, so no more than the good ones before it are looked at.
        good = int(np.argmax(bad_length)) if bad_length.any() else len(starts)
        starts, lengths = starts[:good], lengths[:good]
        footers = buffer[((starts + lengths)[:, None] + np.arange(FOOTER)).reshape(-1)].view("<u4")
        bad_data = masked(crc32c_of(buffer, starts, lengths)) != footers
        if bad_data.any():
            self.refuse("is corrupt: its data do not match their checksum", int(np.argmax(bad_data)))
        if bad_length.any():
            self.refuse("is corrupt: its length does not match its checksum", good)

    def check_header(self, data: bytes, position: int, before: int) -> None:
        """Refuses a record whose header says that it goes on beyond ``data``, if the header is wrong or too long."""
        length, checksum = struct.unpack_from("<QI", data, position)
        if masked(crc32c(data[position : position + 8])) != checksum:
            compressed = self.records + before == 0 and data[:3] == b"\x1f\x8b\x08"
            hint = ": the file is compressed with gzip; unpack it first" if compressed else ""
            self.refuse("is corrupt: its length does not match its checksum" + hint, before)
        if length > self.max_record:
            self.refuse(f"has {length:,} bytes, more than the {self.max_record:,} that are read", before)

    def refuse(self, what: str, before: int = 0) -> None:
        read = self.records + before
        raise DamagedFile(
            f"record {read + 1:,} of {self.path} {what} ({read:,} records were read before it, nothing is imported); "
            "download or copy the file again"
        )
