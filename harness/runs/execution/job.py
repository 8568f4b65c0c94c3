"""A job: a pairing of method, leaderboard and source, to be run for some seeds."""

from __future__ import annotations

from dataclasses import dataclass

from harness.benchmark.methods import MethodEntry
from harness.runs.pairing import Pairing
from harness.runs.spec import RunSpec


@dataclass(frozen=True)
class Job:
    """A pairing, to be run for some seeds."""

    pairing: Pairing
    seeds: tuple[int, ...]

    @property
    def spec(self) -> RunSpec:
        """The identity of the job's record."""
        return self.pairing.spec

    @property
    def entry(self) -> MethodEntry:
        """The registry's entry of the job's method."""
        return self.pairing.method
