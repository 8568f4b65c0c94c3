"""Where verification finds the source of a record: on the shelf, or in a file that the caller names.

A perturbed source, or a function, is made in a Python file, so nothing can find it by its name alone. The caller names
the file and the source in it, as ``path/to/file.py:NAME``. The file is imported, because it is the caller's own. A
record is replayed on this source only if the source has the name and the hash that the record says.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from harness.base.modules import load_module
from harness.benchmark.source import Source
from harness.errors import UnknownName, UsageError
from harness.registry import load_surrogates

FORM = "path/to/file.py:NAME"
"""How a caller names a source of their own."""


def placed_source(given: str) -> str:
    """The form with the absolute path of the file, for a process in another folder. UsageError if there is no file."""
    file, _, name = given.rpartition(":")
    if not file.endswith(".py") or not name.isidentifier():
        raise UsageError(f"--source {given!r:.200} names no source of your own; give {FORM}")
    path = Path(file).expanduser().absolute()
    if not path.is_file():
        raise UsageError(f"--source {given!r:.200}: there is no file {file}; give {FORM}")
    return f"{path}:{name}"


def source_of(name: str, given: str | None) -> Source:
    """The source with that name: ``given``, if it is called so, or one of the shelf. UsageError if it is neither, or if
    the caller's file has no such source.
    """
    own = None if given is None else _own(given)
    if own is not None and own.name == name:
        return own
    try:
        return _load(name)
    except UnknownName as error:
        plain = re.sub(r" \(did you mean [^)]*\)", "", str(error))
        instead = f"the source in --source is {own.name!r:.80}" if own is not None else f"name it with --source {FORM}"
        raise UsageError(
            f"{plain}. A source of a Python program, such as a perturbed one or a function, is not found by its name: "
            f"{instead}"
        ) from None


@cache
def _load(name: str) -> Source:
    return load_surrogates(name)


@cache
def _own(given: str) -> Source:
    file, _, name = given.rpartition(":")
    found = getattr(load_module(Path(file)), name, None)
    if not isinstance(found, Source):
        raise UsageError(f"{Path(file).name} has no source {name}; NAME in {FORM} is a harness Source")
    return found
