"""The console that tables are printed on: no word in them is markup, and none has an effect on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from harness.base.escape import terminal


class PlainConsole(Console):
    """A rich console that shows the control characters in a text as escapes. Only rich's own control characters act.

    ``wide``: the width in characters if the output is not a terminal.
    """

    def __init__(self, wide: int | None = None, **options: Any) -> None:
        width = None if wide is None or sys.stdout.isatty() else wide
        super().__init__(width=width, highlight=False, markup=False, emoji=False, **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments of something to print."""
        for segment in super().render(renderable, options):
            clean = segment.control or segment.text.isprintable()
            yield segment if clean else Segment(terminal(segment.text), segment.style)
