"""A user's own method on a worker that does not have its files: their texts travel with the run."""

from __future__ import annotations

import atexit
import contextlib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from harness.base.files import scratch_folder
from harness.base.usersource import file_hash, sources_of
from harness.benchmark.methods import MethodEntry, is_file
from harness.benchmark.own import Given
from harness.errors import UsageError
from harness.runs.isolation.entry import Apart
from harness.runs.run import Run

_written: dict[str, Path] = {}
"""SHA-256 of a method's texts -> the folder in which they were written, for as long as this process lives."""
_folders = contextlib.ExitStack()
"""The folders in ``_written``."""
atexit.register(_folders.close)


@dataclass(frozen=True)
class Shipped(MethodEntry):
    """The entry of a user's own method, loaded from ``texts``: by its place in a folder, that of its file ``first``,
    and of the modules that it imports from there.
    """

    first: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)

    def load(self) -> Any:
        """What makes a run, imported from files that have the texts and names of the user's."""
        return MethodEntry.load(replace(self, path=self.place()))

    def place(self) -> str:
        """The method as ``path/to/file.py:ClassName``, in the files that have the texts and names of the user's."""
        return f"{self._home() / self.first}:{self.path.rpartition(':')[2]}"

    def as_at_home(self, run: Run) -> Run:
        """The failed run with a traceback that names the user's own files, as it would without shipping."""
        trace, home = run.traceback or "", self.path.rpartition(":")[0].removesuffix(self.first)
        for place in self.texts:
            trace = trace.replace(str(self._home() / place), home + place)
        return replace(run, traceback=trace)

    def _home(self) -> Path:
        parts = [part for place, text in sorted(self.texts.items()) for part in (place, text)]
        key = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()
        if key not in _written:
            home = _folders.enter_context(scratch_folder())
            for place, text in self.texts.items():
                (home / place).parent.mkdir(parents=True, exist_ok=True)
                (home / place).write_bytes(text.encode("utf-8", "surrogateescape"))
            _written[key] = home
        return _written[key]


def as_at_home(entry: MethodEntry, run: Run) -> Run:
    """A run of an entry, shipped or not, with its traceback as it is at home."""
    own = entry.inner if isinstance(entry, Apart) else entry
    return own.as_at_home(run) if run.traceback is not None and isinstance(own, Shipped) else run


def elsewhere(entry: MethodEntry) -> MethodEntry:
    """The entry for another process of this machine: an object of a file's is loaded from the file there."""
    if isinstance(entry, Apart):
        return replace(entry, inner=elsewhere(entry.inner))
    return entry.in_file or entry if isinstance(entry, Given) else entry


def shipped(entry: MethodEntry) -> MethodEntry:
    """The entry; for a user's own method with the texts of its files. An object of this session goes as it is, and what
    an installed package declares is loaded from the worker's own installation. UsageError if a file has changed since
    it was loaded.
    """
    if isinstance(entry, Apart):
        return replace(entry, inner=shipped(entry.inner))
    if isinstance(entry, Given):
        return entry if entry.in_file is None else shipped(entry.in_file)
    module, _, _ = entry.path.rpartition(":")
    if entry.source is None or not is_file(module):
        return entry
    file = Path(module)
    try:
        sources = sources_of(file)
        if entry.source not in (sources.sha256(), file_hash(file)):
            raise UsageError(f"{file} has changed since it was loaded; run the command again")
        texts = {sources.place(each): each.read_bytes().decode("utf-8", "surrogateescape") for each in sources.files}
    except OSError as error:
        raise UsageError(f"{file} cannot be read any more ({error.strerror}); put it back") from None
    values = {each.name: getattr(entry, each.name) for each in fields(MethodEntry)}
    return Shipped(**values, first=sources.place(file), texts=texts)
