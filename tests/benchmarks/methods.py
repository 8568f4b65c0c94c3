"""Measures methods: ``python tests/benchmarks/methods.py NAME[:SEEDS] ...``.

Every method runs on the CIFAR-10 leaderboard of its first setting among ``bb`` and ``mf``, with five seeds unless told
otherwise. Printed are the final result (error in percent, or hypervolume for two objectives) and processor time: of a
run, with the predictions, and per evaluation. Processor time does not depend on other programs as real time does. The
library is imported before.
"""

from __future__ import annotations

import sys
import time

import harness
from harness import registry
from harness.benchmark.source import Source

SEEDS = 5


def measure(name: str, seeds: int, source: Source) -> str:
    """A line about one method."""
    entry = registry.method(name)
    entry.load()
    can = entry.capabilities
    setting = next(each for each in ("bb", "mf") if each in can.settings)
    objective = can.objectives[0]
    began = time.process_time()
    results = harness.run("cifar10", setting, name, objective=objective, seeds=seeds, surrogates=source)
    seconds = time.process_time() - began
    (row,) = results.summary()
    cost = f"{seconds / seeds:8.2f}  {1e3 * seconds / row['evaluations']:8.2f}"
    return f"{name:28}  {objective}/{setting:4} {seeds:5}  {row['mean']:6.3f} ± {row['se']:.3f}  {cost}"


def main() -> None:
    """Prints a line per method."""
    source = harness.load_surrogates("lite-1")
    harness.run("cifar10", "bb", "random-search", seeds=1, surrogates=source)  # warms up the predictions
    print("method                        leaderboard  seeds  result           s/run   ms/evaluation")
    for argument in sys.argv[1:]:
        name, _, seeds = argument.partition(":")
        print(measure(name, int(seeds or SEEDS), source), flush=True)


if __name__ == "__main__":
    main()
