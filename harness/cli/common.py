"""Names and words that several commands share."""

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
    click.echo(f"harness: {printable(message)}", err=True)


def printable(message: str) -> str:
    """A message without control characters, which would move the cursor or change the terminal; lines stay."""
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in message)
