"""Means, standard errors and bootstrap intervals over seeds.

A *stratum* is an array that is resampled on its own, so that every resample has as many seeds of every task as the
data: for several tasks, there is one array per task (Agarwal et al. 2021, "Deep Reinforcement Learning at the Edge of
the Statistical Precipice", section 4.1). Within a stratum whole seeds are drawn with replacement, each with all its
numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from harness.errors import TooFewSeeds, UsageError
from harness.scores.metrics import Floats

LEVEL = 0.95
"""Confidence of an interval."""
RESAMPLES = 2000


@dataclass(frozen=True)
class Interval:
    """A statistic of the data and the bounds of its interval, of the statistic's shape (0-dimensional for a number).

    ``level``: the confidence of the interval.
    """

    estimate: Floats
    low: Floats
    high: Floats
    level: float = LEVEL


def bootstrap(
    statistic: Callable[[Sequence[Floats]], ArrayLike],
    strata: Sequence[ArrayLike],
    rng: np.random.Generator,
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
) -> Interval:
    """The stratified percentile bootstrap interval (Efron 1979) of ``statistic(strata)``.

    ``strata``: arrays of shape (seeds, ...), whose numbers of seeds may differ. ``statistic`` maps a list of such
    arrays to a number or an array of a fixed shape. Data that belong together, such as two methods paired by seed, go
    into one stratum: shape (seeds, 2, ...). The bounds are order statistics of the resamples, so they may be infinite
    where the statistic is. Percentile intervals of few seeds are somewhat too narrow: with 10 seeds, expect 90 %
    coverage for an interval of 95 %. Raises the errors of ``resample`` and ``percentile_interval``.
    """
    estimate = statistic([np.asarray(stratum, dtype=np.float64) for stratum in strata])
    return percentile_interval(estimate, resample(statistic, strata, rng, resamples=resamples), level)


def resample(
    statistic: Callable[[Sequence[Floats]], ArrayLike],
    strata: Sequence[ArrayLike],
    rng: np.random.Generator,
    *,
    resamples: int = RESAMPLES,
) -> Floats:
    """``statistic`` of every resample: shape (resamples, ...).

    Raises TooFewSeeds for a stratum of fewer than 2 seeds, UsageError for fewer than 2 resamples or no stratum.
    """
    if resamples < 2 or not strata:
        raise UsageError("a bootstrap needs at least 2 resamples, and scores of at least one task")
    data = [np.asarray(stratum, dtype=np.float64) for stratum in strata]
    fewest = min(map(len, data))
    if fewest < 2:
        raise TooFewSeeds("a bootstrap interval", have=fewest, need=2)

    def draw() -> Floats:
        chosen = [stratum[rng.integers(len(stratum), size=len(stratum))] for stratum in data]
        return np.asarray(statistic(chosen), dtype=np.float64)

    first = draw()
    drawn = np.empty((resamples, *first.shape))
    drawn[0] = first
    for k in range(1, resamples):
        drawn[k] = draw()
    return drawn


def percentile_interval(estimate: ArrayLike, drawn: Floats, level: float = LEVEL) -> Interval:
    """The interval between the (1 - level) / 2 quantiles of ``drawn``, shape (resamples, ...), rounded outwards.

    ``drawn`` is reordered in place, to save memory. Raises UsageError for a level outside (0, 1) and for NaN, which no
    interval can enclose.
    """
    if not 0.0 < level < 1.0:
        raise UsageError(f"the level of an interval must be between 0 and 1, not {level}")
    if np.isnan(drawn).any():
        raise UsageError("a statistic is undefined (NaN) on resampled seeds; give it finite scores")
    cut = int((1.0 - level) / 2.0 * len(drawn) + 1e-9)  # 2 of 40 at 0.9, where floating point makes it 1.99...
    last = len(drawn) - 1 - cut
    drawn.partition((cut, last), axis=0)
    return Interval(np.asarray(estimate, dtype=np.float64), drawn[cut].copy(), drawn[last].copy(), level)


def mean_interval(
    values: ArrayLike, rng: np.random.Generator, *, level: float = LEVEL, resamples: int = RESAMPLES
) -> Interval:
    """The mean over seeds of ``values``, shape (seeds, ...), with its bootstrap interval; see ``bootstrap``."""
    return bootstrap(lambda strata: strata[0].mean(axis=0), [values], rng, level=level, resamples=resamples)
