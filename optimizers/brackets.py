"""Rungs and brackets of asynchronous successive halving (Klein et al., arXiv:2003.10865, Section 2, Appendix A).

A rung is both a resource level and the list of losses recorded there. Bracket B_s consists of the rungs from the s-th
on: the rungs are R = {r_min η^k}, and B_s is a subset of them.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from typing import Any

from harness.benchmark.space import Configuration

Record = tuple[float, int]
"""A loss and its number at the rung: of equal losses the one recorded first is the better."""


class Rung:
    """The records of a level, and the configurations paused there."""

    def __init__(self, eta: int) -> None:
        self._eta = eta
        self._records: list[Record] = []
        self._paused: list[tuple[float, int, Configuration]] = []

    def record(self, loss: float) -> Record:
        """Files a loss; one that is no number is the worst."""
        record = (math.inf if math.isnan(loss) else loss, len(self._records))
        insort(self._records, record)
        return record

    @property
    def short(self) -> bool:
        """Whether there are fewer than eta records, too few to tell which are the best of them."""
        return len(self._records) < self._eta

    def continues(self, record: Record) -> bool:
        """The predicate continue(x, r, y): whether the record is among the best 1/eta of all of the rung, itself
        included, rounded down.
        """
        return bisect_left(self._records, record) < len(self._records) // self._eta

    def pause(self, record: Record, configuration: Configuration) -> None:
        """The configuration waits for its promotion."""
        insort(self._paused, (*record, configuration), key=_record)

    def promote(self) -> Configuration | None:
        """Takes the best paused configuration, if it continues."""
        if not self._paused or not self.continues(_record(self._paused[0])):
            return None
        return self._paused.pop(0)[2]


def _record(paused: tuple[Any, ...]) -> Record:
    return paused[0], paused[1]


def bracket_weights(top: int, eta: int) -> list[float]:
    """P(s), s = 0..K with K = ``top``, unnormalised: (K + 1) / (K - s + 1) η^(K - s), equation 1, in proportion to the
    configurations that synchronous Hyperband starts in bracket s.
    """
    return [(top + 1) / (top - s + 1) * eta ** (top - s) for s in range(top + 1)]
