"""Reads the benchmark's own files, ``nasbench_full.tfrecord`` and ``nasbench_only108.tfrecord``, into a ``Table``.

Each record is one trial, a row as in ``rows``. The three trials of a cell for a number of epochs are numbered in the
order of the file. A damaged file is refused, and nothing of it is kept.
"""

from __future__ import annotations

from array import array
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from harness.errors import ImportRefused
from harness.sources.foreign.tfrecord import Progress, read_records
from protocols.nasbench101.columns import INNER, Cells, digests, hash_order
from protocols.nasbench101.errors import BadRow, DuplicateTrial, HashMismatch, UnequalTrials
from protocols.nasbench101.metrics import Metrics, decode
from protocols.nasbench101.rows import parse_base64, parse_cell, parse_row
from protocols.nasbench101.table import EPOCHS, TRIALS, Table

SHA256 = {
    "nasbench_full.tfrecord": "3d64db8180fb1b0207212f9032205064312b6907a3bbc81eabea10db2f5c7e9c",
    "nasbench_only108.tfrecord": "4c39c3936e36a85269881d659e44e61a245babcb72cb374eacacf75d0e5f4fd1",
}
"""The files as their authors published them, 1.95 GB and 499 MB (README of the benchmark)."""
MAX_ROW = 1 << 16
"""The most bytes of a row. A row of the benchmark has about 400."""
EVALUATIONS = 3
VALUES = 8
"""How many numbers of a trial are kept: time and three accuracies, halfway and at the end."""


def read(path: Path, progress: Progress | None = None) -> Table:
    """The table of an official file; ``progress`` is told bytes read and bytes in all.

    Raises ``MissingPart``, ``DamagedFile``, ``BadRow``, ``HashMismatch``, ``UnequalTrials`` or ``DuplicateTrial``. All
    are ``ImportRefused``; the message names the record and its fault.
    """
    trials = _Trials(path)
    for batch in read_records(path, max_record=MAX_ROW, progress=progress):
        trials.add(batch)
    return trials.table()


