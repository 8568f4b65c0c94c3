"""Writing answers as parts of the records: those of a worker at once, those of this process about a second of work
together.

So short runs do not cost a file each, and a killed command loses about a second of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.runs import records
from harness.runs.execution.executors import Answer
from harness.runs.execution.executors.answers import as_part
from harness.runs.execution.tally import Tally

SECONDS = 1.0
"""Seconds of work that may be in memory alone."""


class Keeper:
    """Writes answers. When the block ends, in whatever way, it writes the answers that it holds."""

    def __init__(self, paths: Sequence[Path], tally: Tally) -> None:
        self._paths, self._tally = paths, tally
        self._held: dict[int, list[Answer]] = {}
        self._seconds = 0.0

    def __enter__(self) -> Keeper:
        return self

    def __exit__(self, *_: object) -> None:
        self.write()

    def keep(self, at: int, answer: Answer) -> None:
        """Takes an answer for the record at place ``at``. StorageError if it cannot be written."""
        count = len(answer.outcomes)
        self._tally.held += count
        if answer.data:
            records.put_part(answer.data, self._paths[at], [outcome.seed for outcome in answer.outcomes])
            self._tally.held -= count
            return
        self._held.setdefault(at, []).append(answer)
        self._seconds += sum(outcome.seconds for outcome in answer.outcomes)
        if self._seconds >= SECONDS:
            self.write()

    def write(self) -> None:
        """Writes the answers that are held."""
        while self._held:
            at, answers = next(iter(self._held.items()))
            part = as_part(answers)
            records.put_part(records.encode(part), self._paths[at], [*part.runs])
            del self._held[at]
            self._tally.held -= len(part.runs)
        self._seconds = 0.0
