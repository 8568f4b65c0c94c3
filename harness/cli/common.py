"""Default folders, and the way to print a note, for several commands."""

from __future__ import annotations

from pathlib import Path

import click

DEFAULT_RESULTS = Path("results/local")
"""The folder of records of a user's own runs."""
BASELINES = Path("results/baselines")
"""The folder of the baselines' records."""
LEADERBOARDS = Path("leaderboards")
"""The folder of rendered tables and submissions."""


def note(message: str) -> None:
    """Prints a sentence on standard error."""
    click.echo(f"harness: {message}", err=True)
