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


def open_source(path: Path, keys_of: KeysOf = numbered_by_columns) -> StoredSource:
    """The source in a folder. SurrogateError if there is none or its manifest is damaged.

    ``keys_of``: see ``harness.sources.tables.table``.
    """
    manifest = read_manifest(path)
    if manifest.get("kind") == TABLE:
        return TableSource(path, manifest, keys_of)
    return SurrogateSet(path, manifest)


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
