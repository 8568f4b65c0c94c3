"""The progress bar of commands that run something."""

from __future__ import annotations

import sys
from typing import Any


class RunProgress:
    """A progress bar over runs (or other ``what``) on a terminal, nothing when piped."""

    def __init__(self, what: str = "seeds") -> None:
        self._what = what

    def __enter__(self) -> RunProgress:
        self._bar: Any = None
        return self

    def total(self, count: int) -> None:
        """Starts the bar."""
        if count and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            self._bar = Progress(
                TextColumn(self._what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
                console=Console(stderr=True), transient=True,
            )  # fmt: skip
            self._bar.start()
            self._task = self._bar.add_task(self._what, total=count)

    def step(self) -> None:
        """One run is done."""
        if self._bar is not None:
            self._bar.advance(self._task)

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