class _Trials:
    """The trials read so far, in the order of the file, and their cells."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.index: dict[str, int] = {}
        self.drawn: list[tuple[int, str]] = []
        """For each cell, the matrix and the operations of its first record. The matrix is written as a binary number
        with a leading 1.
        """
        self.operations: dict[str, str] = {}
        self.vertices, self.edges, self.inner = array("B"), array("I"), array("b")
        self.parameters = array("i")
        self.counts = bytearray()
        """The number of trials read so far, for each cell and each of ``EPOCHS``."""
        self.slots = array("I")
        self.values: list[NDArray[np.floating[Any]]] = []

    def add(self, batch: list[bytes]) -> None:
        """Adds a batch of records."""
        values = array("d")
        for payload in batch:
            try:
                self.take(payload, values)
            except ImportRefused as error:
                self.refuse(type(error), str(error))
        self.values.append(self.checked(np.frombuffer(values, dtype=np.float64).reshape(-1, VALUES)))

    def take(self, payload: bytes, values: array[float]) -> None:
        """Reads one record and appends its numbers to ``values``. Errors do not name the record yet."""
        name, epochs, matrix, operations, encoded = parse_row(payload)
        cell = self.cell(name, matrix, operations)
        metrics = decode(parse_base64(encoded))
        if len(metrics.evaluations) != EVALUATIONS:
            raise UnequalTrials(
                f"it has {len(metrics.evaluations)} evaluations, but a training has {EVALUATIONS}: start, halfway, end"
            )
        self.check_parameters(cell, name, metrics)
        count = cell * len(EPOCHS) + EPOCHS.index(epochs)
        trial = self.counts[count]
        if trial == TRIALS:
            raise DuplicateTrial(
                f"it is training number {TRIALS + 1} of cell {name} for {epochs} epochs, but each has {TRIALS}"
            )
        self.counts[count] += 1
        self.slots.append(count * TRIALS + trial)
        for evaluation in metrics.evaluations[1:]:
            values.extend(evaluation)

    def cell(self, name: str, matrix: str, operations: str) -> int:
        """The number of the row's cell. If the drawing of the cell is new, its hash is compared with the row's hash."""
        drawn = (int("1" + matrix, 2), self.operations.setdefault(operations, operations))
        known = self.index.get(name)
        if known is not None and self.drawn[known] == drawn:
            return known
        found = parse_cell(matrix, operations)
        if found.hash != name:
            raise HashMismatch(f"it says that its cell has hash {name}, but the hash of its cell is {found.hash}")
        if known is not None:
            return known
        self.index[name] = len(self.drawn)
        self.drawn.append(drawn)
        self.vertices.append(found.vertices)
        self.edges.append(found.edges)
        self.inner.extend([*found.operations, *[-1] * (INNER - len(found.operations))])
        self.parameters.append(0)
        self.counts.extend(bytes(len(EPOCHS)))
        return self.index[name]

    def check_parameters(self, cell: int, name: str, metrics: Metrics) -> None:
        """Checks that all trials of a cell have the same number of parameters."""
        before = self.parameters[cell]
        if before and before != metrics.parameters:
            raise UnequalTrials(
                f"it has {metrics.parameters:,} parameters, but another training of cell {name} has {before:,}"
            )
        self.parameters[cell] = metrics.parameters

    def checked(self, values: NDArray[np.float64]) -> NDArray[np.floating[Any]]:
        """The numbers of a batch, as float32 if that changes none of them. Refuses impossible accuracies and times."""
        times, accuracies = values[:, ::4], values[:, [1, 2, 3, 5, 6, 7]]
        possible = ((times >= 0) & np.isfinite(times)).all(1) & ((accuracies >= 0) & (accuracies <= 1)).all(1)
        if not possible.all():
            before = len(self.slots) - len(values) + int(np.argmin(possible))
            self.refuse(BadRow, "it has an accuracy outside 0 to 1 or a time that is not a number of seconds", before)
        with np.errstate(over="ignore"):
            narrow = values.astype(np.float32)
        return narrow if np.array_equal(narrow, values) else values.copy()

    def table(self) -> Table:
        """The table of all trials; every cell must have all of them."""
        counts = np.frombuffer(self.counts, dtype=np.uint8).reshape(-1, len(EPOCHS))
        present = np.flatnonzero(counts.any(axis=0))
        self.check_complete(counts, present)
        hashes = digests(list(self.index))
        self.index.clear()  # frees the largest objects that are no longer needed, before as much memory is allocated
        self.drawn.clear()
        order = hash_order(hashes)
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        shape = (len(order), len(present), TRIALS, 2)
        dtype = np.result_type(*self.values)
        metrics = [np.empty(shape, dtype=dtype) for _ in range(4)]
        flat = [metric.reshape(-1, 2) for metric in metrics]
        which = np.zeros(len(EPOCHS), dtype=np.int64)
        which[present] = np.arange(len(present))
        slots = np.frombuffer(self.slots, dtype=np.uint32)
        done = 0
        while self.values:  # each batch is freed once its numbers are in place
            values = self.values.pop(0)
            count, trial = np.divmod(slots[done : done + len(values)].astype(np.int64), TRIALS)
            cell, epochs = np.divmod(count, len(EPOCHS))
            place = (rank[cell] * len(present) + which[epochs]) * TRIALS + trial
            for column, metric in enumerate(flat):
                metric[place] = values[:, column::4]
            done += len(values)
        cells = Cells(
            np.frombuffer(self.vertices, dtype=np.uint8),
            np.frombuffer(self.edges, dtype=np.uint32),
            np.frombuffer(self.inner, dtype=np.int8).reshape(-1, INNER),
            hashes,
        )
        parameters = np.frombuffer(self.parameters, dtype=np.int32)[order]
        return Table(cells.take(order), parameters, tuple(EPOCHS[e] for e in present), *metrics)

    def check_complete(self, counts: NDArray[np.uint8], present: NDArray[np.intp]) -> None:
        """Refuses a file in which a cell lacks trials."""
        for epochs in present.tolist():
            lacking = np.flatnonzero(counts[:, epochs] != TRIALS)
            if len(lacking):
                name = list(self.index)[int(lacking[0])]
                raise UnequalTrials(
                    f"{self.path} has {counts[lacking[0], epochs]} of the {TRIALS} trainings of cell {name} for "
                    f"{EPOCHS[epochs]} epochs ({len(lacking):,} of {len(counts):,} cells lack some; "
                    f"{len(self.slots):,} records were read, nothing is imported); get it again"
                )

    def refuse(self, kind: type[ImportRefused], what: str, before: int | None = None) -> NoReturn:
        """Raises the error, naming the record."""
        read = len(self.slots) if before is None else before
        raise kind(
            f"record {read + 1:,} of {self.path}: {what} ({read:,} records were read before it, nothing is imported); "
            "use the file as the benchmark's authors published it"
        ) from None
