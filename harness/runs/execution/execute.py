"""Runs what is missing: from specs and seeds to records on disk, wherever the runs are done (see ``executors``).

The work unit is one run. Results are the same bytes wherever and in whatever order runs are done: this process alone
writes them, in parts, and joins those of a record when it has the last.
"""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from harness.base.files import move, scratch_folder
from harness.base.naming import DISTRIBUTION
from harness.benchmark.methods import MethodEntry
from harness.benchmark.source import Source
from harness.errors import RecordError, RunsLost, Stopped, WorkerError
from harness.runs import records
from harness.runs.execution.executors import Batch, Executor, Outcome, check_cluster, dispatch, open_executor
from harness.runs.execution.executors.handshake import describe
from harness.runs.execution.executors.shipping import shipped
from harness.runs.execution.keeping import Keeper
from harness.runs.execution.plans import Wanted, announced, texts
from harness.runs.execution.tally import Tally
from harness.runs.pairing import Pairing
from harness.runs.spec import RunSpec
from harness.sources.models import slow_path
from harness.sources.shelf import available_sets


@dataclass(frozen=True)
class Job:
    """A pairing, to be run for some seeds."""

    pairing: Pairing
    seeds: tuple[int, ...]

    @property
    def spec(self) -> RunSpec:
        """The identity of its record."""
        return self.pairing.spec

    @property
    def entry(self) -> MethodEntry:
        """Its method."""
        return self.pairing.method


class Interrupted(KeyboardInterrupt):
    """Ctrl-C while running, with what was done by then and how to go on."""


def execute(
    jobs: Iterable[Job],
    results: Path,
    *,
    n_jobs: int = 1,
    cluster: str | None = None,
    cluster_config: Path | None = None,
    rerun: bool = False,
    command: Sequence[str] = (),
    on_total: Callable[[int], None] = lambda _: None,
    on_run: Callable[[RunSpec, Outcome], None] = lambda *_: None,
    on_tally: Callable[[Tally], None] = lambda _: None,
    on_note: Callable[[str], None] = lambda _: None,
) -> list[RecordError]:
    """Runs the seeds of every job that have no record with the same header yet; merges each job's parts at its end.

    Returns the damaged or foreign files met in the way; their jobs are skipped and the files left untouched.
    ``cluster`` is an address of a Dask scheduler, ``local`` or ``slurm``; ``command`` the command line that would go on
    if this is interrupted. ``on_total`` is told the number of runs to do, ``on_run`` each finished one, ``on_tally``
    the numbers so far now and then, ``on_note`` what was set aside or lost. Raises Stopped (its kinds:
    ``harness/errors.py``) or Interrupted when it ends early; what was finished is kept then, and the same call does
    the rest.
    """
    check_cluster(cluster, cluster_config)
    chosen, todo, errors = _missing(jobs, results, rerun, on_note)
    tally = Tally(sum(map(len, todo)), [len(seeds) for seeds in todo])
    on_total(tally.total)
    paths = [records.record_path(results, job.spec) for job in chosen]
    for path, seeds in zip(paths, todo, strict=True):
        if not seeds and records.parts_path(path).is_dir():  # all there, but perhaps as parts of a killed command
            _merge(path, errors)
    if not tally.total:
        return errors
    wanted = [
        Wanted(path.relative_to(results).as_posix(), job.spec.leaderboard, job.spec.label, job.seeds)
        for job, path in zip(chosen, paths, strict=True)
    ]

    def tick(running: int) -> None:
        tally.running = running
        on_tally(tally)

    with contextlib.ExitStack() as stack:
        stack.enter_context(_explained(tally, command))
        executor = stack.enter_context(contextlib.closing(open_executor(n_jobs, cluster, cluster_config, on_note)))
        batches = _batches(chosen, todo, executor)
        stack.enter_context(announced(results, wanted, command, tally))  # not before it is known that it can begin
        keeper = stack.enter_context(Keeper(paths, tally))
        for at, answer in dispatch(batches, executor, on_lost=on_note, on_tick=tick):
            if any(outcome.slow for outcome in answer.outcomes):
                slow_path.warn()
            for outcome in answer.outcomes:
                tally.add(at, outcome)
            keeper.keep(at, answer)
            for outcome in answer.outcomes:
                on_run(chosen[at].spec, outcome)
            if not tally.left[at]:
                keeper.write()
                _merge(paths[at], errors)
        tick(0)
    return errors + _lacking(chosen, paths, errors)


def _missing(
    jobs: Iterable[Job], results: Path, rerun: bool, on_note: Callable[[str], None]
) -> tuple[list[Job], list[tuple[int, ...]], list[RecordError]]:
    """The jobs that can be run, with the seeds to do of each, and what is in the way of the others."""
    chosen: list[Job] = []
    todo: list[tuple[int, ...]] = []
    errors: list[RecordError] = []
    for job in jobs:
        path = records.record_path(results, job.spec)
        have: set[int] = set()
        try:
            if path.parent.is_dir():  # nothing is made before there is something to write
                with records.locked(path):
                    have = _seeds_done(path, job, on_note)
        except RecordError as error:
            errors.append(error)
            continue
        chosen.append(job)
        todo.append(job.seeds if rerun else tuple(seed for seed in job.seeds if seed not in have))
    return chosen, todo, errors


