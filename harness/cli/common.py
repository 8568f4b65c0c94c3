"""Names and words that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

from harness.errors import UsageError

DEFAULT_RESULTS = Path("results/local")
"""The folder of records of a user's own runs."""
BASELINES = Path("results/baselines")
"""The folder of the baselines' records."""
LEADERBOARDS = Path("leaderboards")
"""The folder of rendered tables and submissions."""


def note(message: str) -> None:
    """Prints a sentence on standard error."""
    click.echo(f"harness: {message}", err=True)


def check_jobs(jobs: int) -> None:
    """UsageError unless ``jobs`` is a number of processes, or -1 for one per core."""
    if jobs == 0 or jobs < -1:
        raise UsageError(f"--jobs {jobs} must be at least 1 (or -1 for every core)")
