"""Importing tables and pairing methods in tests, in one call each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness import registry
from harness.benchmark.source import Source
from harness.runs.execution.job import Job
from harness.runs.selection import Selection
from harness.sources.foreign.names import Names
from harness.sources.tables.table import TableSource
from harness.suites import readers
from protocols.jahs.leaderboards import METRICS, TASKS

JAHS = Names(tuple(TASKS), METRICS)


def import_table(path: Path, name: str | None = None, **options: Any) -> TableSource:
    """Imports a table as ``harness data import`` does, and opens it."""
    folder = readers.import_table(path, registry.publications(), registry.taken_names(), name, **options)
    source = registry.load_surrogates(folder)
    assert isinstance(source, TableSource)
    return source


def is_table(path: Path) -> bool:
    """Whether a path is imported as a table."""
    return readers.is_table(path, registry.publications())


def make_jobs(source: Source, task: str, setting: str, methods: Sequence[str] = (), **options: Any) -> list[Job]:
    """The jobs that ``harness run`` would make."""
    return Selection(task, setting, tuple(methods), **options).jobs(source)