def _batches(jobs: Sequence[Job], todo: Sequence[tuple[int, ...]], executor: Executor) -> list[Batch]:
    """One batch per job, to be cut; for workers elsewhere, once it is known that they are fit for it."""
    if not executor.remote:
        return [
            Batch(job.spec, job.entry, seeds, job.pairing.source.path or job.pairing.source)
            for job, seeds in zip(jobs, todo, strict=True)
        ]
    libraries = tuple(dict.fromkeys(name for job in jobs for name in job.entry.libraries))
    references = [reference(job.pairing.source) for job in jobs]
    expected: dict[str | Path | Source, Mapping[str, str]] = {}
    for source, where in {job.pairing.source: where for job, where in zip(jobs, references, strict=True)}.items():
        ask = partial(describe, where, source.hash, libraries)
        expected[where] = ask()
        executor.check(expected[where], ask)
    return [
        Batch(job.spec, shipped(job.entry), seeds, where, expected[where])
        for job, seeds, where in zip(jobs, todo, references, strict=True)
    ]


def reference(source: Source) -> str | Path | Source:
    """How a worker elsewhere gets a source: by name where that leads here to the same folder, else by its folder; a
    source that is in no folder travels itself.
    """
    if source.path is None:
        return source
    return source.name if available_sets().get(source.name) == source.path else source.path


@contextlib.contextmanager
def _explained(tally: Tally, command: Sequence[str]) -> Iterator[None]:
    """Adds to what ends the block early what was done by then, and how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(f"interrupted; {_so_far(tally, command)}") from None
    except Stopped as error:
        if error.exit_code != 1:
            raise  # nothing has begun
        told = type(error)(f"{error}; {_so_far(tally, command)}")
        raise told from (_Remote(error.trace) if isinstance(error, WorkerError) and error.trace else error.__cause__)


class _Remote(Exception):
    """The traceback on a worker, shown as the cause of the error that was raised for it."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


def _so_far(tally: Tally, command: Sequence[str]) -> str:
    how = shlex.join(command) if command else "the same call again"
    return f"{tally.done - tally.held} of {tally.total} runs are done and kept; go on with: {how}"


def _lacking(jobs: Iterable[Job], paths: Iterable[Path], errors: Sequence[RecordError]) -> list[RecordError]:
    """What was there, or was written, and is not any more: somebody else changed the folder meanwhile."""
    if errors:
        return []  # which say what became of the runs
    return [error for job, path in zip(jobs, paths, strict=True) for error in lacking(path, job.seeds)]


def lacking(path: Path, seeds: Iterable[int], have: Iterable[int] | None = None) -> list[RunsLost]:
    """An error if the record at ``path`` and its parts lack some of these seeds; ``have``: those that it is known to
    have.
    """
    if have is None:
        have = set()
        for file in records.files_of(path):
            with contextlib.suppress(records.Gone):
                have |= records.heads(file)[1].keys()
    lost = sorted({*seeds} - {*have})
    if not lost:
        return []
    return [
        RunsLost(
            f"{path} lacks {len(lost)} of its runs (seeds {texts(lost)}), which were written; its folder was changed "
            f"meanwhile: run the same command again"
        )
    ]


def _merge(path: Path, errors: list[RecordError]) -> None:
    try:
        records.merge(path)
    except RecordError as error:
        errors.append(error)


def _seeds_done(path: Path, job: Job, on_note: Callable[[str], None]) -> set[int]:
    """Seeds with a finished run of the same header. A record of another header is moved aside, never mixed or lost."""
    seeds: set[int] = set()
    for file in records.files_of(path):
        try:
            # A part's values are checked when it is merged; a record's now, for nothing else may look at it again.
            spec, heads = records.heads(file) if file != path else _checked(file)
        except records.Gone:
            continue
        if same_runs(spec, heads, job):
            seeds |= {seed for seed, head in heads.items() if head["status"] == "complete"}
            continue
        aside = file.with_suffix(f".superseded-{_digest(file)}")
        move(file, aside)
        on_note(f"{file} was made with another surrogate set, method or version; kept as {aside.name}")
    return seeds


def same_runs(spec: RunSpec, heads: Mapping[int, Mapping[str, Any]], job: Job) -> bool:
    """Whether the runs of a record are those that the job would make here: its spec, and comparable versions."""
    here = records.environment(job.entry.libraries)["versions"]
    return spec == job.spec and all(_comparable(head.get("versions", {}), here) for head in heads.values())


def _checked(file: Path) -> tuple[RunSpec, dict[int, dict[str, Any]]]:
    record = records.read(file, columns=())
    return record.spec, record.runs


def _comparable(old: dict[str, str], new: dict[str, str]) -> bool:
    """Same major.minor of the harness and the same version of each library the method runs on (Python, NumPy aside)."""
    ignored = {"python", "numpy"}
    for name in (old.keys() | new.keys()) - ignored:
        a, b = old.get(name, ""), new.get(name, "")
        if name == DISTRIBUTION:
            a, b = ".".join(a.split(".")[:2]), ".".join(b.split(".")[:2])
        if a != b:
            return False
    return True


def _digest(file: Path) -> str:
    import hashlib

    return hashlib.sha256(file.read_bytes()).hexdigest()[:8]


def in_memory(
    jobs: Iterable[Job],
    n_jobs: int = 1,
    cluster: str | None = None,
    cluster_config: Path | None = None,
) -> list[records.Record]:
    """The same runs without a results folder; records exist in memory only."""
    with scratch_folder() as folder:
        jobs = list(jobs)
        execute(jobs, folder, n_jobs=n_jobs, cluster=cluster, cluster_config=cluster_config)
        found = [records.read(records.record_path(folder, job.spec)) for job in jobs]
    return [records.Record(Path(), r.spec, r.runs, _detach(r.table)) for r in found]


def _detach(table: pa.Table) -> pa.Table:
    return table.combine_chunks()
