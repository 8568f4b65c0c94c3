"""Prints what a short run costs beside its simulation; asserts nothing.

``python tests/benchmarks/many_runs.py [--runs N] [--wall N] [--repeat N] [--before CHECKOUT [--python PATH]]``
measures random search on ``cifar10``, ``bb``: CPU milliseconds a run of a whole command, wall seconds of a command with
``--jobs 2``, and microseconds from ``ask`` to ledger outside the query. ``--before`` measures another checkout in turn
with this one, ``--python`` with its own interpreter. Of several repetitions the least is shown: on a machine that
others use too, it says what the code can do.
Wanted: at most 9 ms a run, 70 s for 10,000 runs on two idle cores, 28 µs an evaluation.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
RUN = ["-c", "from harness.cli import main; main()", "run", "--task", "cifar10", "--setting", "bb"]
LOOP = """
import sys, time
from harness import registry
from harness.runs.pairing import pair
from harness.runs.runner import run
source, board = registry.load_surrogates("lite-1"), registry.leaderboard("cifar10", "single", "bb")
pairing = pair(board, source, registry.method("random-search"))
constants, names = pairing.problem(0).space.constants, (*board.space, *board.fidelities)
one = source.oracle("cifar10", board.metrics, pairing.spec.draws(0)).one
whole = query = 1.0
for seed in range(int(sys.argv[1])):
    began = time.process_time()
    columns = run(pairing, seed).columns
    whole = min(whole, (time.process_time() - began) / len(columns["trial"]))
    own = [list(columns[name]) for name in names if name in columns]
    kept = [name for name in names if name in columns]
    rows = [{**dict(zip(kept, values)), **constants} for values in zip(*own)]
    began = time.process_time()
    for row in rows:
        one(row)
    query = min(query, (time.process_time() - began) / len(rows))
print(1e6 * (whole - query), 1e6 * query)
"""


def command(python: str, root: Path, runs: int, jobs: int) -> tuple[float, float]:
    """CPU seconds of a command and its processes, and seconds by the clock."""
    with tempfile.TemporaryDirectory() as folder:
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        words = [python, *RUN, "--seeds", str(runs), "--jobs", str(jobs), "--results", folder]
        subprocess.run(words, cwd=root, stdout=subprocess.DEVNULL, check=True)
        wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def loop(python: str, root: Path) -> tuple[float, float]:
    """Microseconds an evaluation: outside the query, and the query. Infinite for a version with other modules."""
    done = subprocess.run([python, "-c", LOOP, "100"], cwd=root, capture_output=True, text=True)
    outside, query = done.stdout.split() or ("inf", "inf")
    return float(outside), float(query)


def main() -> None:
    """Every figure of every checkout, in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", default=1000, type=int, help="of the command whose CPU time is measured")
    parser.add_argument("--wall", default=10_000, type=int, help="runs of the command with --jobs 2; 0 for none")
    parser.add_argument("--repeat", default=3, type=int)
    parser.add_argument("--before", type=Path, help="another checkout, its compiled core built")
    parser.add_argument("--python", default=sys.executable, help="the interpreter of the other checkout")
    options = parser.parse_args()
    roots = {"now": (sys.executable, ROOT)}
    if options.before:
        roots = {"before": (options.python, options.before), **roots}
    cpu: dict[str, list[float]] = {name: [] for name in roots}
    outside: dict[str, list[tuple[float, float]]] = {name: [] for name in roots}
    for _ in range(options.repeat):
        for name, where in roots.items():
            cpu[name].append(command(*where, options.runs, 1)[0])
            outside[name].append(loop(*where))
    for name in roots:
        print(f"{name}: {1e3 * min(cpu[name]) / options.runs:.1f} ms of CPU a run, {options.runs} runs, all in")
        least = min(outside[name])
        print(f"{name}: {least[0]:.1f} µs from ask to ledger outside the query, which takes {least[1]:.1f} µs")
    if options.wall:
        for name, where in roots.items():
            seconds, wall = command(*where, options.wall, 2)
            print(f"{name}: {wall:.1f} s by the clock and {seconds:.1f} s of CPU for {options.wall} runs, --jobs 2; "
                  f"load average {os.getloadavg()[0]:.1f}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
