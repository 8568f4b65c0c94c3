"""The progress of a download: a bar on a terminal, nothing when piped."""

from __future__ import annotations

import sys
from typing import Any


class Transfer:
    """A bar that appears with the first bytes. Pass ``update`` the bytes received so far and the total."""

    def __init__(self) -> None:
        self._bar: Any = None

    def __enter__(self) -> Transfer:
        return self

    def update(self, received: int, total: int | None) -> None:
        """Moves the bar; it jumps back where a download starts over."""
        if not sys.stderr.isatty():
            return
        if self._bar is None:
            from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

            from harness.cli.console import PlainConsole

            self._bar = Progress(
                BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn(),
                console=PlainConsole(stderr=True), transient=True,
            )  # fmt: skip
            self._bar.start()
            self._task = self._bar.add_task("download", total=total, completed=received)
        self._bar.update(self._task, completed=received, total=total)

    def stop(self) -> None:
        """Removes the bar."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def __exit__(self, *_: object) -> None:
        self.stop()
