"""Opens a source on disk, whatever its kind, and finds damaged files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.errors import SurrogateError
from harness.sources.models.files import read_model
from harness.sources.models.model import Encoder
from harness.sources.models.surrogates import SurrogateSet
from harness.sources.shelf import Entry
from harness.sources.store import TABLE, read_arrays, read_file, read_manifest
from harness.sources.stored import StoredSource
from harness.sources.tables.table import KeysOf, TableSource, numbered_by_columns

QUICK = 1 << 28
"""Bytes of a set that are read within half a second."""


def open_source(path: Path, keys_of: KeysOf = numbered_by_columns) -> StoredSource:
    """The source in a folder. SurrogateError if there is none or its manifest is damaged.

    ``keys_of``: see ``harness.sources.tables.table``.
    """
    manifest = read_manifest(path)
    if manifest.get("kind") == TABLE:
        return TableSource(path, manifest, keys_of)
    return SurrogateSet(path, manifest)


def visible_damage(found: Entry) -> str:
    """The first damage of a set that shows at once, empty if there is none: every file of a set of up to ``QUICK``
    bytes is read, of a larger one each is there and has its size.
    """
    if found.size <= QUICK:
        return next(damages(found), "")
    manifest = read_manifest(found.path)
    tasks = manifest["tasks"].values()
    held = [
        *manifest["encoders"].values(),
        *(entry for task in tasks for entry in ([task["table"]] if "table" in task else task["metrics"].values())),
    ]
    for entry in held:
        file = found.path / entry["file"]
        if not file.is_file() or file.stat().st_size != entry["size"]:
            return f"{file} is missing or of another size than its manifest says; restore the set or import it again"
    return ""


def damages(found: Entry) -> Iterator[str]:
    """One sentence for each damaged or missing file of a source. Every file is read and its hash compared."""
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
