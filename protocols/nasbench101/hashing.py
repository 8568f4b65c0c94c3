"""The benchmark's name of a cell: an MD5 digest that is the same for isomorphic cells (paper, Supplement S1).

Every vertex starts with the digest of its out-degree, in-degree and label. Then all vertices are hashed again with the
sorted digests of their predecessors and successors, as many times as the cell has vertices. The hash of the cell is the
digest of the sorted digests of all vertices. With up to 7 vertices, 9 edges and 3 operations, no two different cells
have the same hash.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import md5

Neighbours = Sequence[Sequence[int]]

_EMPTY = md5(usedforsecurity=False)


def graph_hash(predecessors: Neighbours, successors: Neighbours, labels: Sequence[int]) -> str:
    """32 hexadecimal digits for the graph whose vertex v has label ``labels[v]`` and the neighbours given.

    Labels are -1 for the input, -2 for the output, else the operation's number. The graph is not pruned here, so prune
    it before.
    """
    digests = [
        _first(len(after), len(before), label)
        for before, after, label in zip(predecessors, successors, labels, strict=True)
    ]
    neighbours = list(zip(predecessors, successors, strict=True))
    for _ in labels:
        digests = [
            _digest(
                "".join(sorted([digests[w] for w in before]))
                + "|" + "".join(sorted([digests[w] for w in after]))
                + "|" + own
            )
            for (before, after), own in zip(neighbours, digests, strict=True)
        ]  # fmt: skip
    # The official code hashes the printed form of a Python list of strings.
    return _digest("['" + "', '".join(sorted(digests)) + "']")


def _digest(text: str) -> str:
    digest = _EMPTY.copy()  # takes half the time of md5(), and a cell needs fifty digests
    digest.update(text.encode())
    return digest.hexdigest()


@cache
def _first(out_degree: int, in_degree: int, label: int) -> str:
    return _digest(f"({out_degree}, {in_degree}, {label})")
