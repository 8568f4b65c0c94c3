"""Driving asynchronous methods: W workers on the simulated clock, and trials that go on where they are."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.benchmark.method import Observation, Problem, Proposal
from harness.runs.clock import Clock, Slot
from support.driving import asked

Losses = Callable[[dict[str, Any], dict[str, Any]], float]


@dataclass(frozen=True)
class Event:
    """An evaluation: who did it from when to when, of what, and whether it went on from another."""

    start: float
    end: float
    worker: int
    trial: int
    configuration: dict[str, Any]
    epoch: int
    went_on: bool


class _Clock(Clock[Any]):
    def resume(self, slot: Slot, item: Any, duration: float) -> Slot:
        """Starts ``item`` on the worker that has just finished ``slot``."""
        self._free.remove(slot.worker)
        heapq.heapify(self._free)
        again = Slot(self.now + duration, self._sequence, self.now, slot.worker)
        self._sequence += 1
        heapq.heappush(self._pending, (again, item))
        return again


def even(configuration: dict[str, Any]) -> float:  # noqa: ARG001 - as any other speed
    """Every epoch takes a second."""
    return 1.0


def drive_async(
    method: Any, posed: Problem, losses: Losses, *, workers: int, until: float,
    seconds: Callable[[dict[str, Any]], float] = even,
) -> list[Event]:  # fmt: skip
    """Runs to simulated second ``until``; all evaluations that ended by then, in the order in which they ended."""
    clock = _Clock(workers)
    trained: dict[int, int] = {}
    numbers: dict[str, int] = {}
    events: list[Event] = []

    def begin(proposal: Proposal, slot: Slot | None) -> None:
        configuration = posed.space.check(proposal.configuration)
        trial = numbers.setdefault(repr(configuration), len(numbers))
        fidelity = {**posed.full, **proposal.fidelity}
        before = trained.get(trial, 0) if trained.get(trial, 0) < fidelity["epoch"] else 0
        duration = seconds(configuration) * (fidelity["epoch"] - before)
        item = (trial, configuration, fidelity, slot is not None)
        if slot is None:
            clock.start(item, duration)
        else:
            clock.resume(slot, item, duration)

    while True:
        while clock.free and clock.now < until and (proposal := asked(method)) is not None:
            begin(proposal, None)
        if not clock.pending:
            return events
        for slot, (trial, configuration, fidelity, went_on) in clock.advance():
            if slot.end > until:
                return events
            trained[trial] = fidelity["epoch"]
            events.append(Event(slot.start, slot.end, slot.worker, trial, configuration, fidelity["epoch"], went_on))
            told = Observation(trial, dict(configuration), dict(fidelity), (losses(configuration, fidelity),), 1.0)
            method.tell(told)
            further = method.proceed(told) if hasattr(method, "proceed") else None
            if further is not None:
                begin(Proposal(configuration, further), slot)
