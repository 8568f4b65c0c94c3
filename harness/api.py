"""The Python interface: the same runs as the command line, returned as DataFrames."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness import registry
from harness.base.jobs import check_jobs
from harness.errors import RecordError, UnknownName, UsageError
from harness.runs.execution.execute import Job, execute, in_memory
from harness.runs.execution.executors import check_cluster
from harness.runs.records import gather, record_path
from harness.runs.results import Results, scored_columns
from harness.runs.runner import make_spec
from harness.sources import SurrogateSet, load_surrogates

ALL = "all"


def leaderboards(suite: str = "", protocol: str = "") -> list[str]:
    """Ids of the leaderboards of a suite and protocol (by default the first of each), e.g. ``cifar10/single/mf``."""
    return list(registry.protocol(protocol, suite).leaderboards)


def parse_seeds(seeds: int | str | Iterable[int]) -> tuple[int, ...]:
    """``10`` is seeds 0..9, ``"3-5"`` is 3, 4, 5, a list is itself. UsageError for anything else."""
    if not isinstance(seeds, int | str):
        chosen = tuple(seeds)
        whole = all(isinstance(s, int) and 0 <= s < 10**6 for s in chosen)
        if not chosen or not whole or len(set(chosen)) < len(chosen):
            raise UsageError(f"seeds {chosen!r} must be different whole numbers from 0 to 999999")
        return chosen
    first, dash, last = str(seeds).partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()):
        raise UsageError(f"seeds {seeds!r} is neither a number such as 10 nor a range such as 0-9")
    low, high = (int(first), int(last)) if dash else (0, int(first) - 1)
    if not low <= high < 10**6:
        raise UsageError(f"seeds {seeds!r} names no seed; give a number of at least 1 or a range such as 0-9")
    return tuple(range(low, high + 1))


def load_for(surrogates: str | None, task: str, setting: str, suite: str = "", protocol: str = "") -> SurrogateSet:
    """The set to run on, by default the task's own. UnknownName for a task or setting that there is not, whether or not
    the set is here: nobody should get one for nothing.
    """
    _chosen(task, setting, suite, protocol)
    return load_surrogates(surrogates or registry.default_surrogates(suite, task))


def _chosen(task: str, setting: str, suite: str, protocol: str) -> tuple[list[str], list[str]]:
    """The tasks and settings that a run asks for, ``all`` spelled out. UnknownName if there is no such one."""
    boards = registry.protocol(protocol, suite).leaderboards.values()
    tasks = list(dict.fromkeys(board.task for board in boards))
    settings = list(dict.fromkeys(board.setting.name for board in boards))
    for kind, value, valid in (("task", task, tasks), ("setting", setting, settings)):
        if value not in (ALL, *valid):
            raise UnknownName(f"{kind} of protocol {protocol}" if protocol else kind, value, [*valid, ALL])
    return tasks if task == ALL else [task], settings if setting == ALL else [setting]


def make_jobs(
    surrogates: SurrogateSet,
    task: str,
    setting: str,
    *,
    objective: str = "single",
    methods: Sequence[str] = (),
    seeds: int | str | Iterable[int] = 10,
    settings: Mapping[str, Any] | None = None,
    fidelity: str | None = None,
    from_scratch: bool = False,
    space: str | None = None,
    workers: int | None = None,
    suite: str = "",
    protocol: str = "",
    preset: str = "",
) -> list[Job]:
    """The jobs that a ``run`` stands for; ``task`` and ``setting`` may be ``all``, no method means the default one.

    ``preset``: of the suite; ``settings`` come on top of what it has of a method. UsageError if it has none of them.
    """
    tasks, board_settings = _chosen(task, setting, suite, protocol)
    wanted = parse_seeds(seeds)
    known = registry.preset(preset, suite) if preset else {}
    jobs = []
    for one_task in tasks:
        for one_setting in board_settings:
            board = registry.leaderboard(one_task, objective, one_setting, of=suite, under=protocol, workers=workers)
            axis = fidelity if setting != ALL or board.setting.axes == "one" else None
            for name in dict.fromkeys(methods or [registry.default_method(board)]):
                entry = registry.method(name)
                if setting == ALL and one_setting not in entry.capabilities.settings:
                    continue  # fanning out: a method runs where it can
                spec = make_spec(
                    board, surrogates, entry, settings={**known.get(name, {}), **(settings or {})}, axis=axis,
                    from_scratch=from_scratch, space=space, workers=workers,
                )  # fmt: skip
                jobs.append(Job(spec, entry, wanted))
    if preset and not any(job.spec.method in known for job in jobs):
        chosen = ", ".join(dict.fromkeys(job.spec.method for job in jobs))
        raise UsageError(f"preset {preset} has no settings of {chosen}; it has some of {', '.join(known)}")
    return jobs


def run(
    task: str,
    setting: str,
    method: str | Sequence[str] | None = None,
    *,
    objective: str = "single",
    seeds: int | str | Iterable[int] = 10,
    settings: Mapping[str, Any] | None = None,
    fidelity: str | None = None,
    from_scratch: bool = False,
    space: str | None = None,
    surrogates: str | SurrogateSet | None = None,
    workers: int | None = None,
    suite: str = "",
    protocol: str = "",
    preset: str = "",
    jobs: int = 1,
    cluster: str | None = None,
    cluster_config: str | os.PathLike[str] | None = None,
    results: str | os.PathLike[str] | None = None,
    rerun: bool = False,
) -> Results:
    """Runs a method (or several) on a leaderboard and returns its records.

    The arguments are the command line's; ``suite`` and ``protocol`` are by default the first suite and its own
    leaderboards (``harness list``); ``settings`` are the method's own (``--set``), on top of those of ``preset``. With
    ``results`` records are kept in that folder and seeds already there are not run again; without, they live in memory.
    Raises UsageError for an impossible pairing or a cluster that cannot be used, Stopped where running ended early (a
    full disk, a lost cluster: what was finished is kept); a failing method does not raise: its seeds are recorded as
    failed (``results.summary()``).
    """
    config = None if cluster_config is None else Path(cluster_config)
    check_jobs(jobs)
    check_cluster(cluster, config)
    loaded = (
        surrogates if isinstance(surrogates, SurrogateSet) else load_for(surrogates, task, setting, suite, protocol)
    )
    methods = [method] if isinstance(method, str) else list(method or [])
    work = make_jobs(
        loaded, task, setting, objective=objective, methods=methods, seeds=seeds, settings=settings,
        fidelity=fidelity, from_scratch=from_scratch, space=space, workers=workers, suite=suite,
        protocol=protocol, preset=preset,
    )  # fmt: skip
    if results is None:
        return Results(tuple(in_memory(work, loaded, jobs, cluster, config)))
    folder = Path(results)
    errors = execute(work, loaded, folder, n_jobs=jobs, cluster=cluster, cluster_config=config, rerun=rerun)
    return collect(work, folder, errors)


def collect(
    work: Iterable[Job], folder: Path, errors: Sequence[RecordError] = (), *, scores_only: bool = False
) -> Results:
    """The records of jobs just run, less those whose files could not be read; ``scores_only``: with no more of their
    columns than a summary needs.
    """
    found = []
    for job in work:
        with contextlib.suppress(RecordError):  # already among the errors
            columns = scored_columns(registry.leaderboard_of(job.spec.leaderboard)) if scores_only else None
            record = gather(record_path(folder, job.spec), columns)
            if record is not None:
                found.append(record)
    return Results(tuple(found), tuple(errors))
