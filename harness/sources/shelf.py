"""The surrogate sets on disk: their names, where they lie, whether they are intact, and how one is removed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.base.files import remove_folder
from harness.errors import SurrogateError, UnknownName, UsageError
from harness.sources.models.model import Encoder
from harness.sources.models.surrogates import EMBEDDED, data_directory
from harness.sources.store import TABLE, read_arrays, read_file, read_manifest, read_model

ORIGIN = "origin.json"
"""Where, when and with which version a set was imported: beside the manifest, because it must not change the hash."""


NAME_RULE = "it has 1 to 64 letters (a to z), digits, '.', '_' and '-', a letter or digit first"


@dataclass(frozen=True)
class Entry:
    """A directory that holds a surrogate set, intact or not."""

    name: str
    path: Path
    embedded: bool

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(f.stat().st_size for f in self.path.rglob("*") if f.is_file())


def sets_directory() -> Path:
    """Where imported sets live."""
    return data_directory() / "sets"


def entries() -> dict[str, Entry]:
    """Every set by name, embedded ones first; unlike ``available_sets`` also those whose manifest is gone."""
    found: dict[str, Entry] = {}
    for parent in (EMBEDDED, sets_directory()):
        for child in sorted(parent.iterdir()) if parent.is_dir() else ():
            if child.is_dir() and not child.name.startswith((".", "_")):
                found.setdefault(child.name, Entry(child.name, child, parent == EMBEDDED))
    return found


def entry(name: str) -> Entry:
    """The set of that name, or UnknownName."""
    found = entries()
    if name not in found:
        raise UnknownName("surrogate set", name, found)
    return found[name]


def is_name(name: str) -> bool:
    """Whether a set may have that name."""
    return re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name) is not None


def new_path(name: str, *, replacing: bool = False) -> Path:
    """The directory of a set to be written. UsageError if the name is taken or cannot be one."""
    if not is_name(name):
        raise UsageError(f"{name!r:.80} is no name for a surrogate set; {NAME_RULE}; give another with --name")
    if (EMBEDDED / name).exists():
        raise UsageError(f"{name!r} is an embedded surrogate set and cannot be replaced; give another name with --name")
    path = sets_directory() / name
    if path.exists() and not replacing:
        raise UsageError(f"there is a surrogate set {name!r} already; give another name with --name, or use --replace")
    return path


def remove(name: str) -> Entry:
    """Deletes an imported set; UsageError for an embedded one. Nobody ever sees half of it."""
    found = entry(name)
    if found.embedded:
        raise UsageError(f"{name!r} is embedded in the harness and cannot be removed; only imported sets can")
    if found.path.is_symlink():
        found.path.unlink()
        return found
    remove_folder(found.path)
    return found


def damages(found: Entry) -> Iterator[str]:
    """One sentence for each damaged or missing file of a set; every file is read and its hash compared."""
    try:
        manifest = read_manifest(found.path)
    except SurrogateError as error:
        yield str(error)
        return
    told: set[str] = set()
    if manifest.get("kind") == TABLE:
        for held in manifest["tasks"].values():
            try:
                read_arrays(found.path, held["table"])
            except SurrogateError as error:
                yield str(error)
        for name in manifest.get("files", ()):
            try:
                read_file(found.path, manifest, name)
            except SurrogateError as error:
                yield str(error)
        return
    encoders: dict[str, Encoder] = {}
    for task, metric in ((t, m) for t, held in sorted(manifest["tasks"].items()) for m in sorted(held["metrics"])):
        try:
            read_model(found.path, manifest, task, metric, encoders)
        except SurrogateError as error:
            if str(error) not in told:  # models share encoders
                told.add(str(error))
                yield str(error)
