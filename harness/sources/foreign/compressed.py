"""Reads a possibly compressed file into memory, within limits that hold before anything is allocated.

joblib and pandas compress with gzip, zlib, bz2, xz or lzma, or not at all, whatever the file is called; the first bytes
tell which. Limits: the file's budget, at most ``MAX_BYTES`` after decompression, and at most ``MAX_RATIO`` times the
compressed size once past ``FREE_BYTES`` (models compress about fivefold, a "bomb" a thousandfold).
"""

from __future__ import annotations

import bz2
import hashlib
import lzma
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.base.budget import LIMITS, Budget
from harness.errors import OverBudget
from harness.sources.foreign.errors import DamagedFile, MissingPart

MAX_BYTES = LIMITS["surrogate"].largest
MAX_RATIO = 100
FREE_BYTES = 64 << 20
CHUNK = 1 << 20
FEED = 1 << 16
"""Compressed bytes handed over at a time: each of many short streams in a row copies as many."""
STREAM = 100
"""A stream counts for so many objects of the budget."""
LZMA_MEMORY = 256 << 20

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"\x78\x01", "zlib"), (b"\x78\x5e", "zlib"), (b"\x78\x9c", "zlib"), (b"\x78\xda", "zlib"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x5d\x00\x00", "lzma"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"ZF0x", "joblib < 0.10"),
    (b"PK\x03\x04", "zip"),
)  # fmt: skip
_ZEROS = re.compile(rb"\0*")


def read_file(path: Path) -> tuple[bytes, str, Budget]:
    """The decompressed contents of ``path``, the SHA-256 (hex) of the file as it lies on disk, and what is left of its
    budget.
    """
    try:
        if not path.is_file():
            raise MissingPart(f"{path} is missing or no plain file; unpack the surrogates again")
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise DamagedFile(f"{path} is {size} bytes long, more than the {MAX_BYTES} allowed; it is no surrogate")
        raw = path.read_bytes()
    except FileNotFoundError:
        raise MissingPart(f"{path} is missing; unpack the surrogates again") from None
    except OSError as error:
        raise DamagedFile(f"{path} cannot be read ({error.strerror}); check its permissions") from None
    budget = LIMITS["surrogate"].budget(len(raw))
    budget.charge(len(raw))
    return decompress(raw, path, budget), hashlib.sha256(raw).hexdigest(), budget


def decompress(raw: bytes, path: Path, budget: Budget) -> bytes:
    """``raw`` without its compression, whichever it is; ``path`` is only for messages."""
    if not raw:
        raise DamagedFile(f"{path} is empty; download or copy it again")
    kind = next((name for magic, name in _MAGIC if raw.startswith(magic)), "none")
    makers: dict[str, Callable[[], Any]] = {
        "gzip": lambda: zlib.decompressobj(31),
        "zlib": lambda: zlib.decompressobj(15),
        "bz2": bz2.BZ2Decompressor,
        "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, LZMA_MEMORY),
        "lzma": lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, LZMA_MEMORY),
    }
    if kind == "none":
        return raw
    if kind not in makers:
        raise DamagedFile(f"{path} is compressed with {kind}, which is not supported; recompress it with gzip")
    try:
        return _inflate(raw, makers[kind], path, budget)
    except OverBudget as error:
        raise DamagedFile(f"{path} is no surrogate: {error}; do not trust this file") from None
    except (zlib.error, lzma.LZMAError, OSError, EOFError) as error:
        raise DamagedFile(f"{path} is damaged ({error}); download or copy it again") from None


def _inflate(raw: bytes, maker: Callable[[], Any], path: Path, budget: Budget) -> bytes:
    limit = min(MAX_BYTES, max(FREE_BYTES, MAX_RATIO * len(raw)))
    pieces: list[bytes] = []
    total = position = 0
    while position < len(raw):  # gzip, bz2 and xz files may be several streams in a row
        stream = maker()
        budget.spend(STREAM)
        feed = b""
        while not stream.eof:
            if not feed and getattr(stream, "needs_input", True):
                feed = raw[position : position + FEED]
                position += len(feed)
            fed = bool(feed)
            piece = stream.decompress(feed, CHUNK)
            feed = getattr(stream, "unconsumed_tail", b"")
            pieces.append(piece)
            total += len(piece)
            budget.charge(len(piece))
            if total > limit:
                raise DamagedFile(
                    f"{path} unpacks to more than {limit} bytes ({len(raw)} compressed), which no surrogate does; "
                    "do not trust this file"
                )
            if not fed and not piece and not stream.eof:
                raise DamagedFile(f"{path} is truncated: its compressed data end too early; download or copy it again")
        position -= len(stream.unused_data)
        padding = _ZEROS.match(raw, position)  # allowed after a stream
        position = padding.end() if padding else position
    return b"".join(pieces)
