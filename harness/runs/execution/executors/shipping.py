"""A user's own method on a worker that does not have its file: the text of the file travels with the run."""

from __future__ import annotations

import atexit
import contextlib
import hashlib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from harness.base.files import scratch_folder
from harness.benchmark.methods import MethodEntry
from harness.errors import UsageError
from harness.runs.isolation.entry import Apart
from harness.runs.run import Run

_written: dict[str, Path] = {}
"""SHA-256 of a method's text and file name -> the file in which it was written, for as long as this process lives."""
_folders = contextlib.ExitStack()
"""The folders of the files in ``_written``."""
atexit.register(_folders.close)


@dataclass(frozen=True)
class Shipped(MethodEntry):
    """The entry of a user's own method, loaded from ``text``. Other files that the method imports are not sent."""

    text: str = ""

    def load(self) -> Any:
        """The class, imported from a file that has the text and the name of the user's."""
        return MethodEntry.load(replace(self, path=self.place()))

    def place(self) -> str:
        """The class as ``path/to/file.py:ClassName``, in the file that has the text and the name of the user's."""
        return f"{self._file()}:{self.path.rpartition(':')[2]}"

    def as_at_home(self, run: Run) -> Run:
        """The failed run with a traceback that names the user's own file, as it would without shipping."""
        return replace(run, traceback=(run.traceback or "").replace(str(self._file()), self.path.rpartition(":")[0]))

    def _file(self) -> Path:
        name = Path(self.path.rpartition(":")[0]).name
        key = hashlib.sha256(self.text.encode() + name.encode()).hexdigest()
        if key not in _written:
            file = _folders.enter_context(scratch_folder()) / name
            file.write_bytes(self.text.encode())
            _written[key] = file
        return _written[key]


def as_at_home(entry: MethodEntry, run: Run) -> Run:
    """A run of an entry, shipped or not, with its traceback as it is at home."""
    own = entry.inner if isinstance(entry, Apart) else entry
    return own.as_at_home(run) if run.traceback is not None and isinstance(own, Shipped) else run


def shipped(entry: MethodEntry) -> MethodEntry:
    """The entry; for a user's own method with the text of its file. UsageError if the file has changed since it was
    loaded.
    """
    if entry.source is None:
        return entry
    if isinstance(entry, Apart):
        return replace(entry, inner=shipped(entry.inner))
    file = Path(entry.path.rpartition(":")[0])
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read any more ({error.strerror}); put it back") from None
    if hashlib.sha256(data).hexdigest() != entry.source:
        raise UsageError(f"{file} has changed since it was loaded; run the command again")
    values = {field.name: getattr(entry, field.name) for field in fields(MethodEntry)}
    return Shipped(**values, text=data.decode())
