"""Probability of improvement: how likely a run of one method beats a run of another.

Agarwal et al. 2021, "Deep Reinforcement Learning at the Edge of the Statistical Precipice", section 4.3: per task the
fraction of all pairs of runs that X wins, half a win for a tie (the Mann-Whitney statistic), averaged over tasks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from harness.errors import UsageError
from harness.scores.metrics import Floats
from harness.statistics.intervals import LEVEL, RESAMPLES, Interval, bootstrap


def probability_of_improvement(x: Sequence[ArrayLike], y: Sequence[ArrayLike], *, maximize: bool) -> float:
    """P(X is better than Y) + P(tie) / 2, in [0, 1]; 0.5 where neither is better.

    ``x``, ``y``: per task the final scores of the runs, shape (seeds,); seeds are not paired and may differ in number.
    The probability says how often X is better, not by how much. UsageError for different numbers of tasks, for no task,
    or for a task without finite scores.
    """
    return _average(_checked(x, y), maximize)


def improvement_interval(
    x: Sequence[ArrayLike],
    y: Sequence[ArrayLike],
    rng: np.random.Generator,
    *,
    maximize: bool,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
) -> Interval:
    """``probability_of_improvement`` with its bootstrap interval; the seeds of each task and method are a stratum.

    Raises TooFewSeeds for fewer than 2 seeds of a method on a task.
    """
    return bootstrap(lambda strata: _average(strata, maximize), _checked(x, y), rng, level=level, resamples=resamples)


def _average(strata: Sequence[Floats], maximize: bool) -> float:
    """The mean over tasks. In ``strata``, x and y of a task follow each other."""
    return float(np.mean([_wins(x, y, maximize) for x, y in zip(strata[::2], strata[1::2], strict=True)]))


def _wins(x: Floats, y: Floats, maximize: bool) -> float:
    difference = x[:, None] - y[None, :]
    better = difference > 0 if maximize else difference < 0
    return float((better + 0.5 * (difference == 0)).mean())


def _checked(x: Sequence[ArrayLike], y: Sequence[ArrayLike]) -> list[Floats]:
    if len(x) != len(y) or not len(x):
        raise UsageError(f"the methods need scores on the same tasks, at least one; there are {len(x)} and {len(y)}")
    strata = [np.asarray(one, dtype=np.float64) for task in zip(x, y, strict=True) for one in task]
    if any(one.ndim != 1 or not len(one) or not np.isfinite(one).all() for one in strata):
        raise UsageError("a method needs, per task, finite scores of shape (seeds,), at least one")
    return strata
