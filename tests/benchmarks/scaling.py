"""Prints how fast many short runs are and how much memory they take; asserts nothing.

``python tests/benchmarks/scaling.py [--seeds N] [--jobs N] [--cluster local]`` runs random search on ``cifar10``,
``bb`` in a new folder; wanted: 10,000 runs on two idle cores in at most 180 s. On a busy machine CPU seconds tell more.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CLI = [sys.executable, "-c", "from harness.cli import main; main()"]


def children_of(pid: int) -> list[int]:
    """Processes that a process has started, and those that they have; empty where there is no /proc."""
    try:
        below = [int(p) for f in Path(f"/proc/{pid}/task").glob("*/children") for p in f.read_text().split()]
    except OSError:
        return []
    return [pid for child in below for pid in (child, *children_of(child))]


def peak(pid: int) -> float:
    """The most resident memory that a process had so far, in MiB."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def main() -> None:
    """One command, timed and watched."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default=10_000, type=int)
    parser.add_argument("--jobs", default=2, type=int)
    parser.add_argument("--cluster", help="as harness run has it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        words = [*CLI, "run", "--task", "cifar10", "--setting", "bb", "--seeds", options.seeds, "--jobs", options.jobs,
                 "--results", folder, *(["--cluster", options.cluster] if options.cluster else [])]  # fmt: skip
        for what in ("runs", "the same command with nothing left to do"):
            began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
            process = subprocess.Popen([str(word) for word in words], cwd=ROOT, stdout=subprocess.DEVNULL)
            most = [0.0, 0.0]
            ended = threading.Event()

            def watch(pid: int = process.pid, most: list[float] = most, ended: threading.Event = ended) -> None:
                while not ended.wait(0.2):
                    most[0] = max(most[0], peak(pid))
                    most[1] = max([most[1], *map(peak, children_of(pid))])

            watching = threading.Thread(target=watch)
            watching.start()
            code = process.wait()
            ended.set()
            watching.join()
            wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(f"{options.seeds} {what}: exit code {code}")
            print(
                f"  {wall:.1f} s by the clock, {options.seeds / wall:,.0f} runs/s; "
                f"load average {os.getloadavg()[0]:.1f}"
            )
            print(f"  {cpu:.1f} s of CPU in processes that have ended, this command's included")
            print(
                f"  peak resident memory: {most[0]:.0f} MiB here, {most[1]:.0f} MiB in the largest worker", flush=True
            )


if __name__ == "__main__":
    main()
