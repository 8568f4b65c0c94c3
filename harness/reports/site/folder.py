"""Puts a site in place as a whole: it is written beside its folder, then moved there.

The folder of a site has a file ``MARKER`` that lists its files. Only such a folder is ever replaced, and only if it has
no other files.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from harness.base.documents import read_json
from harness.base.files import whole_folder, write_text
from harness.errors import OverBudget, StorageError, UsageError

MARKER = "site.json"
KIND = "harness site"


class Site:
    """A site while it is written, below ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: list[str] = []

    def text(self, path: str, text: str) -> None:
        """Writes UTF-8 text with plain newlines."""
        write_text(self._new(path), text, durable=False)

    def copy(self, path: str, source: Path) -> None:
        """Copies a file's bytes."""
        target = self._new(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)

    def _new(self, path: str) -> Path:
        if path in self.files:
            raise ValueError(f"{path} is written twice")
        self.files.append(path)
        return self.root / path


def check(out: Path, *inputs: Path) -> None:
    """UsageError if ``out`` exists and is no site that may be replaced, or if it contains an input or lies in one."""
    place = out.resolve()
    for one in inputs:
        if place == one.resolve() or place in one.resolve().parents:
            raise UsageError(f"{one} lies in {out}, which the site would replace; choose another folder with --out")
        if one.resolve() in place.parents:
            raise UsageError(
                f"{out} lies in {one}, where its ledgers would be taken for records; choose another folder"
            )
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise UsageError(f"{out} is no folder; choose another one with --out")
    if not out.exists() or not any(out.iterdir()):
        return
    listed = _listed(out)
    if listed is None:
        raise UsageError(f"{out} has files in it and is no site of this command; choose an empty or new folder")
    there = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_symlink() or not path.is_dir()}
    foreign = sorted(there - listed - {MARKER})
    if foreign:
        raise UsageError(f"{out / foreign[0]} is no part of the site in {out}, which would be replaced; move it away")


def _listed(out: Path) -> set[str] | None:
    try:
        found = read_json(out / MARKER)
        return set(map(str, found["files"])) if found["made_by"] == KIND else None
    except (OSError, ValueError, KeyError, TypeError, OverBudget):
        return None


@contextlib.contextmanager
def replacing(out: Path) -> Iterator[Site]:
    """A site that takes the place of ``out`` at the end; on an error nothing changes. UsageError if ``out`` cannot be
    written, StorageError if it cannot be replaced at the end.
    """
    with contextlib.ExitStack() as stack:
        try:
            fresh = stack.enter_context(whole_folder(out.resolve()))
        except StorageError as error:
            raise UsageError(f"{out} cannot be written ({error.reason}); choose another folder with --out") from error
        site = Site(fresh)
        yield site
        site.text(MARKER, json.dumps({"made_by": KIND, "files": sorted(site.files)}, indent=1) + "\n")
