"""The ledger computed a second time: numbers of trials, credits, charges, workers, times and the budget's cut.

Written from the protocol ("Cost and clock") alone. The runner keeps a heap of events and a table of checkpoints while
time goes by. This module reads the finished ledger: it sorts the ends and moves a pointer along the starts. The two
must agree to the bit, so an error in either shows.

Everything is in simulated seconds; a ledger is in the order in which evaluations were started.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.benchmark.leaderboard import MAX_EVALUATIONS

RowProblem = tuple[int, str]
"""The number of a row, and a sentence that says what is wrong in it."""


@dataclass(frozen=True)
class Terms:
    """The terms of the accounting. ``floor``: the smallest charge; ``continues``: the axis along which trainings
    continue, None for none.
    """

    workers: int
    budget: float
    floor: float
    continues: str | None


def first_seen(keys: Sequence[Any]) -> list[int]:
    """The number of the trial of each row: configurations are numbered in the order in which they first appear."""
    known: dict[Any, int] = {}
    return [known.setdefault(key, len(known)) for key in keys]


def checkpoint_credits(
    groups: Sequence[Any],
    depths: Sequence[int],
    prices: Sequence[float],
    starts: Sequence[float],
    ends: Sequence[float],
) -> list[float]:
    """For each training the price of the checkpoint that it continues, 0 if it continues none.

    ``groups``: for each training, its trial and its values on the axes that do not continue; ``depths``: its value on
    the axis that continues. A training continues the deepest training of its group that had ended when it started, if
    it is itself deeper.
    """
    order = np.argsort(np.asarray(ends), kind="stable")
    deepest: dict[Any, tuple[int, float]] = {}
    found, ended = [], 0
    for row, start in enumerate(starts):
        while ended < len(order) and ends[order[ended]] <= start:
            done = int(order[ended])
            if groups[done] not in deepest or deepest[groups[done]][0] < depths[done]:
                deepest[groups[done]] = (depths[done], prices[done])
            ended += 1
        depth, paid = deepest.get(groups[row], (0, 0.0))
        found.append(paid if 0 < depth < depths[row] else 0.0)
    return found


def schedule_problems(
    starts: Sequence[float],
    ends: Sequence[float],
    charges: Sequence[float],
    workers: Sequence[int],
    trials: Sequence[int],
    terms: Terms,
    failed: Sequence[bool] | None = None,
) -> Iterator[RowProblem]:
    """Rows that no clock with that many workers can have produced.

    An evaluation starts at time 0 or exactly when another ends, not earlier than the evaluation in the row above, and
    before the budget is spent. It starts on the free worker with the lowest number; a trial that goes on without a
    pause stays on its worker. It takes as long as its charge. An evaluation that ``failed`` leaves its worker free.
    """
    free_at: list[float] = []
    last_on: list[int] = []
    instants = {0.0}
    latest = 0.0
    rows = zip(starts, ends, charges, workers, trials, failed or [False] * len(starts), strict=True)
    for row, (start, end, charge, worker, trial, nothing) in enumerate(rows):
        if start < latest:
            yield row, f"starts at {start!r}, before the evaluation started last ({latest!r})"
        elif start not in instants:
            yield row, f"starts at {start!r}, when no evaluation ended: there is a hole in the time or work overlaps"
        if start >= terms.budget:
            yield row, f"starts at {start!r}, when the budget of {terms.budget!r} s was spent"
        if end != start + charge:
            yield row, f"ends at {end!r}, but {start!r} + {charge!r} is {start + charge!r}"
        lowest = next((w for w, free in enumerate(free_at) if free <= start), len(free_at))
        if not nothing and 0 <= worker < len(free_at) and free_at[worker] == start and last_on[worker] == trial:
            lowest = worker
        if lowest >= terms.workers:
            yield row, f"starts at {start!r}, when all {terms.workers} workers were busy"
        elif worker != lowest:
            yield row, f"is on worker {worker}, but the lowest free one is {lowest}"
        latest = max(latest, start)
        if nothing:
            continue
        if lowest < len(free_at):
            free_at[lowest], last_on[lowest] = end, trial
        elif lowest < terms.workers:
            free_at.append(end)
            last_on.append(trial)
        instants.add(end)


def ending_problem(ends: Sequence[float], stopped: str, budget: float) -> str | None:
    """A sentence if a run did not end as its header says: by the ``budget``, by the number of ``evaluations`` that a
    run may have, or because the ``method`` proposed no more.
    """
    last, most = max(ends, default=0.0), MAX_EVALUATIONS
    if len(ends) > most:
        return f"it has {len(ends):,} evaluations; a run has {most:,} at most"
    if stopped == ("budget" if last >= budget else "evaluations" if len(ends) == most else "method"):
        return None
    if stopped == "evaluations":
        return f"it says that the number of evaluations ended it, but it has {len(ends):,}; a run may have {most:,}"
    if stopped == "budget":
        return f"it says that the budget ended it, but its last evaluation ends at {last!r} s, before {budget!r} s"
    return (
        f"it says that {stopped!r:.40} ended it, but its last evaluation ends at {last!r} s; the budget is {budget!r} s"
    )
