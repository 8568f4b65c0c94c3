"""Writing files and folders that are complete or absent. No other module makes temporary files or renames anything.

A file or folder is written under a hidden name beside its place and moved there once it is complete. No locks are
taken: if two processes write the same path, the later one wins, and a reader sees one of the two files, never a mix.
Every function raises StorageError if the disk is full or the place cannot be written to.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO

from harness.base.leftovers import temporary_for
from harness.errors import StorageError

PATIENCE = 100
"""Attempts at a step that fails when another command changes the same folder at that moment."""


@contextlib.contextmanager
def whole_file(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """A file to write bytes to; it is moved to ``path`` when the block ends well and removed when it does not.

    ``durable``: wait until the disk has the bytes, so that even a power failure leaves the file complete or absent.
    An OSError inside the block becomes a StorageError.
    """
    with _stored(path), temporary_for(path) as temporary:
        with _create(temporary) as file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.replace(temporary, path)


@contextlib.contextmanager
def _stored(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError.of(path, error) from error


def _create(path: Path) -> BinaryIO:
    for _ in range(PATIENCE):
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):  # another command has just removed the empty folder
            return open(path, "wb")
    return open(path, "wb")


def write_bytes(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Writes a whole file, and the folders above it where they are missing; ``durable`` as in ``whole_file``."""
    with whole_file(path, durable=durable) as file:
        file.write(data)


def write_text(path: Path, text: str, *, durable: bool = True) -> None:
    """Writes a whole file of UTF-8 text. Newlines stay as they are in ``text``, on every system."""
    write_bytes(path, text.encode(), durable=durable)


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """An empty folder to fill; it becomes ``path`` when the block ends well, and is removed when it does not.

    The folder has its final name, but lies in a hidden folder beside ``path``. A folder that was there before is
    replaced at the end, and left as it was if anything goes wrong. Errors inside the block pass unchanged.
    """
    with _stored(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        work = tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent, ignore_cleanup_errors=True)
    with work as inside:
        draft, old = Path(inside) / path.name, Path(inside) / f"{path.name}.old"
        with _stored(path):
            draft.mkdir()
        yield draft
        try:
            with _stored(path):  # no system moves a folder over another in one step
                if path.exists():
                    os.rename(path, old)
                os.rename(draft, path)
        finally:  # even if interrupted: the old folder must not vanish with the hidden one
            if old.exists() and not path.exists():
                os.rename(old, path)


@contextlib.contextmanager
def scratch_folder(parent: Path | None = None) -> Iterator[Path]:
    """An empty folder that is removed after the block: hidden in ``parent``, or among the system's temporary files."""
    with _stored(parent or Path(tempfile.gettempdir())):
        if parent is not None:
            parent.mkdir(parents=True, exist_ok=True)
        prefix = "harness-" if parent is None else ".harness-"
        folder = tempfile.TemporaryDirectory(prefix=prefix, dir=parent, ignore_cleanup_errors=True)
    with folder as name:
        yield Path(name)


def scratch_file(parent: Path) -> IO[bytes]:
    """A file without a name on the disk of ``parent``, to write and read; it is gone once it is closed."""
    with _stored(parent):
        return tempfile.TemporaryFile(dir=parent)


def move(source: Path, target: Path) -> None:
    """Renames a file; a file at ``target`` is replaced in the same step."""
    with _stored(target):
        os.replace(source, target)


def remove_folder(path: Path) -> None:
    """Deletes a folder. It gets a hidden name first, so that no reader finds half of it."""
    hidden = path.with_name(f".{path.name}.removed")
    shutil.rmtree(hidden, ignore_errors=True)
    with _stored(path):
        os.rename(path, hidden)
        shutil.rmtree(hidden)
