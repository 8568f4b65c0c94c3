"""The Python interface: the same runs as the command line, returned as DataFrames."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from harness import registry
from harness.base.jobs import check_jobs
from harness.benchmark.source import Source
from harness.errors import RecordError
from harness.runs.execution.execute import Job, execute, in_memory, lacking
from harness.runs.execution.executors import check_cluster
from harness.runs.records import gather, record_path
from harness.runs.results import Results, scored_columns
from harness.runs.selection import Selection

if TYPE_CHECKING:
    from typing_extensions import Unpack


def leaderboards(suite: str = "", protocol: str = "") -> list[str]:
    """Ids of the leaderboards of a suite and protocol (by default the first of each), e.g. ``cifar10/single/mf``."""
    return list(registry.protocol(protocol, suite).leaderboards)


class Options(TypedDict, total=False):
    """The choices of ``run`` that ``Selection`` describes."""

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
    **options: Unpack[Options],
) -> Results:
    """Runs a method (or several) on a leaderboard and returns its records.

    The arguments are the command line's. ``options`` are ``objective``, ``settings``, ``fidelity``, ``from_scratch``,
    ``space``, ``workers``, ``suite``, ``protocol`` and ``preset``, see ``Selection``. ``surrogates`` is the name of a
    source, or a source itself. With ``results`` records are kept in that folder and seeds already there are not run
    again; without, they live in memory.
    Raises UsageError for an impossible pairing or a cluster that cannot be used, Stopped where running ended early (a
    full disk, a lost cluster: what was finished is kept); a failing method does not raise: its seeds are recorded as
    failed (``results.summary()``).
    """
    config = None if cluster_config is None else Path(cluster_config)
    check_jobs(jobs)
    check_cluster(cluster, config)
    given = {**options, "settings": options.get("settings") or {}}
    methods = (method,) if isinstance(method, str) else tuple(method or ())
    selection = Selection(task, setting, methods, seeds, **given)  # type: ignore[arg-type]
    source = surrogates if isinstance(surrogates, Source) else selection.load(surrogates)
    work = selection.jobs(source)
    if results is None:
        return Results(tuple(in_memory(work, jobs, cluster, config)))
    folder = Path(results)
    errors = execute(work, folder, n_jobs=jobs, cluster=cluster, cluster_config=config, rerun=rerun)
    return collect(work, folder, errors)


def collect(
    work: Iterable[Job], folder: Path, errors: Sequence[RecordError] = (), *, scores_only: bool = False
) -> Results:
    """The records of jobs just run, less those whose files could not be read; ``scores_only``: with no more of their
    columns than a summary needs. Runs that are not there any more are among the errors.
    """
    found = []
    lost: list[RecordError] = []
    for job in work:
        with contextlib.suppress(RecordError):  # already among the errors
            columns = scored_columns(registry.leaderboard_of(job.spec.leaderboard)) if scores_only else None
            path = record_path(folder, job.spec)
            record = gather(path, columns)
            if not errors:  # which would say why there is less
                lost += lacking(path, job.seeds, () if record is None else record.runs)
            if record is not None:
                found.append(record)
    return Results(tuple(found), (*errors, *lost))
