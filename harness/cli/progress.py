"""The progress of long commands, on standard error: a bar, a line now and then, or nothing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from harness.base.timing import Every
from harness.cli.common import say

if TYPE_CHECKING:
    from harness.runs.execution.tally import Tally

UNITS = (("year", 365.25 * 86400.0), ("day", 86400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0))
LINES = 10.0
"""Seconds between two lines of plain progress."""
FRAMES = 0.1
"""Seconds between two changes of the bar, so that thousands of runs a second do not wait for it."""


class RunProgress:
    """Shows how many steps of work are done. ``what``: the steps in words, such as runs or records.

    ``mode``: ``auto`` is a bar on a terminal and nothing when piped, ``plain`` a line every ten seconds, ``none``
    nothing.
    """

    def __init__(self, what: str = "runs", mode: str = "auto") -> None:
        self._what, self._mode = what, mode

    def __enter__(self) -> RunProgress:
        self._bar: Any = None
        self._due = Every(LINES if self._mode == "plain" else FRAMES)
        self._tally: Tally | None = None
        self._last = ""
        return self

    def total(self, count: int) -> None:
        """Starts the bar."""
        if count and self._mode == "auto" and sys.stderr.isatty():
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            from harness.cli.console import PlainConsole

            self._bar = Progress(
                TextColumn(self._what), BarColumn(bar_width=None), MofNCompleteColumn(),
                TextColumn("{task.fields[more]}"), TimeRemainingColumn(compact=True), TextColumn("left"),
                console=PlainConsole(stderr=True), transient=True, expand=True,
            )  # fmt: skip
            self._bar.start()
            self._task = self._bar.add_task(self._what, total=count, more="")

    def step(self) -> None:
        """Moves the bar by one, for work that has no tally."""
        if self._bar is not None:
            self._bar.advance(self._task)

    def tally(self, tally: Tally) -> None:
        """Shows the numbers, now and then."""
        self._tally = tally
        if self._due.due():
            self._show()

    def _show(self) -> None:
        if self._tally is not None and self._bar is not None:
            self._bar.update(self._task, completed=self._tally.done, more=_more(self._tally))
        elif self._tally is not None and self._mode == "plain":
            text = f"harness: {line(self._tally.as_dict())}"
            if text != self._last:
                say(text, err=True)
            self._last = text

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
        elif self._mode == "plain":
            self._show()


def line(numbers: dict[str, Any]) -> str:
    """A tally in one line."""
    text = (
        f"{numbers['done']} of {numbers['total']} runs done, {numbers['running']} running, {numbers['failed']} failed"
    )
    if numbers["done"] < numbers["total"] and numbers["simulated_left"] is not None:
        text += f"; {duration(numbers['simulated_left'])} simulated and {duration(numbers['real_left'])} real time left"
    return text


def _more(tally: Tally) -> str:
    left = "" if tally.simulated_left is None else f", {duration(tally.simulated_left)} simulated left"
    return f"{tally.running} running, {tally.failed} failed{left},"


def duration(seconds: float) -> str:
    """A time in the largest unit that is not longer than the time: ``3.2 years``, ``45 s``."""
    name, length = next((unit for unit in UNITS if seconds >= unit[1]), UNITS[-1])
    value = f"{seconds / length:.2g}" if seconds < 100 * length else f"{seconds / length:,.0f}"
    plural = "s" if name in ("year", "day") and value != "1" else ""
    return f"{value} {name}{plural}"
