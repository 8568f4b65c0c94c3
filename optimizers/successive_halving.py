"""Successive halving (Jamieson and Talwalkar, AISTATS 2016) over one declared fidelity axis."""

from __future__ import annotations

from harness.benchmark.method import Problem
from optimizers.hyperband import Hyperband


class SuccessiveHalving(Hyperband):
    """Repeats Hyperband's most exploratory bracket. It starts new random configurations at the cheapest rung and
    promotes the best one in ``eta`` of every rung: 81, 27, 9, 3, 1 configurations at epochs 2, 7, 22, 66, 200.

    With two objectives, configurations are ordered by non-dominated front and crowding distance (no scalarisation).
    ``eta``: as in ``Hyperband``.
    """

    def __init__(self, problem: Problem, seed: int, *, eta: int | None = None) -> None:
        super().__init__(problem, seed, eta)
        self._sizes = self._sizes[:1]
