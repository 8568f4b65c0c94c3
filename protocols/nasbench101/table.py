"""The metrics of all cells of a table as arrays. Readers of all files return this form.

A *trial* is one training from scratch; each was evaluated halfway (``HALFWAY``) and at its end (``END``).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from protocols.nasbench101.columns import Cells, hash_keys
from protocols.nasbench101.errors import UnknownCell

HALFWAY, END = 0, 1
EPOCHS = (4, 12, 36, 108)
"""The benchmark's numbers of epochs (Section 2.4); 108 is the full fidelity."""
TRIALS = 3
"""The number of trainings of every cell for each number of epochs."""

Metric = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Table:
    """Cells in ascending order of their hashes, with the metrics of their trials.

    ``parameters`` int32 (n,): trainable parameters. The metrics have the shape (n, epochs, trials, 2); the last axis is
    halfway and end. ``training_time``: seconds since the start of the training, without evaluation.
    ``train_accuracy``, ``validation_accuracy``, ``test_accuracy``: fractions. ``energy`` (n, epochs, trials): kWh,
    where known. Unknown values are NaN. Arrays are float32 if float32 holds every number of the file exactly, else
    float64. The official files' doubles were measured as float32.
    """

    cells: Cells
    parameters: NDArray[np.int32]
    epochs: tuple[int, ...]
    training_time: Metric
    train_accuracy: Metric
    validation_accuracy: Metric
    test_accuracy: Metric
    energy: Metric | None = None

    def __len__(self) -> int:
        return len(self.cells)

    @property
    def trials(self) -> int:
        """The number of trials of every cell for each number of epochs."""
        return int(self.training_time.shape[2])

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        arrays = [getattr(self, field.name) for field in fields(self)]
        return sum(int(array.nbytes) for array in arrays if not isinstance(array, tuple | None))

    def row(self, name: str) -> int:
        """The row of the cell with this hash; raises ``UnknownCell``."""
        row = int(np.searchsorted(self._keys, name.encode()))
        if row == len(self) or self._keys[row] != name.encode():
            raise UnknownCell(f"the table has no cell of hash {name!r}; it has {len(self):,} others")
        return row

    def rows(self, cells: Cells) -> NDArray[np.intp]:
        """The rows of many cells, in the order of ``cells``; raises ``UnknownCell`` for the first missing cell."""
        wanted = hash_keys(cells.hashes)
        rows = np.searchsorted(self._keys, wanted)
        missing = self._keys[np.minimum(rows, len(self) - 1)] != wanted
        if missing.any():
            self.row(cells.hash(int(np.argmax(missing))))
        return rows

    def take(self, rows: NDArray[np.intp]) -> Table:
        """The table of some rows, given in ascending order."""
        energy = None if self.energy is None else self.energy[rows]
        return Table(
            self.cells.take(rows), self.parameters[rows], self.epochs,
            self.training_time[rows], self.train_accuracy[rows],
            self.validation_accuracy[rows], self.test_accuracy[rows], energy,
        )  # fmt: skip

    @cached_property
    def _keys(self) -> NDArray[np.bytes_]:
        return hash_keys(self.cells.hashes)
