"""The rungs of multi-fidelity methods: fidelities geometric in the method's own eta, from the full one downwards.

An axis with a range has the rungs full / eta^k, rounded down to a fidelity that exists, down to the least fidelity of
the axis: with eta = 3 over 200 epochs 2, 7, 22, 66, 200. An axis of at most ``FEW`` levels, or of levels that are no
positive numbers, has its levels as rungs. An axis of more levels has the levels to which full / eta^k is rounded down.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

from harness.benchmark.method import Problem
from harness.benchmark.parameters import Categorical, Integer, Parameter

ETA = 3
"""The ratio of neighbouring rungs unless a method's eta is set."""
FEW = 3
"""An axis of so many levels or fewer uses them all."""
SHARE = 1000
"""A real axis that begins at 0 has no least rung; its rungs end at this part of the full fidelity."""
ROUNDING = 1e-9
"""Real fidelities that differ by so little, relatively, are the same: 0.9 / 9 is 0.1."""

Fidelity = dict[str, Any]


def ladder(axis: Parameter, full: Any, eta: int = ETA) -> list[Any]:
    """The rungs of one axis, from the least to ``full``. ValueError if ``eta`` is below 2."""
    checked_eta(eta)
    if isinstance(axis, Categorical):
        return _levels(list(axis.choices[: axis.choices.index(full) + 1]), eta)
    if full <= 0:
        return [full]
    if isinstance(axis, Integer):
        return _descended(full, max(axis.low, 1), eta)[::-1]
    least = axis.low if axis.low > 0 else full / SHARE
    steps = [full / eta**k for k in range(len(_descended(full, least, eta)))]
    return [max(step, axis.low) for step in reversed(steps)]


def rungs(problem: Problem, eta: int | None = None) -> list[Fidelity]:
    """The fidelities from the cheapest to the full one. ``eta``: None is ``ETA``.

    With several axes, the k-th rung from the top takes the k-th rung from the top of each axis, and there are as many
    as the shortest ladder has.
    """
    ladders = {axis: ladder(problem.fidelities[axis], problem.full[axis], eta or ETA) for axis in problem.axes}
    depth = min(map(len, ladders.values()))
    return [{axis: steps[k - depth] for axis, steps in ladders.items()} for k in range(depth)]


def checked_eta(eta: int) -> int:
    """The promotion factor. ValueError if it is below 2."""
    if eta < 2:
        raise ValueError(f"eta = {eta} must be at least 2")
    return eta


def _levels(levels: list[Any], eta: int) -> list[Any]:
    numbers = all(isinstance(level, int | float) and not isinstance(level, bool) and level > 0 for level in levels)
    if len(levels) <= FEW or not numbers or levels != sorted(levels):
        return levels
    steps = _descended(float(levels[-1]), levels[0], eta)
    places = {bisect_right(levels, step * (1.0 + ROUNDING)) - 1 for step in steps}
    return [levels[place] for place in sorted(places)]


def _descended(full: Any, least: Any, eta: int) -> list[Any]:
    """The fidelities full / eta^k from full downwards, as long as they are at least ``least``. They are whole numbers,
    rounded down, where ``full`` is one.
    """
    least = least * (1.0 - ROUNDING) if isinstance(full, float) else least
    steps = [full]
    while True:
        power = eta ** len(steps)
        step = full / power if isinstance(full, float) else full // power
        if step < least:
            return steps
        steps.append(step)
