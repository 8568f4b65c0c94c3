"""Two trees of files and how they differ: the repository with a pull request, and without it. Nothing is followed, run
or parsed here.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.base.plain import open_plain
from harness.errors import UsageError

MAX_FILES = 100_000
MAX_BYTES = 2**30
LEFT_OUT = {".git"}
"""Folders at the top of a tree that are no part of what a pull request changes."""


@dataclass(frozen=True)
class Tree:
    """``files``: path from the top, with slashes, of every plain file; ``odd``: sentences about everything else;
    ``empty``: paths of folders without anything in them, with a slash at the end, as a checkout makes of a submodule;
    ``executable``: the files that are marked so; ``checkout``: whether it is one of a repository.
    """

    top: Path
    files: frozenset[str]
    odd: tuple[str, ...]
    empty: tuple[str, ...] = ()
    executable: frozenset[str] = frozenset()
    checkout: bool = False


def read_tree(top: Path) -> Tree:
    """The files below a folder; links are not followed. UsageError if there is no such folder."""
    if not top.is_dir():
        raise UsageError(f"there is no folder {top}; give a checkout of the repository")
    files: set[str] = set()
    odd: list[str] = []
    empty: list[str] = []
    executable: set[str] = set()
    for name, mode in _walk(top):
        if len(files) >= MAX_FILES:
            odd.append(f"{top}: it holds more than {MAX_FILES:,} files; the rest was not looked at")
            break
        if stat.S_ISREG(mode):
            files.add(name)
            if mode & stat.S_IXUSR:
                executable.add(name)
        elif stat.S_ISDIR(mode):
            empty.append(name)
        else:
            odd.append(f"{name}: it is a link or a device; data are plain files")
    if len(executable) == len(files):  # a file system that marks nothing
        executable.clear()
    checkout = any(os.path.lexists(top / name) for name in LEFT_OUT)
    return Tree(top, frozenset(files), tuple(odd), tuple(empty), frozenset(executable), checkout)


def _walk(top: Path) -> Iterator[tuple[str, int]]:
    """Every file, and every empty folder below the top, as path and mode, in order."""
    folders = [""]
    while folders:
        prefix = folders.pop()
        with os.scandir(top / prefix) as entries:
            inside = sorted(entries, key=lambda e: e.name)
            if prefix and not inside:
                yield prefix, stat.S_IFDIR
            for entry in inside:
                name = prefix + entry.name
                if entry.is_dir(follow_symlinks=False):
                    if name not in LEFT_OUT:
                        folders.append(f"{name}/")
                elif name not in LEFT_OUT:
                    yield name, entry.stat(follow_symlinks=False).st_mode


@dataclass(frozen=True)
class Changes:
    """Paths that a pull request adds, changes and removes."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """Every path, in order."""
        return tuple(sorted((*self.added, *self.changed, *self.removed)))


def changes(tree: Tree, base: Tree) -> Changes:
    """How ``tree`` differs from ``base``: in files, their bytes, and which are marked as executable."""
    marked = tree.executable ^ base.executable
    changed = [
        name for name in tree.files & base.files if name in marked or not _same(tree.top / name, base.top / name)
    ]
    return Changes(
        tuple(sorted(tree.files - base.files)), tuple(sorted(changed)), tuple(sorted(base.files - tree.files))
    )


def _same(one: Path, other: Path) -> bool:
    return one.stat().st_size == other.stat().st_size and digest(one) == digest(other)


def digest(path: Path) -> str:
    """SHA-256 (hex) of a plain file's content, or of the file's path if it is too large to be read."""
    sha = hashlib.sha256()
    try:
        with open_plain(path, MAX_BYTES) as file:
            while block := file.read(1 << 20):
                sha.update(block)
    except (ValueError, FileNotFoundError):
        sha.update(str(path).encode("utf-8", "surrogateescape"))
    return sha.hexdigest()
