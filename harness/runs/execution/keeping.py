"""Writing what comes back, as parts of the records: what a worker sends at once, runs of this process once a second.

So short runs cost no file each, and a killed command loses about a second of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.base.timing import Every
from harness.runs import records
from harness.runs.execution.executors import Answer
from harness.runs.execution.executors.work import as_part
from harness.runs.execution.tally import Tally

SECONDS = 1.0
"""How long runs of this process may wait to be written, if others follow."""


class Keeper:
    """Writes answers; what is held is written when the block ends, however it ends."""

    def __init__(self, paths: Sequence[Path], tally: Tally) -> None:
        self._paths, self._tally = paths, tally
        self._held: dict[int, list[Answer]] = {}
        self._every = Every(SECONDS)

    def __enter__(self) -> Keeper:
        return self

    def __exit__(self, *_: object) -> None:
        self.write()

    def keep(self, at: int, answer: Answer) -> None:
        """Takes an answer for the record at place ``at``. StorageError if it cannot be written."""
        self._tally.held += len(answer.outcomes)
        if answer.data is not None:
            records.put_part(answer.data, self._paths[at], [outcome.seed for outcome in answer.outcomes])
            self._tally.held -= len(answer.outcomes)
            return
        self._held.setdefault(at, []).append(answer)
        if self._every.due():
            self.write()

    def write(self) -> None:
        """Writes what is held."""
        while self._held:
            at, answers = next(iter(self._held.items()))
            part = as_part(answers)
            records.put_part(records.encode(part), self._paths[at], [*part.runs])
            del self._held[at]
            self._tally.held -= len(part.runs)
