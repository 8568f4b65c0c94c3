"""Rungs and brackets of asynchronous successive halving (Klein et al., arXiv:2003.10865, Section 2, Appendix A).

A rung is a resource level with the list of losses recorded at it. The rungs are R = {r_min η^k}. Bracket B_s is the
subset of R from the s-th rung upwards.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from typing import Any

from harness.benchmark.space import Configuration

Record = tuple[float, int]
"""A loss and its number at the rung. Of two equal losses, the loss recorded first is the better."""


class Rung:
    """The losses recorded at a resource level, and the configurations paused at it."""

    def __init__(self, eta: int) -> None:
        self._eta = eta
        self._records: list[Record] = []
        self._paused: list[tuple[float, int, Configuration]] = []

    def record(self, loss: float) -> Record:
        """Adds a loss. NaN counts as the worst loss."""
        record = (math.inf if math.isnan(loss) else loss, len(self._records))
        insort(self._records, record)
        return record

    @property
    def short(self) -> bool:
        """Whether the rung has fewer than eta records, too few to single out the best 1/eta."""
        return len(self._records) < self._eta

    def continues(self, record: Record) -> bool:
        """The paper's predicate continue(x, r, y): whether the record is among the best ⌊n/eta⌋ of the rung's n
        records, itself included.
        """
        return bisect_left(self._records, record) < len(self._records) // self._eta

    def pause(self, record: Record, configuration: Configuration) -> None:
        """Adds a configuration that waits for its promotion."""
        insort(self._paused, (*record, configuration), key=_record)

    def promote(self) -> Configuration | None:
        """Removes and returns the best paused configuration if it continues, else None."""
        if not self._paused or not self.continues(_record(self._paused[0])):
            return None
        return self._paused.pop(0)[2]


def _record(paused: tuple[Any, ...]) -> Record:
    return paused[0], paused[1]


def bracket_weights(top: int, eta: int) -> list[float]:
    """The probabilities P(s) of brackets s = 0..K, K = ``top``, not normalised: (K + 1) / (K - s + 1) η^(K - s),
    equation 1. They are in proportion to the number of configurations that synchronous Hyperband starts in bracket s.
    """
    return [(top + 1) / (top - s + 1) * eta ** (top - s) for s in range(top + 1)]
