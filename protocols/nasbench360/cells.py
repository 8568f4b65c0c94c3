"""All 15,625 NAS-Bench-201 cells as one array per task: ranks, correlations and importances (paper, Sections 4.3, 5.2).

A *cell* has an operation on each of six edges. A *score table* is an array with an axis of length 5 per edge, in the
order of ``EDGES``, whose entry at the operations' places in ``OPERATIONS`` is that cell's score, higher is better. The
benchmark's own string lists the edges by the node they end in: ``|op~0|+|op~0|op~1|+|op~0|op~1|op~2|``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np

from harness.errors import UsageError
from harness.scores.metrics import Floats

EDGES = ("0-1", "0-2", "1-2", "0-3", "1-3", "2-3")
OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
SHORT = {"nor_conv_1x1": "c1", "nor_conv_3x3": "c3", "skip_connect": "skip", "avg_pool_3x3": "ap3", "none": "none"}
"""The operations with the names and the order of the paper's Figure 4, which leaves out ``none``."""

_CELL = re.compile(r"\|{0}~0\|\+\|{0}~0\|{0}~1\|\+\|{0}~0\|{0}~1\|{0}~2\|".replace("{0}", r"(\w+)"))


@cache
def parse(architecture: str) -> tuple[int, ...]:
    """The places of a cell's operations in ``OPERATIONS``, edge by edge. UsageError says what is wrong."""
    match = _CELL.fullmatch(architecture)
    if match is None:
        raise UsageError(
            f"{architecture!r} is no NAS-Bench-201 cell; one looks like "
            f"|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|avg_pool_3x3~2|"
        )
    for operation in match.groups():
        if operation not in OPERATIONS:
            raise UsageError(f"{architecture!r} has an unknown operation {operation}; valid: {', '.join(OPERATIONS)}")
    return tuple(OPERATIONS.index(operation) for operation in match.groups())


def score_table(architectures: Iterable[str], scores: Iterable[float]) -> Floats:
    """The score table of cells listed in any order. UsageError unless each cell is there once, with a finite score."""
    table = np.full((len(OPERATIONS),) * len(EDGES), np.nan)
    for architecture, score in zip(architectures, scores, strict=True):
        at = parse(architecture)
        if not np.isnan(table[at]):
            raise UsageError(f"the cell {architecture} is there twice")
        if not np.isfinite(score):
            raise UsageError(f"the cell {architecture} has no score")
        table[at] = score
    if missing := int(np.isnan(table).sum()):
        raise UsageError(f"{missing:,} of the {table.size:,} NAS-Bench-201 cells are missing")
    return table


def rank_correlations(tables: Sequence[Floats]) -> Floats:
    """Spearman's ρ between score tables of the same shape, ties sharing the mean: shape (tables, tables).

    UsageError for a table whose scores are all equal: it ranks nothing.
    """
    import pandas as pd

    matrix = pd.DataFrame({place: ranks(table) for place, table in enumerate(tables)}).corr().to_numpy(np.float64)
    if np.isnan(matrix).any():
        raise UsageError("a rank correlation needs scores that are not all equal")
    return np.asarray(matrix, dtype=np.float64)


def ranks(table: Floats) -> Floats:
    """The rank of every cell, 1 the best, ties sharing the mean: shape (cells,)."""
    import pandas as pd

    return np.asarray(pd.Series(table.ravel()).rank(ascending=False), dtype=np.float64)


def importances(table: Floats, edge: int) -> Floats:
    """The importance of every cell's operation on an edge, in the shape of the table: the cell's score minus the mean
    score of the four cells that differ only in the operation on this edge. Positive: the operation helps.

    This is the operation importance of Wan et al. (ICLR 2022, "On redundancy and diversity in cell-based neural
    architecture search"), Section 3, for scores of which higher is better.
    """
    operations = table.shape[edge]
    others = (table.sum(axis=edge, keepdims=True) - table) / (operations - 1)
    return np.asarray(table - others, dtype=np.float64)


def importance_of(table: Floats, operation: int, among: Floats | None = None) -> Floats:
    """The importances of an operation, over all edges and all cells that have it on the edge, as one flat array.

    ``among``: Booleans of the table's shape, the cells that count (by default all).
    """
    chosen = []
    for edge in range(table.ndim):
        values = np.take(importances(table, edge), operation, axis=edge)
        kept = np.ones(values.shape, bool) if among is None else np.take(among, operation, axis=edge)
        chosen.append(values[kept])
    return np.concatenate(chosen)


def best(table: Floats, fraction: float) -> Floats:
    """Whether each cell is among the best ``fraction``. The number is rounded up, and ties with the last one count."""
    count = int(np.ceil(fraction * table.size))
    return np.asarray(table >= np.partition(table.ravel(), -count)[-count])
