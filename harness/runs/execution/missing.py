"""The missing runs: the seeds of a job for which the results folder has no finished run with the same header."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.base.files import PATIENCE, move
from harness.base.naming import DISTRIBUTION
from harness.errors import RecordError, RunsLost
from harness.runs import records
from harness.runs.execution.job import Job
from harness.runs.execution.plans import texts
from harness.runs.spec import RunSpec


def missing_runs(
    jobs: Iterable[Job], results: Path, rerun: bool, on_note: Callable[[str], None]
) -> tuple[list[Job], list[tuple[int, ...]], list[RecordError]]:
    """The jobs that can be run, the seeds to run of each, and an error for each job whose files cannot be read."""
    chosen: list[Job] = []
    todo: list[tuple[int, ...]] = []
    errors: list[RecordError] = []
    for job in jobs:
        path = records.record_path(results, job.spec)
        have: set[int] = set()
        try:
            if path.parent.is_dir():  # no folder is made before there is a record to write
                with records.locked(path):
                    have = _seeds_done(path, job, on_note)
        except RecordError as error:
            errors.append(error)
            continue
        chosen.append(job)
        todo.append(job.seeds if rerun else tuple(seed for seed in job.seeds if seed not in have))
    return chosen, todo, errors


def _seeds_done(path: Path, job: Job, on_note: Callable[[str], None]) -> set[int]:
    """Seeds with a finished run of the same header. A record of another header is moved aside: it is neither mixed with
    the new runs nor lost.
    """
    seeds: set[int] = set()
    for file in records.files_of(path):
        try:
            # The values of a part are checked when it is joined. Those of a record are checked here: if all of its
            # seeds are done, nothing else reads it.
            spec, heads = records.heads(file) if file != path else _checked(file)
        except records.Gone:
            continue
        if same_runs(spec, heads, job):
            seeds |= {seed for seed, head in heads.items() if head["status"] == "complete"}
            continue
        aside = file.with_suffix(f".superseded-{_digest(file)}")
        move(file, aside)
        on_note(f"{file} was made with another source, method or version; kept as {aside.name}")
    return seeds


def lacking(path: Path, seeds: Iterable[int], have: Iterable[int] | None = None) -> list[RunsLost]:
    """An error if the record at ``path`` and its parts lack some of these seeds. ``have``: the seeds that they have,
    where they are known.
    """
    lost = sorted({*seeds} - {*(_seeds_there(path) if have is None else have)})
    if not lost:
        return []
    return [
        RunsLost(
            f"{path} lacks {len(lost)} of its runs (seeds {texts(lost)}), which were done and written; somebody has "
            f"changed its folder meanwhile: run the same command again"
        )
    ]


def _seeds_there(path: Path) -> set[int]:
    for _ in range(PATIENCE):
        with contextlib.suppress(records.Gone):  # another command has just joined a part into the record: look again
            return {seed for file in records.files_of(path) for seed in records.heads(file)[1]}
    return set()


def same_runs(spec: RunSpec, heads: Mapping[int, Mapping[str, Any]], job: Job) -> bool:
    """Whether running the job here would make the same runs: the record has the job's spec and comparable versions."""
    here = records.environment(job.entry.libraries)["versions"]
    return spec == job.spec and all(_comparable(head.get("versions", {}), here) for head in heads.values())


def _checked(file: Path) -> tuple[RunSpec, dict[int, dict[str, Any]]]:
    record = records.read(file, columns=())
    return record.spec, record.runs


def _comparable(old: dict[str, str], new: dict[str, str]) -> bool:
    """Whether two sets of versions make the same runs: the harness has the same major.minor, and every library of the
    method the same version. Python and NumPy may differ.
    """
    ignored = {"python", "numpy"}
    for name in (old.keys() | new.keys()) - ignored:
        a, b = old.get(name, ""), new.get(name, "")
        if name == DISTRIBUTION:
            a, b = ".".join(a.split(".")[:2]), ".".join(b.split(".")[:2])
        if a != b:
            return False
    return True


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:8]
