"""Normalised regret: 0 is a stated best score, 1 a stated reference such as the score of guessing.

It makes scores of different leaderboards comparable, as far as the two numbers are well chosen. Nothing is clipped: a
run that beats the stated best has a negative regret, and a run worse than the reference has a regret above 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from harness.errors import UsageError
from harness.scores.grid import grid_of
from harness.scores.metrics import Floats
from harness.statistics.steps import area_under_curve


def normalized_regret(values: ArrayLike, *, best: float, reference: float, maximize: bool) -> Floats:
    """(value - best) / (reference - best), in the shape of ``values``; lower is better, whatever ``maximize`` is.

    UsageError if ``best`` is not better than ``reference`` in the declared direction.
    """
    span = _span(best, reference, maximize)
    return (np.asarray(values, dtype=np.float64) - best) / span


def regret_area(values: ArrayLike, grid: ArrayLike, *, best: float, reference: float, maximize: bool) -> Floats:
    """The area under normalised regret over time, divided by the grid's length: the mean regret over the budget.

    ``values``: shape (..., grid), step functions, integrated exactly; the answer has the leading shape. 0 is a run that
    has the stated best from the start. UsageError as ``normalized_regret``, and for a grid of fewer than two times.
    """
    times = grid_of(grid)
    if len(times) < 2:
        raise UsageError("an area under a curve needs a grid of at least two times")
    regret = normalized_regret(values, best=best, reference=reference, maximize=maximize)
    return area_under_curve(regret, times) / float(times[-1] - times[0])


def scores_at(regrets: ArrayLike, *, best: float, reference: float, maximize: bool) -> Floats:
    """The scores with these normalised regrets. Regrets such as 0.1, 0.03 and 0.01 give targets for ``runtimes``."""
    return best + np.asarray(regrets, dtype=np.float64) * _span(best, reference, maximize)


def _span(best: float, reference: float, maximize: bool) -> float:
    if not (best > reference if maximize else best < reference):
        order = "above" if maximize else "below"
        raise UsageError(f"the best score must be {order} the reference, but they are {best:g} and {reference:g}")
    return reference - best
