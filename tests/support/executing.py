"""Runs on the black-box leaderboard of CIFAR-10, here or on a cluster, and the seeds that came back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.runs.execution.execute import execute
from harness.runs.execution.executors import Outcome
from harness.runs.spec import RunSpec
from harness.sources.models.surrogates import SurrogateSet
from support.imports import make_jobs


def go(surrogates: SurrogateSet, results: Path, seeds: str = "0-9", *, methods: Sequence[str], then: Any = None,
       **options: Any) -> list[int]:  # fmt: skip
    """Runs on ``bb`` and returns the seeds that came back, in order; ``then`` is called with their number each time."""
    ran: list[int] = []

    def note(_: RunSpec, outcome: Outcome) -> None:
        ran.append(outcome.seed)
        if then is not None:
            then(len(ran))

    jobs = make_jobs(surrogates, "cifar10", "bb", methods=methods, seeds=seeds)
    assert execute(jobs, results, on_run=note, **options) == []
    return sorted(ran)
