"""Conducting a study: planning its runs, running the missing ones, and collecting the evidence."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness import registry
from harness.base.libraries import require
from harness.benchmark.source import Source
from harness.errors import RecordError, UnknownName, UsageError
from harness.reports.studies.reference import read_reference
from harness.reports.studies.seconds import measure, read_seconds
from harness.reports.studies.study import Arm, Evidence, Study
from harness.runs.execution.execute import execute
from harness.runs.execution.executors import Outcome
from harness.runs.execution.job import Job
from harness.runs.execution.reuse import reuse
from harness.runs.execution.tally import Tally
from harness.runs.pairing import Choices, pair
from harness.runs.records import Record, record_path
from harness.runs.results import read_record
from harness.runs.selection import parse_seeds
from harness.runs.spec import RunSpec

EXTRA = "study"


@dataclass(frozen=True)
class Progress:
    """Functions that are told how the runs of a study go on.

    ``total``: gets the number of runs to do; ``run``: gets each finished run; ``tally``: gets the numbers so far, now
    and then; ``note``: gets sentences for the user; ``command``: the command line that continues after an interruption.
    """

    total: Callable[[int], None] = lambda _: None
    run: Callable[[RunSpec, Outcome], None] = lambda *_: None
    tally: Callable[[Tally], None] = lambda _: None
    note: Callable[[str], None] = lambda _: None
    command: Sequence[str] = ()


@dataclass
class _Plan:
    """Jobs by (task, arm), and method -> the reason why it is left out."""

    jobs: dict[tuple[str, Arm], Job] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def choose_tasks(surrogates: Source, tasks: Iterable[str] = (), suite: str = "") -> tuple[str, ...]:
    """``tasks`` in the order of the suite, by default all tasks of the surrogate set. UnknownName for another task."""
    there = [task for task in registry.suite(suite).tasks if task in surrogates.tasks]
    wanted = list(tasks) or there
    for task in wanted:
        if task not in there:
            raise UnknownName(f"task of source {surrogates.name}", task, there)
    return tuple(task for task in there if task in wanted)


def conduct(
    study: Study,
    surrogates: Source | None,
    results: Path,
    *,
    data: Path | None = None,
    tasks: Iterable[str] = (),
    seeds: int | str | Iterable[int] | None = None,
    methods: Collection[str] = (),
    n_jobs: int = 1,
    run: bool = True,
    reused: Iterable[Path] = (),
    progress: Progress | None = None,
) -> Evidence:
    """Runs the study's missing runs in the folder ``results`` (none unless ``run``) and returns all the evidence.

    ``tasks`` and ``seeds``: by default the study's own; ``methods``: only the arms with these methods, optional ones
    among them (default: every arm that is not optional); ``reused``: other folders of records, whose runs are copied
    and not run again, see ``harness.runs.execution.reuse``; ``data``: the folder of reference data; ``surrogates``:
    None for a suite without a surrogate set, where nothing is run.

    A method whose library is not installed is left out, and so are reference data that are missing. UsageError if
    no run is left to do, or no record is there.
    """
    progress = progress or Progress()
    require(study.libraries, f"study {study.name}", EXTRA)
    arms, asked = _arms(study, methods), parse_seeds(study.seeds if seeds is None else seeds)
    frames, missing = read_reference(study.data, data)
    if surrogates is None:
        if list(tasks):
            raise UsageError(f"study {study.name} is about all tasks of its suite; leave out --tasks")
        every = tuple(registry.suite(study.suite).tasks)
        return Evidence(None, every, asked, arms, left_out=missing, data=frames, suite=study.suite)
    wanted = list(tasks) or [task for task in study.tasks if task in surrogates.tasks]
    chosen = choose_tasks(surrogates, wanted, study.suite)
    plan = _plan(arms, chosen, asked, surrogates, study.suite)
    if arms and not plan.jobs:
        reasons = "; ".join(plan.left_out.values()) or f"none of its arms is about {', '.join(chosen)}"
        raise UsageError(f"study {study.name} has nothing to run: {reasons}")
    jobs = list({record_path(results, job.spec): job for job in plan.jobs.values()}.values())  # arms may share a run
    for folder in reused:
        reuse(jobs, folder, results, on_note=progress.note)
    if run:
        _run(jobs, results, n_jobs, progress)
    records, problems = _records(plan, results, surrogates, progress.note)
    if plan.jobs and not records:
        raise UsageError(
            f"there are no records of study {study.name} in {results}; fill it with: harness study {study.name} "
            f"--surrogates {surrogates.name} --results {results}"
        )
    times: dict[tuple[str, Arm], dict[int, float]] = {}
    if study.timed:
        for key, job in plan.jobs.items():
            times[key] = measure(job, results) if run else read_seconds(job, results)
    return Evidence(
        surrogates, chosen, asked, arms, records, times, {**plan.left_out, **missing}, tuple(dict.fromkeys(problems)),
        frames, study.suite,
    )  # fmt: skip


def _run(jobs: Sequence[Job], results: Path, n_jobs: int, progress: Progress) -> None:
    errors = execute(
        jobs, results, n_jobs=n_jobs, command=progress.command, on_total=progress.total,
        on_run=progress.run, on_tally=progress.tally, on_note=progress.note,
    )  # fmt: skip
    for error in errors:
        progress.note(f"{error}{error.fate}")


def check_methods(study: Study, methods: Collection[str]) -> None:
    """UnknownName for a method that no arm of the study has."""
    known = list(dict.fromkeys(arm.method for arm in study.arms()))
    for name in methods:
        if name not in known:
            raise UnknownName(f"method of study {study.name}", name, known)


def _arms(study: Study, methods: Collection[str]) -> tuple[Arm, ...]:
    check_methods(study, methods)
    arms = study.arms()
    return tuple(arm for arm in arms if (arm.method in methods if methods else not arm.optional))


def _plan(arms: Iterable[Arm], tasks: Iterable[str], seeds: tuple[int, ...], surrogates: Source, suite: str) -> _Plan:
    plan = _Plan()
    for arm in arms:
        entry = registry.method(arm.method)
        try:
            entry.require()
        except UsageError as error:
            plan.left_out[arm.method] = str(error)
            continue
        for task in (one for one in tasks if not arm.tasks or one in arm.tasks):
            board = registry.leaderboard(task, "single", arm.setting, of=suite, under=arm.protocol, workers=arm.workers)
            choices = Choices(dict(arm.settings), arm.axis, arm.from_scratch, arm.space or None)
            plan.jobs[task, arm] = Job(pair(board, surrogates, entry, choices), seeds)
    return plan


def _records(
    plan: _Plan, results: Path, surrogates: Source, note: Callable[[str], None]
) -> tuple[dict[tuple[str, Arm], Record], list[str]]:
    """The records of the jobs, and sentences about records that are missing or cannot be used.

    The sentences get into the text of the study, which must be the same on every machine, so they name no paths; an
    error with its path goes to ``note``.
    """
    problems: list[str] = []
    found: dict[tuple[str, Arm], Record] = {}
    for key, job in plan.jobs.items():
        where = f"{job.spec.leaderboard} {job.spec.label}"
        try:
            record = read_record(record_path(results, job.spec))
        except RecordError as error:
            note(str(error))
            problems.append(f"{where}: its record cannot be read")
            continue
        if record is None:
            problems.append(f"{where}: no record")
            continue
        if record.spec.surrogates_hash != surrogates.hash:
            problems.append(f"{where}: its record was made with another content of {surrogates.name}")
            continue
        failed = [seed for seed in job.seeds if seed in record.runs and record.runs[seed]["status"] != "complete"]
        missing = [seed for seed in job.seeds if seed not in record.runs]
        problems += [f"{where}: seed {seed} failed: {record.runs[seed]['reason']}" for seed in failed]
        if missing:
            problems.append(f"{where}: {len(missing)} of {len(job.seeds)} seeds have not been run")
        found[key] = record
    return found, problems
