"""Prints how long reading a file of NAS-Bench-101's format takes, and the memory; asserts nothing.

``python tests/benchmarks/nasbench101_official.py [--vertices N] [--keep FILE]``. The file is made first, with random
numbers for all cells of at most so many vertices: 64,542 of 6 make 300 MB, 423,624 of 7 the 2 GB of the real file. It
is read in a process of its own, so that the peak is the reader's.
"""

from __future__ import annotations

import argparse
import base64
import json
import resource
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from harness.importer.crc32c import crc32c_of
from harness.importer.tfrecord import masked
from protocols.nasbench101 import official
from protocols.nasbench101.columns import Cells
from protocols.nasbench101.enumerate import enumerate_cells
from protocols.nasbench101.table import EPOCHS, TRIALS

EVALUATION = struct.Struct("<BdBdBdBdBd")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vertices", type=int, default=6)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.read:
        read(arguments.read)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.keep or Path(folder) / "nasbench.tfrecord"
        if not path.exists():
            make(path, arguments.vertices)
        subprocess.run([sys.executable, __file__, "--read", str(path)], check=True)


def make(path: Path, vertices: int) -> None:
    cells = enumerate_cells(vertices, n_jobs=2)
    rng = np.random.default_rng(0)
    with path.open("wb") as file:
        for i in range(0, len(cells), 2000):
            rows = [row for at in range(i, min(i + 2000, len(cells))) for row in rows_of(cells, at, rng)]
            file.write(framed(rows))


def rows_of(cells: Cells, at: int, rng: np.random.Generator) -> list[bytes]:
    cell = cells.cell(at)
    matrix, operations = "".join(map(str, cell.matrix.reshape(-1).tolist())), ",".join(cell.names)
    rows = []
    for epochs in EPOCHS:
        for _ in range(TRIALS):
            data = b""
            for stage in range(3):
                a, b, c = rng.random(3, dtype=np.float32).tolist()
                time = float(np.float32(epochs * stage * (1 + a)))
                data += b"\x0a\x2d" + EVALUATION.pack(9, epochs * stage / 2, 17, time, 25, a, 33, b, 41, c)
            data += b"\x10\x8a\x9c\xbb\x0f" + b"\x19" + struct.pack("<d", 2.5 * epochs)
            rows.append(
                json.dumps([cells.hash(at), epochs, matrix, operations, base64.b64encode(data).decode()]).encode()
            )
    return rows


def framed(rows: list[bytes]) -> bytes:
    lengths = np.array([len(row) for row in rows])
    headers = lengths.astype("<u8").tobytes()
    eights = np.arange(len(rows)) * 8
    checks = masked(crc32c_of(headers, eights, np.full(len(rows), 8)))
    data = masked(crc32c_of(b"".join(rows), np.cumsum(lengths) - lengths, lengths))
    return b"".join(
        struct.pack("<QI", len(row), check) + row + struct.pack("<I", of_data)
        for row, check, of_data in zip(rows, checks.tolist(), data.tolist(), strict=True)
    )


def read(path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start = time.perf_counter()
    table = official.read(path)
    taken, cpu = time.perf_counter() - start, time.process_time()
    records = len(table) * len(table.epochs) * table.trials
    print(f"{records:,} records, {path.stat().st_size / 1e6:,.0f} MB, {len(table):,} cells")
    print(
        f"read in                 {taken:>8.1f} s, {cpu:.1f} s of processor time, {cpu / records * 1e6:.1f} us a record"
    )
    print(f"table                   {table.nbytes / 1e6:>8.1f} MB as {table.test_accuracy.dtype}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak resident memory    {peak:>8.0f} MiB, of which {before:.0f} before reading")


if __name__ == "__main__":
    main()
