"""Writing files whole or not at all, and reading files that somebody else wrote."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO


def write_text(path: Path, text: str) -> None:
    """Writes UTF-8 text with plain newlines to a temporary file beside ``path`` and moves it into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def read_plain(path: Path, limit: int) -> bytes:
    """The content of a plain file of at most ``limit`` bytes; errors as ``open_plain``."""
    with open_plain(path, limit) as file:
        try:
            return file.read(limit + 1)
        except OSError as error:
            raise ValueError(f"it cannot be read ({error.strerror})") from None


def open_plain(path: Path, limit: int) -> BinaryIO:
    """A plain file of at most ``limit`` bytes, for reading; what is no plain file (a link, a pipe) is never opened.

    ValueError says in one sentence what it is instead; FileNotFoundError if there is none.
    """
    try:
        info = os.lstat(path)
        if not stat.S_ISREG(info.st_mode):
            raise ValueError("it must be a plain file, not a link, a folder or a device")
        if info.st_size > limit:
            raise ValueError(f"it has {info.st_size:,} bytes; at most {limit:,} are read")
        return open(path, "rb")
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ValueError(f"it cannot be read ({error.strerror})") from None
