"""Prints how fast tables of trainings are; asserts nothing. ``python tests/benchmarks/tables.py``

The tables are of random numbers and of the sizes of NAS-Bench-201 and NAS-Bench-101 (423,624 cells, 4 numbers of
epochs, 3 trials). Times are the median and the fastest of several repetitions; those of other machines, or of this one
when busy, do not compare.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from speed import seconds, show, timed

from harness import registry
from harness.base.seeding import derive_generator
from harness.benchmark.inputs import columns_of
from harness.benchmark.space import Space
from harness.runs.execution.execute import execute
from harness.runs.execution.job import Job
from harness.runs.pairing import pair
from harness.runs.runner import run
from harness.sources.tables.making import write_table
from harness.sources.tables.plan import Plan, Trainings
from harness.sources.tables.table import TableSource
from protocols import nasbench101, nasbench201

RUNS, EVALUATIONS = 500, 500
GOALS = {"nasbench101": nasbench101.GOALS, "nasbench201": nasbench201.GOALS}


def table(
    folder: Path, suite: str, tasks: dict[str, int], epochs: tuple[int, ...], metrics: tuple[str, ...]
) -> TableSource:
    """A table of random numbers: so many entries for every task, three trials."""
    rng = derive_generator("benchmark", suite)
    board = next(iter(registry.suite(suite).leaderboards.values()))
    columns = columns_of(board.space, Space(()), {})

    def trainings(count: int) -> Trainings:
        shape = (count, len(epochs), 3)
        made = {m: rng.random(shape) * 100 for m in metrics if m != "mean-test-acc"}
        made["runtime"] = np.broadcast_to(rng.random((count, 1, 1)) + np.array(epochs)[:, None] / epochs[-1], shape)
        made["test-acc"] = rng.random(shape) * 100
        return Trainings(np.arange(count), made, means=("test-acc",))

    plan = Plan(
        suite, [*columns, {"name": "epoch", "levels": list(epochs), "default": epochs[-1]}], {"epoch": epochs[-1]},
        "runtime", GOALS[suite], {task: trainings(count) for task, count in tasks.items()},
    )  # fmt: skip
    write_table(folder / suite, suite, plan)
    return TableSource(folder / suite, keys_of=registry.table_keys)


def queries(loaded: TableSource, task: str) -> None:
    """One configuration at a time, and many."""
    board = next(b for b in registry.suite(loaded.suite).leaderboards.values() if b.task == task)
    rng = derive_generator("queries", loaded.suite)
    rows: list[Any] = [board.space.sample(rng) | dict(board.full) for _ in range(5000)]
    start = time.perf_counter()
    oracle = loaded.oracle(task, board.metrics, rng)
    oracle.one(rows[0])
    show(f"{loaded.suite}: opening the table, to the first query", 1e3 * (time.perf_counter() - start), "ms")
    each = seconds(lambda: [oracle.one(row) for row in rows], 25)
    timed(f"{loaded.suite}: one query, {len(board.metrics)} metrics", each, 1e6 / len(rows), "µs", "<= 5")
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    each = seconds(lambda: oracle.many(columns), 9)
    timed(f"{loaded.suite}: the same in a batch of {len(rows):,}", each, 1e6 / len(rows), "µs")


def runs(loaded: TableSource, task: str) -> None:
    """Whole runs: regularized evolution in this process, random search on two."""
    board = registry.leaderboard_of(f"{loaded.suite}/{task}/single/bb")
    longer = replace(board, budget=float(EVALUATIONS))
    pairing = pair(longer, loaded, registry.method("regularized-evolution"))
    count = sum(run(pairing, 0).columns["counted"])
    each = seconds(lambda: run(pairing, 0), 15)
    scale = 1e3 * EVALUATIONS / count
    timed(f"{loaded.suite}: regularized evolution, {EVALUATIONS} evaluations", each, scale, "ms", "<= 60")
    with tempfile.TemporaryDirectory() as results:
        start, before = time.perf_counter(), processor()
        job = Job(pair(board, loaded, registry.method("random-search")), tuple(range(RUNS)))
        execute([job], Path(results), n_jobs=2)
        taken, used = time.perf_counter() - start, processor() - before
    show(f"{loaded.suite}: {RUNS} runs of random search on two processes, records written", taken, "s", "<= 30")
    show(f"{loaded.suite}: the same, processor time of all processes", used, "s", "<= 60")


def processor() -> float:
    """Seconds of this process and of those it has waited for."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def memory(path: Path, task: str) -> None:
    """What a process that has read the whole table uses of its own, and what it shares."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom harness.sources import load_surrogates\n"
        "loaded = load_surrogates(Path(sys.argv[1]))\n"
        "def kib(name):\n"
        "    return next(int(line.split()[1]) for line in open('/proc/self/status') if line.startswith(name))\n"
        "before = kib('RssAnon'), kib('RssFile')\n"
        "entries = loaded.entries(sys.argv[2])\nentries.values.sum()\n"
        "print(*((kib(n) - b) / 1024 for n, b in zip(('RssAnon', 'RssFile'), before)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path), task], capture_output=True, text=True, check=True)
    own, shared = map(float, done.stdout.split())
    show("the table of NAS-Bench-101 in memory: mapped, shared between processes", shared, "MiB", "<= 600")
    show("the same: of each process's own", own, "MiB")


def main() -> None:
    """Everything in turn."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HARNESS_DATA"] = folder
        sets = Path(folder) / "sets"
        small = table(sets, "nasbench201", {"cifar10": 15_625}, (12, 200), ("valid-acc", "size_MB"))
        queries(small, "cifar10")
        runs(small, "cifar10")
        metrics = ("valid-acc", "train-acc", "parameters")
        large = table(sets, "nasbench101", {"cifar10": 423_624}, (4, 12, 36, 108), metrics)
        queries(large, "cifar10")
        runs(large, "cifar10")
        if sys.platform == "linux":
            memory(large.path, "cifar10")


if __name__ == "__main__":
    main()
