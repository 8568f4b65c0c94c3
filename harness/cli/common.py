"""Default folders, and the way to print a note, for several commands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harness.base.escape import terminal

DEFAULT_RESULTS = Path("results/local")
"""The folder of records of a user's own runs."""
BASELINES = Path("results/baselines")
"""The folder of the baselines' records."""
LEADERBOARDS = Path("leaderboards")
"""The folder of rendered tables and submissions."""


def say(message: object = "", *, err: bool = False, lead: str = "", **style: Any) -> None:
    """Prints text that may hold words of strangers: commands print with this function alone, or on a ``PlainConsole``.

    ``style``: as for ``click.style``; ``lead``: what stands before it, our own words in a style of their own.
    """
    click.echo(lead + click.style(terminal(str(message)), **style), err=err)


def note(message: str) -> None:
    """Prints a sentence on standard error; further lines are indented."""
    say(f"harness: {told(message)}", err=True)


def told(message: str) -> str:
    """The message of an error: further lines are indented, so that none can be taken for a line of the harness."""
    return "\n  ".join(line.strip() for line in message.strip().split("\n"))
