"""Names of methods as pages show them, and file names made from names that anybody may have written."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath

from harness.reports.tables.entries import Entry
from harness.reports.tables.markdown import plain

SLUG = re.compile(r"[a-z0-9]([a-z0-9._-]{0,38}[a-z0-9_-])?")
RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
"""Names that Windows takes for devices."""

Key = tuple[str, str]
"""A method on all leaderboards: the folder of its records, and its name there."""


def key_of(entry: Entry) -> Key:
    """The method of an entry."""
    return entry.origin, entry.name


def shown_names(entries: Iterable[Entry], baselines: str) -> dict[Key, str]:
    """Method -> a name that no other method has, in alphabetical order of the names.

    ``baselines``: the origin of the baselines, which keep their names. If another method has the same name, the name of
    its folder is added to its name.
    """
    keys = sorted({key_of(one) for one in entries}, key=lambda key: (key[0] != baselines, key))
    often = Counter(_line(name) for _, name in keys)
    found: dict[Key, str] = {}
    for origin, name in keys:
        shown = _line(name)
        if often[shown] > 1 and origin != baselines:
            shown = f"{shown} ({_line(PurePosixPath(origin).name)})"
        stem, count = shown, 1
        while shown in found.values():
            count += 1
            shown = f"{stem} #{count}"
        found[origin, name] = shown
    return dict(sorted(found.items(), key=lambda item: (item[1].lower(), item[1])))


def _line(name: str) -> str:
    return plain(name) or "unnamed"


def slugs(names: Iterable[str]) -> dict[str, str]:
    """Name -> a file name without ending that is valid in every file system and address. All are different.

    A name that is valid stays as it is. Any other keeps its valid characters and gets a part of its SHA-256.
    """
    found: dict[str, str] = {}
    for name in names:
        if SLUG.fullmatch(name) and not RESERVED.fullmatch(name):
            found[name] = name
        else:
            digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:10]
            stem = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_")[:40].strip("-_")
            found[name] = f"{stem}-{digest}" if stem else digest
    return found
