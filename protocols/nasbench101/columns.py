"""Many cells as arrays, one row each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocols.nasbench101.cells import MAX_VERTICES, Cell

INNER = MAX_VERTICES - 2
HASH_BYTES = 16


@dataclass(frozen=True)
class Cells:
    """Pruned cells, 26 bytes each.

    ``vertices`` uint8 (n,); ``edges`` uint32 (n,), codes as in ``coding``; ``operations`` int8 (n, 5), -1 after the
    last inner vertex; ``hashes`` uint8 (n, 16), the digests.
    """

    vertices: NDArray[np.uint8]
    edges: NDArray[np.uint32]
    operations: NDArray[np.int8]
    hashes: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.edges)

    def cell(self, row: int) -> Cell:
        """The cell of a row."""
        inner = int(self.vertices[row]) - 2
        return Cell(int(self.edges[row]), tuple(self.operations[row, :inner].tolist()))

    def hash(self, row: int) -> str:
        """The hash of a row, 32 hexadecimal digits."""
        return bytes(self.hashes[row]).hex()

    def take(self, rows: NDArray[np.intp]) -> Cells:
        """The cells of the given rows, in that order."""
        return Cells(self.vertices[rows], self.edges[rows], self.operations[rows], self.hashes[rows])

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        return self.vertices.nbytes + self.edges.nbytes + self.operations.nbytes + self.hashes.nbytes

    @staticmethod
    def of(cells: list[Cell]) -> Cells:
        """The columns of pruned cells of at most 7 vertices."""
        operations = np.full((len(cells), INNER), -1, dtype=np.int8)
        for row, cell in enumerate(cells):
            operations[row, : len(cell.operations)] = cell.operations
        return Cells(
            np.array([cell.vertices for cell in cells], dtype=np.uint8),
            np.array([cell.edges for cell in cells], dtype=np.uint32),
            operations,
            digests([cell.hash for cell in cells]),
        )


def digests(hashes: list[str]) -> NDArray[np.uint8]:
    """Hashes of 32 hexadecimal digits as bytes, shape (n, 16)."""
    return np.frombuffer(bytes.fromhex("".join(hashes)), dtype=np.uint8).reshape(-1, HASH_BYTES)


def hash_order(hashes: NDArray[np.uint8]) -> NDArray[np.intp]:
    """The rows in ascending order of their hashes."""
    return np.argsort(hash_keys(hashes), kind="stable")


def hash_keys(hashes: NDArray[np.uint8]) -> NDArray[np.bytes_]:
    """Hashes (n, 16) as a sortable, searchable vector (n,) of their hexadecimal digits (``S32``).

    Digits, not bytes: NumPy strings lose zero bytes at their end.
    """
    digits = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
    text = digits[np.stack([hashes >> 4, hashes & 15], axis=-1).reshape(len(hashes), -1)]
    return np.ascontiguousarray(text).view("S32").reshape(-1)
