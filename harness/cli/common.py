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
    """Prints text that strangers may have written. Commands print only with this function, or on a ``PlainConsole``.

    ``lead``: words of the harness before the text, already styled; ``style``: the style of the text, see
    ``click.style``.
    """
    click.echo(lead + click.style(terminal(str(message)), **style), err=err)


def note(message: str) -> None:
    """Prints a sentence on standard error; further lines are indented."""
    say(f"harness: {told(message)}", err=True)


def told(message: str) -> str:
    """An error's message with all lines after the first indented, so that none looks like a line of the harness."""
    return "\n  ".join(line.strip() for line in message.strip().split("\n"))
