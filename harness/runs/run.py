"""The outcome of one run: one method on one leaderboard with one seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Run:
    """The header's entry for this seed, and the ledger as columns of equal length, in the order of starting.

    ``stopped``: why the run ended, ``budget``, ``method``, ``evaluations`` or ``error``; ``columns``: lists, or arrays
    for a long run.
    """

    seed: int
    status: str
    stopped: str
    reason: str | None
    traceback: str | None
    columns: dict[str, Any]

    @property
    def repairs(self) -> int:
        """The number of counted evaluations whose charge was raised to the floor."""
        return sum(bool(r and c) for r, c in zip(self.columns["repaired"], self.columns["counted"], strict=True))
