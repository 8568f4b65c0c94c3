"""Measures what isolation costs: ``python tests/benchmarks/isolation.py``.

A run of a native method beside the harness and in a process of its own, alternating. The cost of an evaluation is the
difference of the real time inside the method, the first evaluation left out, in which the process starts; target: at
most 150 microseconds.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import harness
from harness import registry
from harness.runs.isolation.entry import apart
from harness.runs.pairing import pair
from harness.runs.records import MEASURED
from harness.runs.run import Run
from harness.runs.runner import run

METHODS = (("random-search", "bb"), ("hyperband", "mf"), ("hyperband-diagonal", "multi-mf"))
ROUNDS = 7


def inside(outcome: Run) -> float:
    """Microseconds inside the method, of a median evaluation."""
    seconds: Sequence[float] = outcome.columns[MEASURED][1:]
    return 1e6 * statistics.median(seconds)  # other programs of the machine disturb a mean


def main() -> None:
    """Prints a line per method."""
    source = harness.load_surrogates("lite-1")
    print("method              evaluations  beside [us]  apart [us]  cost [us]  start [s]  (medians)")
    for name, setting in METHODS:
        entry = registry.method(name)
        board = registry.leaderboard("cifar10", "single", setting)
        pairings = [pair(board, source, each) for each in (entry, apart(entry))]
        run(pairings[0], 0)  # warms up the predictions
        beside, own, begin = [], [], []
        count = 0
        for seed in range(ROUNDS):
            beside.append(inside(run(pairings[0], seed)))
            outcome = run(pairings[1], seed)
            own.append(inside(outcome))
            begin.append(outcome.columns[MEASURED][0])
            count = len(outcome.columns[MEASURED])
        one, other = statistics.median(beside), statistics.median(own)
        started = statistics.median(begin)
        print(f"{name:<20}{count:>11,}{one:>13.1f}{other:>12.1f}{other - one:>11.1f}{started:>11.2f}")


if __name__ == "__main__":
    main()
