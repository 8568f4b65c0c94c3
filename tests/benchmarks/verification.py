"""Prints how fast records are verified; asserts nothing. ``python tests/benchmarks/verification.py [--jobs 2]``.

Runs methods of the harness's own on the 24 leaderboards, ten seeds each, and replays them; what is wanted is given for
24 leaderboards x 10 seeds x 1,000 evaluations.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

import harness
from harness import registry
from harness.verify.api import verify

METHODS = ("random-search", "regularized-evolution", "local-search", "hyperband", "hyperband-diagonal")


def make(results: Path, jobs: int) -> int:
    """Fills the folder; returns the number of evaluations."""
    made = [
        harness.run("all", "all", METHODS, objective=objective, results=results, jobs=jobs)
        for objective in registry.suite().objectives
    ]
    return sum(record.table.num_rows for found in made for record in found)


def main() -> None:
    """The report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2)
    jobs = parser.parse_args().jobs
    print(f"{os.cpu_count()} cores, --jobs {jobs}")
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder)
        rows = make(results, jobs)
        for reproduce in (0, 1):
            start = time.perf_counter()
            found = verify(results, reproduce=reproduce, jobs=jobs)
            seconds = time.perf_counter() - start
            what = "replayed" if not reproduce else "replayed, one seed of each record run again"
            print(
                f"{len(found.verdicts)} records, {rows:,} evaluations {what}: {seconds:.1f} s "
                f"({rows / seconds:,.0f} evaluations/s, 240,000 in {240_000 * seconds / rows:.1f} s; wanted: 60 s), "
                f"{len(found.findings)} findings"
            )
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"peak resident memory of a verifying process: {peak:,.0f} MiB (bound: 1,024)")


if __name__ == "__main__":
    main()
