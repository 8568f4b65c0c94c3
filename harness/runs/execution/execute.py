"""Runs the seeds that have no record yet, on this machine or on others (see ``executors``), and writes their records.

The unit of work is one run. Records have the same bytes wherever and in whatever order the runs are done. Only this
process writes them, in parts. When a record's last run is done, its parts are joined.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from harness.base.files import scratch_folder
from harness.errors import RecordError
from harness.runs import records
from harness.runs.execution.batches import batches_of
from harness.runs.execution.ending import explained
from harness.runs.execution.executors import Outcome, check_cluster, dispatch, open_executor
from harness.runs.execution.job import Job
from harness.runs.execution.keeping import Keeper
from harness.runs.execution.missing import lacking, missing_runs
from harness.runs.execution.plans import Wanted, announced
from harness.runs.execution.tally import Tally
from harness.runs.spec import RunSpec
from harness.sources.models import slow_path


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
    """Runs the seeds of every job that have no record with the same header yet; joins each job's parts at its end.

    Returns an error for every file that is damaged, or no record of this harness, where a job's record should be. Such
    files are left untouched and their jobs skipped. Also returns a RunsLost for every job whose runs are not all there
    at the end, because somebody has removed them.
    ``cluster``: the address of a Dask scheduler, ``local`` or ``slurm``; ``command``: the command line that continues
    these runs after an interruption. ``on_total`` is called with the number of runs to do, ``on_run`` with each
    finished run, ``on_tally`` with the counts so far, twice a second or more, and ``on_note`` with a sentence about
    each record moved aside and each loss of workers. Raises Stopped (its kinds: ``harness/errors.py``) or Interrupted
    when it ends early. Finished runs are kept then, and the same call does the rest.
    """
    check_cluster(cluster, cluster_config)
    chosen, todo, errors = missing_runs(jobs, results, rerun, on_note)
    tally = Tally(sum(map(len, todo)), [len(seeds) for seeds in todo])
    on_total(tally.total)
    paths = [records.record_path(results, job.spec) for job in chosen]
    broken: dict[Path, RecordError] = {}
    for path, seeds in zip(paths, todo, strict=True):
        if not seeds and records.parts_path(path).is_dir():  # no seed is missing, but a killed command has left parts
            _merge(path, broken)
    if not tally.total:
        return [*errors, *broken.values()]
    wanted = [
        Wanted(path.relative_to(results).as_posix(), job.spec.leaderboard, job.spec.label, job.seeds)
        for job, path in zip(chosen, paths, strict=True)
    ]

    def tick(running: int) -> None:
        tally.running = running
        on_tally(tally)

    with contextlib.ExitStack() as stack:
        stack.enter_context(explained(tally, command))
        executor = stack.enter_context(contextlib.closing(open_executor(n_jobs, cluster, cluster_config, on_note)))
        batches = batches_of(chosen, todo, executor)
        stack.enter_context(announced(results, wanted, command, tally))  # only once the workers are known to be fit
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
                _merge(paths[at], broken)
        tick(0)
    whole = [(path, job) for path, job in zip(paths, chosen, strict=True) if path not in broken]
    return [*errors, *broken.values(), *(lost for path, job in whole for lost in _lost(path, job))]


def _merge(path: Path, broken: dict[Path, RecordError]) -> None:
    try:
        records.merge(path)
    except RecordError as error:
        broken[path] = error


def _lost(path: Path, job: Job) -> list[RecordError]:
    """The runs of a job that were there or have been written, and are there no more."""
    try:
        return [*lacking(path, job.seeds)]
    except RecordError as error:
        return [error]


def in_memory(
    jobs: Iterable[Job],
    n_jobs: int = 1,
    cluster: str | None = None,
    cluster_config: Path | None = None,
) -> list[records.Record]:
    """Runs the jobs without a results folder and returns their records, which exist in memory only."""
    with scratch_folder() as folder:
        jobs = list(jobs)
        execute(jobs, folder, n_jobs=n_jobs, cluster=cluster, cluster_config=cluster_config)
        found = [records.read(records.record_path(folder, job.spec)) for job in jobs]
    return [records.Record(Path(), r.spec, r.runs, r.table.combine_chunks()) for r in found]
