"""Using the runs of another results folder, say the committed baselines, instead of running them again.

A record is copied whole, and only where this folder has none and a run here would have been the same: the same spec
(surrogate set, method, settings), the same version of the harness and of the libraries the method runs on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from harness.base.files import write_bytes
from harness.errors import RecordError, UsageError
from harness.runs import records
from harness.runs.execution.execute import Job, same_runs


def reuse(jobs: Iterable[Job], source: Path, results: Path, *, on_note: Callable[[str], None] = lambda _: None) -> int:
    """Copies what ``source`` has of ``jobs`` into ``results`` and returns the number of records copied.

    ``source`` is only read. A record there that cannot be read, or whose runs would not be the same here, is left and
    reported. UsageError if there is no such folder.
    """
    if not source.is_dir():
        raise UsageError(f"there is no results folder {source} to use the runs of; give one that exists with --reuse")
    copied = 0
    for job in jobs:
        theirs, ours = records.record_path(source, job.spec), records.record_path(results, job.spec)
        if ours.exists() or records.parts_path(ours).exists() or not theirs.exists():
            continue
        try:
            record = records.read(theirs)
            usable = same_runs(record.spec, record.runs, job)
        except RecordError as error:
            on_note(f"{error}; it is not used")
            continue
        if not usable:
            on_note(f"{theirs} was made with another surrogate set, method or version; it is not used")
            continue
        with records.locked(ours):
            if not ours.exists():
                write_bytes(ours, theirs.read_bytes(), durable=False)
                copied += 1
    return copied
