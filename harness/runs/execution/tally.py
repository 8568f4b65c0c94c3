"""The progress of a command in numbers, which it shows while it runs, and which ``harness status`` shows to others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from harness.base.timing import elapsed
from harness.runs.execution.executors.answers import Outcome


@dataclass
class Tally:
    """Counts of the runs of one command. ``left``: the number of runs still to do of each job; ``held``: of finished
    runs that are not written yet; ``simulated``: simulated seconds of the finished runs.
    """

    total: int
    left: list[int]
    done: int = 0
    failed: int = 0
    running: int = 0
    held: int = 0
    simulated: float = 0.0
    _per_job: dict[int, tuple[int, float]] = field(default_factory=dict)
    _began: float = field(default_factory=elapsed)

    def add(self, job: int, outcome: Outcome) -> None:
        """Counts one more finished run."""
        self.done += 1
        self.failed += outcome.status != "complete"
        self.simulated += outcome.simulated
        self.left[job] -= 1
        runs, seconds = self._per_job.get(job, (0, 0.0))
        self._per_job[job] = runs + 1, seconds + outcome.simulated

    @property
    def simulated_left(self) -> float | None:
        """An estimate of the simulated seconds of the runs still to do: each is taken to be as long as the mean of its
        job so far, or as the mean of all runs if none of its job is finished. None before the first run is finished.
        """
        if not self.done:
            return None if self.total else 0.0
        overall = self.simulated / self.done
        means = {job: seconds / runs for job, (runs, seconds) in self._per_job.items()}
        return sum(count * means.get(job, overall) for job, count in enumerate(self.left))

    @property
    def real_left(self) -> float | None:
        """An estimate of the real seconds until the end, at the pace so far; None before the first run is finished."""
        if not self.done:
            return None if self.total else 0.0
        return (elapsed() - self._began) / self.done * (self.total - self.done)

    def as_dict(self) -> dict[str, Any]:
        """The numbers, for the plan's file."""
        names = ("total", "done", "failed", "running", "simulated")
        numbers: Mapping[str, Any] = {name: value for name, value in asdict(self).items() if name in names}
        return {**numbers, "simulated_left": self.simulated_left, "real_left": self.real_left}
