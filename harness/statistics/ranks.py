"""Average ranks over time, median ranks over problems: 1 is best, ties share the mean of their ranks.

Average ranks compare runs seed by seed: within a task, methods are ranked for every seed (and time); ranks are averaged
over seeds, then over tasks with equal weight. Ranks depend on which methods take part: adding one may change all of
them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from harness.errors import UsageError
from harness.scores.metrics import Floats
from harness.statistics.intervals import LEVEL, RESAMPLES, Interval, bootstrap


def midranks(values: ArrayLike, *, maximize: bool, axis: int = 0) -> Floats:
    """Ranks along ``axis``, 1 for the best; equal values share the mean of their ranks. The shape is kept.

    UsageError for NaN, which has no rank.
    """
    scores = np.moveaxis(np.asarray(values, dtype=np.float64), axis, 0)
    if np.isnan(scores).any():
        raise UsageError("NaN has no rank; leave out runs without a score")
    losses = -scores if maximize else scores
    ranks = np.array([(losses < own).sum(axis=0) + 0.5 * ((losses == own).sum(axis=0) + 1) for own in losses])
    return np.moveaxis(ranks.reshape(scores.shape), 0, axis)


def median_ranks(values: ArrayLike, *, maximize: bool) -> Floats:
    """The median over problems of each method's rank among those that were evaluated there: shape (methods,).

    ``values``: one score per method and problem, shape (methods, problems), NaN where a method was not evaluated; there
    the other methods are ranked without it. A method that was evaluated nowhere has NaN. UsageError for another shape.
    """
    scores = np.asarray(values, dtype=np.float64)
    if scores.ndim != 2 or not scores.size:
        raise UsageError("median ranks need scores of shape (methods, problems), at least one of each")
    ranks = np.full(scores.shape, np.nan)
    for own, into in zip(scores.T, ranks.T, strict=True):
        there = ~np.isnan(own)
        into[there] = midranks(own[there], maximize=maximize)
    return np.array([np.median(own[~np.isnan(own)]) if not np.isnan(own).all() else np.nan for own in ranks])


def average_ranks(tasks: Sequence[ArrayLike], *, maximize: bool | Sequence[bool]) -> Floats:
    """Average ranks of the methods: shape (methods, ...).

    ``tasks``: per task an array of shape (methods, seeds, ...), for example (methods, seeds, grid). All tasks have the
    same methods and the same shape after the seeds. Seeds and their number may differ between tasks, but not between
    the methods of a task. ``maximize``: one direction, or one per task. UsageError where shapes do not fit.
    """
    return _averaged(_ranked(tasks, maximize))


def rank_interval(
    tasks: Sequence[ArrayLike],
    rng: np.random.Generator,
    *,
    maximize: bool | Sequence[bool],
    level: float = LEVEL,
    resamples: int = RESAMPLES,
) -> Interval:
    """``average_ranks`` with its bootstrap interval; a task is a stratum, and a seed is drawn for all methods at once.

    Takes memory for ``resamples`` answers, so give scores over time on a coarse grid, such as a hundred times.
    """
    return bootstrap(_averaged, _ranked(tasks, maximize), rng, level=level, resamples=resamples)


def _ranked(tasks: Sequence[ArrayLike], maximize: bool | Sequence[bool]) -> list[Floats]:
    """Ranks with seeds first: (seeds, methods, ...) per task."""
    arrays = [np.asarray(values, dtype=np.float64) for values in tasks]
    shapes = {(values.shape[:1], values.shape[2:]) for values in arrays}
    if len(shapes) != 1 or any(values.ndim < 2 or not values.size for values in arrays):
        raise UsageError("ranks need, per task, scores of shape (methods, seeds, ...) of the same methods and times")
    directions = [maximize] * len(arrays) if isinstance(maximize, bool) else maximize
    if len(directions) != len(arrays):
        raise UsageError(f"there are {len(arrays)} tasks but {len(directions)} directions; give one, or one per task")
    return [
        np.moveaxis(midranks(values, maximize=upwards), 1, 0)
        for values, upwards in zip(arrays, directions, strict=True)
    ]


def _averaged(ranked: Sequence[Floats]) -> Floats:
    return np.mean([ranks.mean(axis=0) for ranks in ranked], axis=0)
