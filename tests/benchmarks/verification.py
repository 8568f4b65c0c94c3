"""Prints how fast records are verified; asserts nothing. ``python tests/benchmarks/verification.py [--jobs 2]``.

Runs methods of the harness's own on all leaderboards, ten seeds each, until every leaderboard has its share of 240,000
evaluations (24 leaderboards x 10 seeds x 1,000), then replays all of it.
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
from harness.records import gather
from harness.verify.api import verify

METHODS = ("random-search", "regularized-evolution", "local-search")
MULTI_FIDELITY = {"mf": "hyperband", "multi-mf": "hyperband-diagonal"}
SEEDS, EVALUATIONS = 10, 1000


def make(results: Path, jobs: int) -> int:
    """Fills the folder; returns the number of evaluations."""
    total = 0
    for name, board in registry.suite().LEADERBOARDS.items():
        wanted, methods = SEEDS * EVALUATIONS, [MULTI_FIDELITY.get(board.setting.name), *METHODS]
        # Further seeds where a board's methods make few evaluations: what counts is rows.
        for method in filter(None, methods):
            seeds = SEEDS
            while wanted > 0 and seeds <= 40:
                harness.run(
                    board.task, board.setting.name, method, objective=board.objective, seeds=seeds, results=results,
                    jobs=jobs,
                )  # fmt: skip
                record = gather(results / "lite-1" / name / f"{method}.parquet")
                rows = record.table.num_rows if record is not None else 0
                if rows >= wanted or seeds == 40:
                    wanted -= rows
                    break
                seeds = 40
    for file in results.rglob("*.parquet"):
        record = gather(file)
        total += record.table.num_rows if record is not None else 0
    return total


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
                f"({rows / seconds:,.0f} evaluations/s; wanted for 240,000: 60 s), {len(found.findings)} findings"
            )
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"peak resident memory of a verifying process: {peak:,.0f} MiB (bound: 1,024)")


if __name__ == "__main__":
    main()
