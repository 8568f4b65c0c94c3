"""Prints how long reading and importing a file of NAS-Bench-101's format takes, and the memory; asserts nothing.

``python tests/benchmarks/nasbench101_official.py [--cells N] [--keep FILE]``. The file is made first, with random
numbers for so many different random cells of up to 7 vertices, 12 trainings each: 423,624 of them, all there are, make
the 2 GB of the real file. It is read, and then imported, in a process of its own each, so that the peak is theirs; what
the real file would take is worked out from that, time and memory beyond the start in proportion to the records; of the
memory that is an upper bound, for the batch that is read at the time counts as well.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import resource
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sized
from pathlib import Path

import numpy as np

from harness.sources.foreign.crc32c import crc32c_of
from harness.sources.foreign.tfrecord import masked
from harness.sources.tables.table import TableSource
from protocols.nasbench101 import official
from protocols.nasbench101.cells import Cell
from protocols.nasbench101.errors import InvalidCell
from protocols.nasbench101.published import CELLS
from protocols.nasbench101.space import FULL
from protocols.nasbench101.table import EPOCHS, TRIALS
from support.imports import import_table

EVALUATION = struct.Struct("<BdBdBdBdBd")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=20_000)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        measured(arguments.step, arguments.keep)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.keep or Path(folder) / "nasbench_full.tfrecord"
        if not path.exists():
            make(path, arguments.cells)
        environment = {**os.environ, "HARNESS_DATA": folder}
        for step in STEPS:
            command = [sys.executable, __file__, "--step", step, "--keep", str(path)]
            subprocess.run(command, check=True, env=environment)


def make(path: Path, count: int) -> None:
    start, rng = time.process_time(), np.random.default_rng(0)
    names: set[str] = set()
    with path.open("wb") as file:
        while len(names) < count:
            rows: list[bytes] = []
            while len(names) < count and len(rows) < 24_000:
                try:
                    cell = FULL.decode(FULL.space.sample(rng))
                except InvalidCell:
                    continue
                if cell.hash not in names:
                    names.add(cell.hash)
                    rows += rows_of(cell, rng)
            file.write(framed(rows))
    print(f"made {count:,} cells, {path.stat().st_size / 1e6:,.0f} MB, in {time.process_time() - start:.0f} s")


def rows_of(cell: Cell, rng: np.random.Generator) -> list[bytes]:
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
            rows.append(json.dumps([cell.hash, epochs, matrix, operations, base64.b64encode(data).decode()]).encode())
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


def measured(step: str, path: Path) -> None:
    before, start = memory(), time.process_time()
    cells = len(STEPS[step](path))
    cpu, peak, records = time.process_time() - start, memory(), cells * len(EPOCHS) * TRIALS
    print(
        f"{step:<7}{records:>10,} records in {cpu:>6.1f} s of processor time, {records / cpu:>7,.0f} a second; peak "
        f"{peak:,.0f} MiB, {before:,.0f} before"
    )
    whole = CELLS["cifar10"] * len(EPOCHS) * TRIALS
    print(
        f"       {whole:>10,} records then {cpu * whole / records:>6.1f} s, peak "
        f"{before + (peak - before) * whole / records:,.0f} MiB"
    )


def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def imported(path: Path) -> Sized:
    table = import_table(path)
    assert isinstance(table, TableSource)
    return table.entries("cifar10").keys


STEPS: dict[str, Callable[[Path], Sized]] = {"read": official.read, "import": imported}


if __name__ == "__main__":
    main()
