"""Runs what is missing: from specs and seeds to records on disk, in this process or several.

The work unit is one run. Results are the same bytes whatever the number of processes and the order
in which they finish.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from harness import records, registry
from harness.errors import RecordError
from harness.registry import MethodEntry
from harness.runner import Run, run
from harness.spec import RunSpec
from harness.surrogates import SurrogateSet, load_surrogates


@dataclass(frozen=True)
class Job:
    """A method on a leaderboard, to be run for some seeds."""

    spec: RunSpec
    entry: MethodEntry
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Unit:
    """One run to do; ``part`` is where its record goes."""

    spec: RunSpec
    entry: MethodEntry
    seed: int
    surrogates: Path
    part: Path


_loaded: dict[Path, SurrogateSet] = {}


def _do(unit: Unit) -> tuple[RunSpec, Run]:
    if unit.surrogates not in _loaded:
        _loaded[unit.surrogates] = load_surrogates(unit.surrogates)
    outcome = run(unit.spec, unit.entry, _loaded[unit.surrogates], unit.seed)
    board = registry.leaderboard_of(unit.spec.leaderboard)
    records.write(records.to_table(board, unit.spec, outcome, records.environment(unit.entry.libraries)), unit.part)
    return unit.spec, outcome


def execute(
    jobs: Iterable[Job],
    surrogates: SurrogateSet,
    results: Path,
    *,
    n_jobs: int = 1,
    rerun: bool = False,
    on_total: Callable[[int], None] = lambda _: None,
    on_run: Callable[[RunSpec, Run], None] = lambda *_: None,
    on_note: Callable[[str], None] = lambda _: None,
) -> list[RecordError]:
    """Runs the seeds of every job that have no record with the same header yet; merges each job's parts at its end.

    Returns the damaged or foreign files met in the way; their jobs are skipped and the files left untouched.
    ``on_total`` is told the number of runs to do, ``on_run`` each finished one, ``on_note`` what was set aside.
    """
    units: list[Unit] = []
    errors: list[RecordError] = []
    done: list[Job] = []
    for job in jobs:
        path = records.record_path(results, job.spec)
        try:
            with records.locked(path):
                have = _seeds_done(path, job, on_note)
            if rerun:
                have = set()
        except RecordError as error:
            errors.append(error)
            continue
        parts = records.parts_path(path)
        missing = [seed for seed in job.seeds if seed not in have]
        units += [Unit(job.spec, job.entry, s, surrogates.path, parts / f"{s:06d}.parquet") for s in missing]
        done.append(job)
    on_total(len(units))
    left = {records.record_path(results, job.spec): 0 for job in done}
    for unit in units:
        left[records.record_path(results, unit.spec)] += 1
    ready = [path for path, count in left.items() if not count]  # nothing to run, but perhaps parts of a killed command
    for path in ready:
        _merge(path, errors)
    for spec, outcome in _map(units, n_jobs):
        on_run(spec, outcome)
        path = records.record_path(results, spec)
        left[path] -= 1
        if not left[path]:
            _merge(path, errors)
    return errors


def _merge(path: Path, errors: list[RecordError]) -> None:
    try:
        records.merge(path)
    except RecordError as error:
        errors.append(error)


def _map(units: list[Unit], n_jobs: int) -> Iterator[tuple[RunSpec, Run]]:
    if n_jobs == 1 or len(units) < 2:
        yield from map(_do, units)
        return
    from joblib import Parallel, delayed

    yield from Parallel(n_jobs=n_jobs, return_as="generator_unordered")(delayed(_do)(unit) for unit in units)


def _seeds_done(path: Path, job: Job, on_note: Callable[[str], None]) -> set[int]:
    """Seeds with a finished run of the same header. A record of another header is moved aside, never mixed or lost."""
    seeds: set[int] = set()
    files = [path, *sorted(records.parts_path(path).glob("*.parquet"))]
    for file in filter(Path.exists, files):
        record = records.read(file)
        if same_runs(record, job):
            seeds |= {seed for seed, head in record.runs.items() if head["status"] == "complete"}
            continue
        aside = file.with_suffix(f".superseded-{_digest(file)}")
        file.rename(aside)
        on_note(f"{file} was made with another surrogate set, method or version; kept as {aside.name}")
    return seeds


def same_runs(record: records.Record, job: Job) -> bool:
    """Whether the runs of a record are those that the job would make here: its spec, and comparable versions."""
    here = records.environment(job.entry.libraries)["versions"]
    return record.spec == job.spec and all(_comparable(head.get("versions", {}), here) for head in record.runs.values())


def _comparable(old: dict[str, str], new: dict[str, str]) -> bool:
    """Same major.minor of the harness and the same version of each library the method runs on (Python, NumPy aside)."""
    ignored = {"python", "numpy"}
    for name in (old.keys() | new.keys()) - ignored:
        a, b = old.get(name, ""), new.get(name, "")
        if name == registry.DISTRIBUTION:
            a, b = ".".join(a.split(".")[:2]), ".".join(b.split(".")[:2])
        if a != b:
            return False
    return True


def _digest(file: Path) -> str:
    import hashlib

    return hashlib.sha256(file.read_bytes()).hexdigest()[:8]


def in_memory(jobs: Iterable[Job], surrogates: SurrogateSet, n_jobs: int = 1) -> list[records.Record]:
    """The same runs without a results folder; records exist in memory only."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        jobs = list(jobs)
        execute(jobs, surrogates, Path(folder), n_jobs=n_jobs)
        found = [records.read(records.record_path(Path(folder), job.spec)) for job in jobs]
    return [records.Record(Path(), r.spec, r.runs, _detach(r.table)) for r in found]


def _detach(table: pa.Table) -> pa.Table:
    return table.combine_chunks()
