"""Prints the figures of ``speed.py`` for two checkouts side by side; asserts nothing.

::

    python tests/benchmarks/compare.py BEFORE AFTER [--rounds 5] [--before-python PATH] [--after-python PATH] [--wall]

``BEFORE`` and ``AFTER`` are folders of checkouts, each with its compiled core. Each checkout runs its own ``speed.py``,
so the two may differ in every module. They take turns, once in each round, the first turn alternating: so both meet the
same machine. Times are CPU seconds of the process and its commands (with ``--wall``, real ones), which other people's
work disturbs less. Of each figure the median over the rounds is shown. A ratio above 1 means that the second checkout
is worse: slower, larger, or, for rates, fewer. Options after ``--`` go to ``speed.py``.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

CPU_CLOCK = """
import resource, time
def spent():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
time.perf_counter = spent
"""
"""Put before ``speed.py``, which measures with ``time.perf_counter``."""
RUN = """
import runpy, sys
sys.path.insert(0, "tests/benchmarks")
sys.argv[0] = "tests/benchmarks/speed.py"
runpy.run_path(sys.argv[0], run_name="__main__")
"""
LINE = re.compile(r"(?P<what>\S.*?) {2,}(?P<value>[\d,.]+)(?: +(?P<best>[\d,.]+))? +(?P<unit>[^\d\s<>]\S*)")
MORE_IS_BETTER = ("configurations/s", "times")


def figures(checkout: Path, python: str, cpu: bool, options: list[str], cache: str) -> dict[tuple[str, str], float]:
    """(figure, unit) -> its median, as the checkout's own ``speed.py`` prints it."""
    command = [python, "-c", (CPU_CLOCK if cpu else "") + RUN, *options]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = cache  # compiling the sources anew would be part of every command
    done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{checkout}: {done.stderr}")
    found = {}
    for line in done.stdout.splitlines():
        if match := LINE.match(line):
            found[match["what"], match["unit"]] = float(match["value"].replace(",", ""))
    return found


def main() -> None:
    """Takes turns, then prints a line for each figure that both checkouts have."""
    at = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    own, passed = sys.argv[1:at], sys.argv[at + 1 :]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path, help="a checkout")
    parser.add_argument("after", type=Path, help="another checkout")
    parser.add_argument("--before-python", default=sys.executable, metavar="PATH", help="the Python of the first one")
    parser.add_argument("--after-python", default=sys.executable, metavar="PATH", help="the Python of the second one")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each (default: 5)")
    parser.add_argument("--wall", action="store_true", help="measure real time instead of CPU time")
    options = parser.parse_args(own)
    sides = ((options.before, options.before_python), (options.after, options.after_python))
    every: list[list[dict[tuple[str, str], float]]] = [[], []]
    with tempfile.TemporaryDirectory() as cache:
        for number in range(options.rounds):
            for side in (0, 1) if number % 2 == 0 else (1, 0):
                checkout, python = sides[side]
                found = figures(checkout, python, not options.wall, passed, f"{cache}/{side}")
                every[side].append(found)
                print(f"round {number + 1} of {options.rounds}: {checkout}", file=sys.stderr, flush=True)
    clock = "real" if options.wall else "CPU"
    print(f"medians of {options.rounds} rounds, {clock} time\n{'':<66} {'before':>11} {'after':>11} {'ratio':>6}")
    for what, unit in every[0][0]:
        before, after = ([one[what, unit] for one in side if (what, unit) in one] for side in every)
        if not before or not after:
            continue
        first, second = statistics.median(before), statistics.median(after)
        ratio = first / second if unit in MORE_IS_BETTER else second / first
        print(f"{what:<66} {first:>11,.3f} {second:>11,.3f} {ratio:>6.2f} {unit}")


if __name__ == "__main__":
    main()
