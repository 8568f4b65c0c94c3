"""Performance profiles: the fraction of runs that are at least as good as a threshold τ, over τ.

There are two kinds: of scores (Agarwal et al. 2021, section 4.2, "score distributions"), and of ratios to the best
method on each problem (Dolan and Moré 2002, "Benchmarking optimization software with performance profiles"). The caller
always states the range of τ, because the impression that a profile gives depends on it. ``bootstrap`` of
``performance_profile`` gives intervals.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from harness.errors import UsageError
from harness.scores.metrics import Floats


def performance_profile(tasks: Sequence[ArrayLike], taus: ArrayLike, *, maximize: bool) -> Floats:
    """The fraction of one method's runs with a score at least as good as each τ, averaged over tasks: shape (taus,).

    ``tasks``: per task the scores of the runs, shape (seeds,), comparable over tasks (such as normalised regrets). "At
    least as good" is ≤ τ if scores are minimised and ≥ τ if they are maximised. UsageError for a task without runs, NaN
    or no task.
    """
    levels = np.asarray(taus, dtype=np.float64)
    runs = [np.asarray(scores, dtype=np.float64) for scores in tasks]
    if not runs or any(one.ndim != 1 or not len(one) or np.isnan(one).any() for one in runs):
        raise UsageError("a profile needs, per task, scores of shape (seeds,), at least one and none of them NaN")
    reached = [(one[:, None] >= levels if maximize else one[:, None] <= levels).mean(axis=0) for one in runs]
    return np.asarray(np.mean(reached, axis=0), dtype=np.float64)


def ratio_profile(costs: ArrayLike, ratios: ArrayLike) -> Floats:
    """ρ(τ) of Dolan and Moré: the fraction of problems on which a method's cost is at most τ times the least cost.

    ``costs``: shape (methods, problems), above 0, lower is better, infinite where a method failed: for example the
    times to reach a target. ``ratios``: τ, at least 1. The answer has shape (methods, ratios). A problem that no method
    solved counts as solved by none. The profiles depend on which methods take part. UsageError for costs or ratios out
    of range.
    """
    values, levels = np.asarray(costs, dtype=np.float64), np.asarray(ratios, dtype=np.float64)
    if values.ndim != 2 or not values.size or not (values > 0).all():
        raise UsageError("a profile of ratios needs costs above 0 of shape (methods, problems)")
    if not (levels >= 1).all():
        raise UsageError("a profile of ratios needs τ of at least 1, the ratio of the best method to itself")
    least = values.min(axis=0)
    solved = np.isfinite(least)
    ratio = np.where(solved, values / np.where(solved, least, 1.0), np.inf)
    return np.asarray((ratio[:, :, None] <= levels).mean(axis=1), dtype=np.float64)
