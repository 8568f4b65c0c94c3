"""The shelf: the sources on disk, embedded in the package or imported by the user, and their folders."""

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
"""A file that says where, when and with which version a source was imported. It is no part of the source's hash."""


@dataclass(frozen=True)
class Entry:
    """A folder that holds a source, intact or damaged."""

    name: str
    path: Path
    embedded: bool

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(f.stat().st_size for f in self.path.rglob("*") if f.is_file())


def data_directory() -> Path:
    """The folder of the user's data: ``HARNESS_DATA``, or the usual place of the system."""
    override = os.environ.get("HARNESS_DATA")
    return Path(override).expanduser() if override else Path(platformdirs.user_data_dir(DISTRIBUTION))


def sets_directory() -> Path:
    """The folder of imported sources."""
    return data_directory() / "sets"


def available_sets() -> dict[str, Path]:
    """Name -> folder of every embedded and imported source. An embedded source goes before an imported one."""
    found: dict[str, Path] = {}
    for parent in (EMBEDDED, sets_directory()):
        if parent.is_dir():
            for child in sorted(parent.iterdir()):
                if not child.name.startswith(".") and (child / MANIFEST).is_file():
                    found.setdefault(child.name, child)
    return found


def entries() -> dict[str, Entry]:
    """Every source by name, embedded ones first. Unlike ``available_sets``, it has sources without a manifest too."""
    found: dict[str, Entry] = {}
    for parent in (EMBEDDED, sets_directory()):
        for child in sorted(parent.iterdir()) if parent.is_dir() else ():
            if child.is_dir() and not child.name.startswith((".", "_")):
                found.setdefault(child.name, Entry(child.name, child, parent == EMBEDDED))
    return found


def entry(name: str) -> Entry:
    """The source with that name. UnknownName if there is none."""
    found = entries()
    if name not in found:
        raise UnknownName("source", name, found)
    return found[name]


def new_path(name: str, *, replacing: bool = False) -> Path:
    """The folder for a new source. UsageError if its name is taken or breaks the rule for names."""
    if not is_name(name):
        raise UsageError(f"{name!r:.80} is no name for a source; {NAME_RULE}; give another with --name")
    if (EMBEDDED / name).exists():
        raise UsageError(f"{name!r} is an embedded source and cannot be replaced; give another name with --name")
    path = sets_directory() / name
    if path.exists() and not replacing:
        raise UsageError(f"there is a source {name!r} already; give another name with --name, or use --replace")
    return path


def remove(name: str) -> Entry:
    """Deletes an imported source, so that no reader finds half of it. UsageError for an embedded source."""
    found = entry(name)
    if found.embedded:
        raise UsageError(f"{name!r} is embedded in the harness and cannot be removed; only imported sources can")
    if found.path.is_symlink():
        found.path.unlink()
        return found
    remove_folder(found.path)
    return found
