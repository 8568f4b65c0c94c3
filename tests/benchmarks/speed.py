"""Prints how fast things are; asserts nothing. ``python tests/benchmarks/speed.py [--surrogates NAME] [--task NAME]``.

Of several repetitions the median and the fastest; on a machine that others use too, the fastest says what the code can
do and the median what it was given. Numbers of different machines do not compare.
The first line says whether the compiled core predicts, or the slow path.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd
from official import compare

import harness
from harness import registry
from harness.runs.pairing import pair
from harness.runs.runner import run
from harness.sources.models import evaluate, slow_path
from harness.sources.models.evaluate import Program
from harness.sources.models.surrogates import SurrogateSet

ROOT = Path(__file__).resolve().parent.parent.parent
CLI = [sys.executable, "-c", "from harness.cli import main; main()"]
OFFICIAL_DATA = Path("../shared/data/jahs/official_format")
THREE = ("valid-acc", "latency", "runtime")


class Seconds(NamedTuple):
    """How long something took."""

    median: float
    fastest: float


def seconds(function: Callable[[], object], repeat: int) -> Seconds:
    """Times of ``repeat`` calls, after one to warm up."""
    function()
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return Seconds(statistics.median(times), min(times))


def show(what: str, value: float, unit: str, wanted: str = "", best: float | None = None) -> None:
    """One line of the report."""
    shown = [f"{v:,.{1 if v >= 10 else 3}f}" for v in (value, best) if v is not None]
    print(f"{what:<66} {shown[0]:>11} {shown[1] if len(shown) > 1 else '':>11} {unit:<17} {wanted}", flush=True)


def timed(what: str, taken: Seconds, scale: float, unit: str, wanted: str = "") -> None:
    """A line with the median and the fastest time, in ``unit``, of which a second has ``scale``."""
    show(what, scale * taken.median, unit, wanted, scale * taken.fastest)


def command(*arguments: object) -> None:
    """A harness command in a process of its own."""
    done = subprocess.run([*CLI, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)


def peak_memory(*arguments: object) -> float:
    """Peak resident MiB of a command."""
    code = (
        "import resource, sys\n"
        "from harness.cli import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "except SystemExit:\n    pass\n"
        "peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print('PEAK', peak / (2**20 if sys.platform == 'darwin' else 2**10))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return float(done.stdout.rpartition("PEAK")[2])


def sample(task: str, rows: int) -> pd.DataFrame:
    """Uniform random configurations at random fidelities."""
    board, rng = registry.leaderboard(task, "single", "multi-mf"), np.random.default_rng(0)
    frame: pd.DataFrame = pd.DataFrame([board.space.sample(rng) | board.fidelities.sample(rng) for _ in range(rows)])
    return frame


def queries(surrogates: SurrogateSet, task: str) -> None:
    """Single rows, an epoch curve, batches, and the reference."""
    board = registry.leaderboard(task, "single", "multi-mf")
    frame = sample(task, 200)
    rows = cast("list[dict[str, Any]]", frame.to_dict("records"))

    def all_rows(one: Callable[[dict[str, Any]], object]) -> Callable[[], object]:
        return lambda: [one(row) for row in rows]

    three: Any = surrogates.program(task, THREE)  # its batches may be frames
    seven = surrogates.program(task, board.metrics)
    each = 1e6 / len(rows)
    timed("one query, three metrics", seconds(all_rows(three.one), 99), each, "µs", "<= 40")
    query = seconds(lambda: [surrogates.query(task, row, THREE) for row in rows], 49)
    timed("the same through SurrogateSet.query", query, each, "µs")
    timed("one query, all seven metrics", seconds(all_rows(seven.one), 49), each, "µs")

    curve = pd.DataFrame([rows[0] | {"epoch": epoch} for epoch in range(1, 201)])
    taken = seconds(lambda: surrogates.predict(task, curve, THREE), 99)
    timed("an epoch curve of 200 through predict, three metrics", taken, 1e3, "ms", "<= 3")

    many = sample(task, 20_000)

    def rate(what: str, taken: Seconds, wanted: str = "") -> None:
        show(what, len(many) / taken.median, "configurations/s", wanted, len(many) / taken.fastest)

    cores = os.cpu_count()
    rate(f"a batch of 20,000, three metrics, {cores} cores", seconds(lambda: three.many(many), 15))
    checked = seconds(lambda: surrogates.predict(task, many, THREE), 15)
    rate("the same through SurrogateSet.predict (values checked)", checked, ">= 100,000")

    models = {metric: surrogates.model(task, metric) for metric in THREE}
    native, reference = Program(models), Program(models, native=False)
    if native._native is None:
        return  # main has said it
    few = sample(task, 2000)
    slow, quick = seconds(lambda: reference.one(rows[0]), 9), seconds(lambda: native.one(rows[0]), 99)
    show("NumPy reference / C, one row", slow.fastest / quick.fastest, "times")
    slow, quick = seconds(lambda: reference.many(few), 3), seconds(lambda: native.many(few), 9)
    show("NumPy reference / C, a batch of 2,000", slow.fastest / quick.fastest, "times")


def runs(surrogates: SurrogateSet, task: str) -> None:
    """Whole runs in this process: surrogates, ledger, clock and method."""
    for name, setting, wanted in (("random-search", "bb", "<= 10"), ("hyperband", "mf", ""),
                                  ("hyperband-diagonal", "multi-mf", "")):  # fmt: skip
        entry = registry.method(name)
        pairing = pair(registry.leaderboard(task, "single", setting), surrogates, entry)
        seeds = iter(range(100))
        taken = seconds(lambda p=pairing, n=seeds: run(p, next(n)), 19)  # type: ignore[misc]
        evaluations = len(run(pairing, 0).columns["trial"])
        timed(f"{name} to the full budget, one seed ({evaluations} evaluations)", taken, 1e3, "ms", wanted)


def main() -> None:
    """Everything in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--surrogates", default="lite-1", help="a surrogate set (default: lite-1)")
    parser.add_argument("--task", default="cifar10", help="a task (default: cifar10)")
    parser.add_argument("--official-python", metavar="PATH", help="a Python that has the official package")
    parser.add_argument(
        "--official-data", metavar="DIR", type=Path, default=OFFICIAL_DATA, help="its surrogates' folder"
    )
    options = parser.parse_args()
    task = options.task

    core = "the compiled core"
    if vars(evaluate)["_native"] is None:
        core = "THE SLOW PATH (the NumPy reference): these are not the figures of the harness as it is released"
        slow_path.warn()
    print(f"predictions are computed by {core}")

    print(f"{'':<66} {'median':>11} {'fastest':>11}")
    timed("harness --help", seconds(lambda: command("--help"), 7), 1, "s", "<= 0.4")
    with tempfile.TemporaryDirectory() as folder:
        first = ["run", "--task", task, "--setting", "mf", "--surrogates", options.surrogates, "--results", folder]
        again = seconds(lambda: command(*first, "--rerun"), 3)
        timed("README command 1 (harness run, ten seeds)", again, 1, "s", "<= 10")
        timed("the same with nothing left to run", seconds(lambda: command(*first), 3), 1, "s")
        show("peak resident memory of that run", peak_memory(*first, "--rerun"), "MiB", "<= 300")

    path = harness.available_sets().get(options.surrogates)
    timed("loading the set: manifest", seconds(lambda: harness.load_surrogates(options.surrogates), 19), 1e3, "ms")
    if path is not None:
        loading = seconds(lambda: SurrogateSet(path).program(task), 19)
        timed("loading the set: every model of one task, hashes checked", loading, 1e3, "ms", "<= 50")
        surrogates = SurrogateSet(path)
        queries(surrogates, task)
        runs(surrogates, task)
    if options.official_python:
        theirs, ours, gap = compare(options.official_python, options.official_data, task, seconds)
        show("official package, all seven metrics of one configuration", 1e3 * theirs, "ms")
        show("ours, the same models", 1e6 * ours, "µs")
        show(f"ratio (largest relative difference of the predictions {gap:.0e})", theirs / ours, "times")


if __name__ == "__main__":
    main()
