"""Whether two tables put methods into the same order, as a whole and pair by pair."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations


def kendall(one: Sequence[float], other: Sequence[float]) -> float:
    """Kendall's τ-b between two lists of equal length; NaN if one of them has a single value only."""
    signs = [(_sign(a - b), _sign(c - d)) for (a, c), (b, d) in combinations(zip(one, other, strict=True), 2)]
    norm = math.sqrt(sum(a != 0 for a, _ in signs) * sum(b != 0 for _, b in signs))
    return sum(a * b for a, b in signs) / norm if norm else math.nan


def order(values: Mapping[str, float]) -> list[list[str]]:
    """The names by ascending value, equal ones together."""
    found: dict[float, list[str]] = {}
    for name, value in sorted(values.items(), key=lambda pair: pair[1]):
        found.setdefault(value, []).append(name)
    return list(found.values())


def _sign(x: float) -> int:
    return (x > 0) - (x < 0)
