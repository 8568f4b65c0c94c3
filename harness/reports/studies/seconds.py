"""CPU seconds of whole runs (clock, surrogates, ledger and method together), measured once and kept beside the record.

The file ``<method label>.cpu.csv`` has a line per seed, with the surrogate set, versions and platform. Where one of
them has changed, the seed is measured anew.
"""

from __future__ import annotations

import csv
import io
import platform
from collections.abc import Iterable
from pathlib import Path

from harness.base.escape import csv_text
from harness.base.files import write_text
from harness.base.naming import DISTRIBUTION
from harness.base.timing import cpu_seconds
from harness.runs.execution.job import Job
from harness.runs.records import environment, record_path
from harness.runs.runner import run

COLUMNS = ("seed", "cpu_seconds", "surrogates_hash", "harness", "python", "platform")
DIGITS = 9


def measure(job: Job, results: Path) -> dict[int, float]:
    """CPU seconds of this process per seed of a job; seeds measured before are not run again.

    A first run loads models and fills caches; it is not measured.
    """
    there = read_seconds(job, results)
    missing = [seed for seed in job.seeds if seed not in there]
    if missing:
        run(job.pairing, missing[0])
    for seed in missing:
        before = cpu_seconds()
        run(job.pairing, seed)
        there[seed] = round(cpu_seconds() - before, DIGITS)
    if missing:
        write_text(_path(job, results), _text(job, there))
    return {seed: there[seed] for seed in job.seeds}


def read_seconds(job: Job, results: Path) -> dict[int, float]:
    """Seed -> the CPU seconds measured before, of this surrogate set, with these versions and on this platform."""
    try:
        lines = list(csv.DictReader(io.StringIO(_path(job, results).read_text(encoding="utf-8"))))
        here = _here(job)
        return {
            int(line["seed"]): float(line["cpu_seconds"])
            for line in lines
            if tuple(line.get(name) for name in COLUMNS[2:]) == here
        }
    except (FileNotFoundError, UnicodeDecodeError, KeyError, TypeError, ValueError):
        return {}  # a damaged file costs a new measurement, nothing else


def _path(job: Job, results: Path) -> Path:
    return record_path(results, job.spec).with_suffix(".cpu.csv")


def _here(job: Job) -> tuple[str, ...]:
    env = environment(job.entry.libraries)
    return (
        job.spec.surrogates_hash, env["versions"][DISTRIBUTION], platform.python_version(), env["platform"],
    )  # fmt: skip


def _text(job: Job, seconds: dict[int, float]) -> str:
    return csv_text(_lines(job, seconds))


def _lines(job: Job, seconds: dict[int, float]) -> Iterable[tuple[object, ...]]:
    yield COLUMNS
    for seed in sorted(seconds):
        yield (seed, f"{seconds[seed]:.{DIGITS}f}", *_here(job))
