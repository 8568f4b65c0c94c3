"""Reads files that a stranger wrote: plain files of a limited size only, and texts in UTF-8 only."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO


def read_plain(path: Path, limit: int, *, follow: bool = False) -> bytes:
    """The content of a plain file of at most ``limit`` bytes; ``follow`` and errors as in ``open_plain``."""
    with open_plain(path, limit, follow=follow) as file:
        try:
            return file.read(limit + 1)
        except OSError as error:
            raise ValueError(f"it cannot be read ({error.strerror})") from None


def open_plain(path: Path, limit: int, *, follow: bool = False) -> BinaryIO:
    """A plain file of at most ``limit`` bytes, open for reading. A pipe or a device is never opened, and a link only if
    it may be followed.

    ValueError says in one sentence why the file is refused. FileNotFoundError if there is no file.
    """
    try:
        info = os.stat(path, follow_symlinks=follow)
        if not stat.S_ISREG(info.st_mode):
            raise ValueError("it must be a plain file, not a link, a folder or a device")
        if info.st_size > limit:
            raise ValueError(f"it has {info.st_size:,} bytes; at most {limit:,} are read")
        return open(path, "rb")
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ValueError(f"it cannot be read ({error.strerror})") from None


def decoded(data: bytes) -> str:
    """The text that these bytes are in UTF-8. ValueError if they are none."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 text (byte {error.start})") from None
