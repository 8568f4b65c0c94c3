"""Prints how long listing all unique NAS-Bench-101 cells takes, how many there are, and the memory; asserts nothing.

``python tests/benchmarks/nasbench101_enumeration.py [--vertices N] [--jobs N]``. Peak memory is of this process,
without those it starts.
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import sys
import time

import numpy as np

from protocols.nasbench101.enumerate import CellIndex, enumerate_cells


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vertices", type=int, default=7)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()

    start = time.perf_counter()
    index = CellIndex(arguments.vertices)
    print(f"counted without hashing     {len(index):>10,} cells in {time.perf_counter() - start:.2f} s")

    start, cpu = time.perf_counter(), cpu_seconds()
    cells = enumerate_cells(arguments.vertices, n_jobs=arguments.jobs, progress=show)
    taken, used = time.perf_counter() - start, cpu_seconds() - cpu
    print(f"listed with their hashes    {len(cells):>10,} cells in {taken:.1f} s on {arguments.jobs} processes")
    print(f"processor time of this process and finished children  {used:.1f} s")
    print(f"different hashes            {len(np.unique(cells.hashes, axis=0)):>10,}")
    print(f"arrays                      {cells.nbytes / 1e6:>10.1f} MB")
    print(f"peak resident memory        {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:>10.0f} MiB")
    arrays = (cells.vertices, cells.edges, cells.operations, cells.hashes)
    print(f"SHA-256 of the arrays       {hashlib.sha256(b''.join(a.tobytes() for a in arrays)).hexdigest()}")


def cpu_seconds() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def show(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done:,} of {total:,}", end="\r" if done < total else "\n", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
