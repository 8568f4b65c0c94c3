"""All unique cells, in one fixed order: by vertices, then by form, then by labeling (paper, Supplement S1).

``CellIndex`` numbers the cells without hashing, in well under a second. It finds the number of any drawing of a cell in
about a microsecond. ``enumerate_cells`` lists the cells with their hashes. A cell has several drawings and orders of
its operations; it is represented by the drawing with the least code and the lexicographically first operations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from harness.base.jobs import processes
from protocols.nasbench101 import coding
from protocols.nasbench101.cells import INPUT, MAX_EDGES, MAX_VERTICES, OUTPUT, Cell
from protocols.nasbench101.columns import HASH_BYTES, INNER, Cells, digests
from protocols.nasbench101.errors import UnknownCell
from protocols.nasbench101.graphs import LABELS, Family, family
from protocols.nasbench101.hashing import graph_hash

CHUNK = 4096
"""The number of cells that are hashed at a time."""

Progress = Callable[[int, int], None]
"""Called with the number of finished cells and the number of all cells."""


class CellIndex:
    """The number of every unique cell of up to ``max_vertices`` vertices and ``max_edges`` edges."""

    def __init__(self, max_vertices: int = MAX_VERTICES, max_edges: int = MAX_EDGES) -> None:
        if not 2 <= max_vertices <= MAX_VERTICES:
            raise ValueError(f"cells have 2 to {MAX_VERTICES} vertices, not {max_vertices}")
        self.max_vertices, self.max_edges = max_vertices, max_edges
        self.families = [family(vertices, max_edges) for vertices in range(2, max_vertices + 1)]
        self._drawings: list[dict[int, tuple[NDArray[np.int32], NDArray[np.uint8]]]] = []
        self._size = 0
        for graphs in self.families:
            rows = self._rows(graphs)
            self._drawings.append(
                {
                    code: (rows[form], graphs.relabel[move])
                    for code, form, move in zip(
                        graphs.drawings.tolist(), graphs.form.tolist(), graphs.moves.tolist(), strict=True
                    )
                }
            )

    def __len__(self) -> int:
        return self._size

    def row(self, cell: Cell) -> int:
        """The number of a pruned cell, the same for all its drawings. Raises ``UnknownCell``."""
        try:
            rows, relabel = self._drawings[len(cell.operations)][cell.edges]
        except (IndexError, KeyError):
            raise UnknownCell(
                f"no pruned cell of at most {self.max_vertices} vertices and {self.max_edges} edges has the edges "
                f"{coding.edge_list(cell.edges, cell.vertices)}; prune and check the cell before"
            ) from None
        labeling = 0
        for operation in cell.operations:
            labeling = labeling * LABELS + operation
        return int(rows[relabel[labeling]])

    def numbers(self, vertices: int, edges: int) -> NDArray[np.int32]:
        """The numbers of the cells of one drawing, for all labelings of its inner vertices in lexicographic order."""
        rows, relabel = self._drawings[vertices - 2][edges]
        return rows[relabel]

    def _rows(self, graphs: Family) -> NDArray[np.int32]:
        """Numbers of the cells of a family, int32 (forms, labelings). They continue the numbers of earlier families."""
        named = _named(graphs)
        numbers = np.cumsum(named).reshape(named.shape) - 1 + self._size
        self._size += int(named.sum())
        return np.take_along_axis(numbers, graphs.first.astype(np.intp), axis=1).astype(np.int32)


def enumerate_cells(
    max_vertices: int = MAX_VERTICES, max_edges: int = MAX_EDGES, *, n_jobs: int = 1, progress: Progress | None = None
) -> Cells:
    """All unique cells with their hashes, in the order of ``CellIndex``; the same for any number of processes."""
    vertices, edges, operations = [], [], []
    for size in range(2, max_vertices + 1):
        graphs = family(size, max_edges)
        forms, labelings = np.nonzero(_named(graphs))
        padded = np.full((len(forms), INNER), -1, dtype=np.int8)
        padded[:, : size - 2] = graphs.labelings[labelings]
        vertices.append(np.full(len(forms), size, dtype=np.uint8))
        edges.append(graphs.forms[forms])
        operations.append(padded)
    cells = Cells(np.concatenate(vertices), np.concatenate(edges), np.concatenate(operations), _no_hashes())
    hashes = np.empty((len(cells), HASH_BYTES), dtype=np.uint8)
    done = 0
    for part in _hashed(cells, n_jobs):
        hashes[done : done + len(part)] = part
        done += len(part)
        if progress is not None:
            progress(done, len(cells))
    return Cells(cells.vertices, cells.edges, cells.operations, hashes)


def hash_cells(
    vertices: NDArray[np.uint8], edges: NDArray[np.uint32], operations: NDArray[np.int8]
) -> NDArray[np.uint8]:
    """The hashes (n, 16) of pruned cells given as columns."""
    hashes = []
    before = None
    for size, code, inner in zip(vertices.tolist(), edges.tolist(), operations.tolist(), strict=True):
        if (size, code) != before:  # cells of one form follow one another
            before = (size, code)
            graph = coding.neighbours(code, size)
        hashes.append(graph_hash(*graph, (INPUT, *inner[: size - 2], OUTPUT)))
    return digests(hashes)


def _hashed(cells: Cells, n_jobs: int) -> Iterator[NDArray[np.uint8]]:
    slices = [slice(i, i + CHUNK) for i in range(0, len(cells), CHUNK)]
    parts = [(cells.vertices[s], cells.edges[s], cells.operations[s]) for s in slices]
    count = processes(n_jobs)
    if count == 1:
        yield from (hash_cells(*part) for part in parts)
        return
    from joblib import Parallel, delayed

    yield from Parallel(n_jobs=count, return_as="generator")(delayed(hash_cells)(*part) for part in parts)


def _named(graphs: Family) -> NDArray[np.bool_]:
    """Whether each labeling of each form represents a cell, bool (forms, labelings)."""
    return np.equal(graphs.first, np.arange(len(graphs.labelings), dtype=np.uint8))


def _no_hashes() -> NDArray[np.uint8]:
    return np.empty((0, HASH_BYTES), dtype=np.uint8)
