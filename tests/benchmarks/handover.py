"""Real and CPU microseconds per evaluation that the hand-over to a function method takes, and nothing else.

    python tests/benchmarks/handover.py [EVALUATIONS]

A function that asks for the same evaluation again and again is asked and told without a source. The median of seven
turns is shown.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import Any

from harness.benchmark.handover import FunctionMethod, ObjectiveFunction
from harness.benchmark.method import Observation

TURNS = 7


def again_and_again(objective: ObjectiveFunction, problem: Any, seed: int) -> None:  # noqa: ARG001
    while True:
        objective({})


def turn(evaluations: int) -> tuple[float, float]:
    """Real and CPU microseconds per evaluation."""
    method = FunctionMethod(again_and_again, None, 0, {})  # type: ignore[arg-type]
    seen = Observation(0, {}, {}, (0.0,), None)
    real, cpu = time.perf_counter(), time.process_time()
    for _ in range(evaluations):
        method.ask()
        method.tell(seen)
    real, cpu = time.perf_counter() - real, time.process_time() - cpu
    method.finish()
    return 1e6 * real / evaluations, 1e6 * cpu / evaluations


def main() -> None:
    evaluations = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    found = [turn(evaluations) for _ in range(TURNS)]
    real, cpu = (statistics.median(column) for column in zip(*found, strict=True))
    print(f"{real:.0f} µs real, {cpu:.0f} µs CPU per evaluation (median of {TURNS} turns)")


if __name__ == "__main__":
    main()
