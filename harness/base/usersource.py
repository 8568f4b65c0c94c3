"""The sources of a user's own code: the file, or where it imports its neighbours, every Python file of its folder.

The *neighbours* of a file are the modules and packages beside it, and its relatives in its own package. A module that
Python finds elsewhere under the same name is no neighbour.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from harness.base.path import ROOT
from harness.errors import UsageError

MOST_FILES = 10_000
MOST_BYTES = 256 << 20
"""Of the sources of one folder."""
NOT_BELOW = {"__pycache__", "site-packages", "dist-packages", "node_modules"}
"""Folders whose files belong to nobody's method, besides hidden ones and virtual environments."""
DYNAMIC = {"import_module", "__import__"}


@dataclass(frozen=True)
class Sources:
    """The sources of the code in ``file``. ``base``: the folder in which its imports look for neighbours.

    ``root``: the folder all of whose sources count, its topmost package or the folder it lies in; None for a file that
    imports none of them. Its hash is then the SHA-256 of the file.
    """

    file: Path
    base: Path
    root: Path | None

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """Every file that counts, in order. UsageError if there are too many."""
        if self.root is None:
            return (self.file,)
        found, size = [], 0
        for file in _below(self.root):
            found.append(file)
            size += file.stat().st_size
            if len(found) > MOST_FILES or size > MOST_BYTES:
                raise UsageError(
                    f"{self.file.name} imports modules of its folder, and {self.root} has more than {MOST_FILES:,} "
                    f"Python files or {MOST_BYTES >> 20} MiB of them; put it and its modules into a folder of their own"
                )
        return tuple(sorted(found, key=self.place))

    def place(self, file: Path) -> str:
        """Where a file lies, as the hash and a copy of the folder have it."""
        return file.relative_to(self.base if self.root is not None else file.parent).as_posix()

    def sha256(self) -> str:
        """The hash, in hexadecimal digits."""
        if self.root is None:
            return file_hash(self.file)
        sha = hashlib.sha256()
        for file in self.files:
            sha.update(f"{self.place(file)} {file_hash(file)}\n".encode())
        return sha.hexdigest()

    def is_neighbour(self, top: str) -> bool:
        """Whether an import of ``top`` in these files means a module of this folder."""
        folder = next((f for f in {self.file.parent: 0, self.base: 0} if _has(f, top)), None)
        if folder is None or (folder == self.base != self.file.parent and top != self._package):
            return False
        if str(folder) == ROOT:  # where the harness itself lies, Python finds everything
            return False
        try:
            spec = importlib.util.find_spec(top)
        except (ImportError, ValueError, AttributeError):
            return True
        origin = None if spec is None else spec.origin or next(iter(spec.submodule_search_locations or ()), None)
        return origin is None or Path(origin).resolve().is_relative_to(folder)

    @property
    def _package(self) -> str:
        """The topmost package that the file belongs to; "" for none."""
        return self.file.relative_to(self.base).parts[0] if self.base != self.file.parent else ""


def sources_of(file: Path) -> Sources:
    """The sources of the code in a file."""
    base = file.parent
    while (base / "__init__.py").is_file() and base.parent != base:
        base = base.parent
    alone = Sources(file, base, None)
    root = base if base == file.parent else base / alone._package
    return Sources(file, base, root) if _reaches_out(alone) else alone


def file_hash(file: Path) -> str:
    """SHA-256 of a file, kept while the file does not change."""
    found = file.stat()
    return _file_hash(str(file), found.st_mtime_ns, found.st_size, found.st_ino)


@lru_cache(maxsize=4096)
def _file_hash(file: str, *_: int) -> str:
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


def _reaches_out(alone: Sources) -> bool:
    """Whether a file imports a neighbour, or may: a name that is only known when it runs."""
    found = alone.file.stat()
    relative, dynamic, tops = _imports(str(alone.file), found.st_mtime_ns, found.st_size, found.st_ino)
    return relative or (dynamic and _others(alone)) or any(alone.is_neighbour(top) for top in tops)


@lru_cache(maxsize=4096)
def _imports(file: str, *_: int) -> tuple[bool, bool, tuple[str, ...]]:
    """Whether a file has relative imports, whether it has imports by a name that is computed, and the topmost packages
    of the others.
    """
    try:
        tree = ast.parse(Path(file).read_bytes())
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # importing it says so; a compiled module has none
        return False, False, ()
    tops: set[str] = set()
    relative = dynamic = False
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            relative |= node.level > 0
            tops.add(str(node.module).partition(".")[0])
        elif isinstance(node, ast.Import):
            tops |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name | ast.Attribute):
            dynamic |= _name_of(node) in DYNAMIC
    return relative, dynamic, tuple(sorted(tops))


def _name_of(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr


def _others(alone: Sources) -> bool:
    return any(file != alone.file for file in alone.file.parent.glob("*.py"))


def _has(folder: Path, top: str) -> bool:
    return (folder / f"{top}.py").is_file() or (
        (folder / top).is_dir() and any((folder / top).glob("*.py"))
    )  # a namespace has no __init__.py


def _below(folder: Path) -> Iterator[Path]:
    """The Python files in a folder and below it, where an import could reach them."""
    for home, folders, files in os.walk(folder):
        kept = [name for name in sorted(folders) if name.isidentifier() and name not in NOT_BELOW]
        folders[:] = [name for name in kept if not (Path(home) / name / "pyvenv.cfg").exists()]
        yield from (Path(home) / name for name in sorted(files) if name.endswith(".py"))
