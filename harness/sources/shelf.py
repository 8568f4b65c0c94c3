"""The shelf: which sources lie on disk, embedded in the package or imported by the user, and where."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from harness.base.files import remove_folder
from harness.base.naming import DISTRIBUTION, NAME_RULE, is_name
from harness.errors import UnknownName, UsageError
from harness.sources.store import MANIFEST

EMBEDDED = Path(__file__).resolve().parent / "embedded"
ORIGIN = "origin.json"
"""Where, when and with which version a set was imported: beside the manifest, because it must not change the hash."""


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


def data_directory() -> Path:
    """Where imported sets live: ``HARNESS_DATA``, or the user's data directory."""
    override = os.environ.get("HARNESS_DATA")
    return Path(override).expanduser() if override else Path(platformdirs.user_data_dir(DISTRIBUTION))


def sets_directory() -> Path:
    """Where imported sets live."""
    return data_directory() / "sets"


def available_sets() -> dict[str, Path]:
    """Name -> directory of every embedded and imported set; an embedded name cannot be shadowed."""
    found: dict[str, Path] = {}
    for parent in (EMBEDDED, sets_directory()):
        if parent.is_dir():
            for child in sorted(parent.iterdir()):
                if not child.name.startswith(".") and (child / MANIFEST).is_file():
                    found.setdefault(child.name, child)
    return found


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
