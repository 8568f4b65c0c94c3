"""The Python interface: the same runs as the command line, returned as DataFrames."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from harness import registry
from harness.base.escape import shown
from harness.base.jobs import check_jobs
from harness.benchmark.source import Source
from harness.errors import RecordError, UsageError
from harness.runs.curves import scored_columns
from harness.runs.execution.execute import execute, in_memory
from harness.runs.execution.executors import check_cluster
from harness.runs.execution.job import Job
from harness.runs.execution.missing import lacking
from harness.runs.isolation.entry import Limits
from harness.runs.records import Record, gather, record_path
from harness.runs.results import Results
from harness.runs.selection import Selection

if TYPE_CHECKING:
    from typing_extensions import Unpack


def leaderboards(suite: str = "", protocol: str = "") -> list[str]:
    """Ids of the leaderboards of a suite and protocol (by default the first of each), such as ``cifar10/single/mf``."""
    return list(registry.protocol(protocol, suite).leaderboards)


class Options(TypedDict, total=False):
    """Further arguments of ``run``, which ``Selection`` describes."""

    objective: str
    settings: Mapping[str, Any]
    fidelity: str | None
    from_scratch: bool
    space: str | None
    workers: int | None
    suite: str
    protocol: str
    preset: str


def run(
    task: str,
    setting: str,
    method: str | Sequence[str] | None = None,
    *,
    seeds: int | str | Iterable[int] = 10,
    surrogates: str | Source | None = None,
    results: str | os.PathLike[str] | None = None,
    rerun: bool = False,
    jobs: int = 1,
    cluster: str | None = None,
    cluster_config: str | os.PathLike[str] | None = None,
    isolate: bool = False,
    **options: Unpack[Options],
) -> Results:
    """Runs a method (or several) on a leaderboard and returns its records.

    The arguments are those of ``harness run``. ``options`` are ``objective``, ``settings``, ``fidelity``,
    ``from_scratch``, ``space``, ``workers``, ``suite``, ``protocol`` and ``preset``, see ``Selection``. ``surrogates``
    is the name of a source, or a source itself. With ``results``, records are kept in this folder, and seeds that have
    a record there are not run again. Without it, records are kept in memory. With ``isolate``, the method of every seed
    has a process of its own.

    Raises UsageError for an impossible pairing or a cluster that cannot be used. Raises Stopped if the runs end early,
    as with a full disk or a lost cluster; finished runs are kept. A method that fails raises nothing: its seeds are
    recorded as failed (``results.summary()``).
    """
    config = None if cluster_config is None else Path(cluster_config)
    check_jobs(jobs)
    check_cluster(cluster, config)
    given = {**options, "settings": options.get("settings") or {}}
    methods = (method,) if isinstance(method, str) or not isinstance(method, Iterable | None) else tuple(method or ())
    folder = None if results is None else _folder(results)
    limits = Limits() if isolate else None
    selection = Selection(task, setting, methods, seeds, isolate=limits, **given)  # type: ignore[arg-type]
    source = surrogates if isinstance(surrogates, Source) else selection.load(surrogates)
    work = selection.jobs(source)
    if folder is None:
        return Results(tuple(in_memory(work, jobs, cluster, config)))
    errors = execute(work, folder, n_jobs=jobs, cluster=cluster, cluster_config=config, rerun=rerun)
    return collect(work, folder, errors)


def _folder(results: object) -> Path:
    """The folder of records. UsageError if no folder can have that name."""
    try:
        folder = Path(results)  # type: ignore[arg-type]
        os.stat(folder)
    except FileNotFoundError:
        return folder
    except (TypeError, ValueError, OSError) as error:
        raise UsageError(f"results {shown(results, 80)} is no folder's name ({error!s:.80}); give a path") from None
    return folder


def collect(
    work: Iterable[Job], folder: Path, errors: Sequence[RecordError] = (), *, scores_only: bool = False
) -> Results:
    """The records of jobs that have been run. ``errors``: the errors of ``execute``. An error is added for each file
    that cannot be read and each record without some of its runs. ``scores_only``: whether only the columns for a
    summary are kept.
    """
    found: list[Record] = []
    all_errors = {str(error): error for error in errors}
    for job in work:
        path = record_path(folder, job.spec)
        columns = scored_columns(registry.leaderboard_of(job.spec.leaderboard)) if scores_only else None
        wrong: Sequence[RecordError]
        try:
            record = gather(path, columns)
            found += [] if record is None else [record]
            wrong = lacking(path, job.seeds, () if record is None else record.runs)
        except RecordError as error:
            wrong = [error]
        for problem in wrong:
            all_errors.setdefault(str(problem), problem)
    return Results(tuple(found), tuple(all_errors.values()))
