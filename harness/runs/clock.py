"""The simulated clock: some workers and a heap of completions. It neither sleeps nor reads real time.

Completions are ordered by (time, sequence number), so the order is total and the same everywhere. Evaluations start on
the free worker with the lowest number; a trial that goes on stays on its worker. All completions of one instant are
delivered before new work is asked for.
"""

from __future__ import annotations

import heapq
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Slot(NamedTuple):
    """When and where an evaluation runs, in simulated seconds."""

    end: float
    sequence: int
    start: float
    worker: int


class Clock(Generic[T]):
    """Event-driven time: ``now`` changes in ``advance`` alone."""

    def __init__(self, workers: int = 1) -> None:
        if workers < 1:
            raise ValueError(f"a clock needs at least one worker, not {workers}")
        self.now = 0.0
        self._free = list(range(workers))
        self._pending: list[tuple[Slot, T]] = []
        self._sequence = 0

    @property
    def free(self) -> int:
        """How many workers are idle."""
        return len(self._free)

    @property
    def pending(self) -> int:
        """How many evaluations are running."""
        return len(self._pending)

    def start(self, item: T, duration: float, worker: int | None = None) -> Slot:
        """Starts ``item`` now on the lowest free worker, or on ``worker``, for ``duration`` > 0 simulated seconds."""
        if not duration > 0:
            raise ValueError(f"an evaluation takes a positive time, not {duration}")
        if worker is None:
            worker = heapq.heappop(self._free)
        elif worker in self._free:
            self._free.remove(worker)
            heapq.heapify(self._free)
        else:
            raise ValueError(f"worker {worker} is busy")
        slot = Slot(self.now + duration, self._sequence, self.now, worker)
        self._sequence += 1
        heapq.heappush(self._pending, (slot, item))
        return slot

    def instant(self) -> Slot:
        """The slot of an evaluation that takes no time: it starts and ends now on the lowest free worker, which stays
        free.
        """
        slot = Slot(self.now, self._sequence, self.now, self._free[0])
        self._sequence += 1
        return slot

    def advance(self) -> list[tuple[Slot, T]]:
        """Moves to the next completion and returns all evaluations that end then, in the order of their starts."""
        done = [heapq.heappop(self._pending)]
        self.now = done[0][0].end
        while self._pending and self._pending[0][0].end == self.now:
            done.append(heapq.heappop(self._pending))
        for slot, _ in done:
            heapq.heappush(self._free, slot.worker)
        return done
