"""Copies records from another results folder, such as the committed baselines, instead of doing their runs again.

A record is copied whole, and only where the folder at hand has none of its own. Running the job here would have to make
the same runs: the spec (surrogate set, method, settings) and the versions of the harness and of the method's libraries
are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from harness.base.files import write_bytes
from harness.errors import RecordError, UsageError
from harness.runs import records
from harness.runs.execution.job import Job
from harness.runs.execution.missing import same_runs


def reuse(jobs: Iterable[Job], source: Path, results: Path, *, on_note: Callable[[str], None] = lambda _: None) -> int:
    """Copies the records that the folder ``source`` has of ``jobs`` into ``results`` and returns their number.

    ``source`` is only read. ``on_note`` gets a sentence for each record that cannot be read, or whose runs would differ
    here; it is not copied. UsageError if there is no folder ``source``.
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
            on_note(f"{theirs} was made with another source, method or version; it is not used")
            continue
        with records.locked(ours):
            if not ours.exists():
                write_bytes(ours, theirs.read_bytes(), durable=False)
                copied += 1
    return copied
