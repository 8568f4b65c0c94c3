"""Hyperband (Li et al., JMLR 18(185), 2018, Algorithm 1) over one fidelity axis or along the diagonal of several.

A *rung* is a fidelity. A *bracket* starts random configurations at some rung and promotes the best one in ``eta`` of
them to the next rung, and so on. Hyperband runs one bracket per starting rung, the cheapest first, then begins again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from harness.benchmark.ladder import ETA, checked_eta, rungs
from harness.benchmark.method import Observation, Problem, Proposal
from harness.benchmark.space import Categorical, Configuration
from optimizers.pareto import best_first

ORDINAL_ETA = 2
"""The default promotion factor if the rungs are the levels of an axis, as in the benchmark's own baselines."""


def promotion_factor(problem: Problem, eta: int | None) -> int:
    """``eta``; without it 3, or 2 if the varied axis has levels. ValueError if it is below 2."""
    if eta is not None:
        return checked_eta(eta)
    return ORDINAL_ETA if any(isinstance(problem.fidelities[axis], Categorical) for axis in problem.axes) else ETA


def bracket_sizes(n_rungs: int, eta: int) -> list[list[int]]:
    """For each bracket, the number of configurations at each of its rungs; bracket s starts s rungs below the top."""
    sizes = []
    for s in reversed(range(n_rungs)):
        n = math.ceil(n_rungs * eta**s / (s + 1))
        sizes.append([n // eta**i for i in range(s + 1)])
    return sizes


class Hyperband:
    """Synchronous Hyperband: a rung must be complete before its best configurations are promoted.

    With two objectives, configurations are ordered by non-dominated front and crowding distance (no scalarisation).
    ``eta``: the promotion factor, and the ratio of neighbouring rungs (``harness.benchmark.ladder``). By default the
    ratio is 3, and the factor is 3, or 2 if the varied axis has levels.
    """

    def __init__(self, problem: Problem, seed: int, eta: int | None = None) -> None:
        factor = promotion_factor(problem, eta)
        self._rng = np.random.default_rng(seed)
        self._space = problem.space
        self._rungs = rungs(problem, eta)
        self._sizes = bracket_sizes(len(self._rungs), factor)
        self._bracket = -1
        self._next_bracket()

    def ask(self) -> Proposal | None:
        """The next configuration of the current rung; None while the rung's last evaluations are pending."""
        if not self._queue:
            return None
        return Proposal(self._queue.pop(0), self._rungs[self._rung])

    def tell(self, observation: Observation) -> None:
        """Adds a result. When a rung is complete, its best configurations are promoted, or the next bracket starts."""
        self._results.append((observation.configuration, observation.losses))
        if len(self._results) < self._expected:
            return
        sizes = self._sizes[self._bracket]
        step = self._rung - (len(self._rungs) - len(sizes))
        if step + 1 == len(sizes):
            self._next_bracket()
            return
        order = best_first([losses for _, losses in self._results])
        keep = [self._results[i][0] for i in order[: sizes[step + 1]]]
        self._start_rung(self._rung + 1, keep)

    def _next_bracket(self) -> None:
        self._bracket = (self._bracket + 1) % len(self._sizes)
        sizes = self._sizes[self._bracket]
        self._start_rung(len(self._rungs) - len(sizes), [self._space.sample(self._rng) for _ in range(sizes[0])])

    def _start_rung(self, rung: int, configurations: Sequence[Configuration]) -> None:
        self._rung = rung
        self._queue = list(configurations)
        self._expected = len(self._queue)
        self._results: list[tuple[Configuration, tuple[float, ...]]] = []
