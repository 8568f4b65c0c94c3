"""Attainment surfaces of two objectives: the trade-offs that a given fraction of runs has reached.

A run attains a point if one of its evaluations is at least as good in both objectives. The surface of 50 % bounds the
points that at least half of the runs attain: the median outcome (Grunert da Fonseca, Fonseca and Hall 2001,
"Inferential Performance Assessment of Stochastic Optimisers and the Attainment Function"). Computed by moocore
(Fonseca, Guerreiro, López-Ibáñez and Paquete 2011).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from harness.base.extras import require
from harness.errors import UsageError
from harness.scores.metrics import Floats

QUARTILES = (0.25, 0.5, 0.75)


def attainment_surfaces(
    runs: Sequence[ArrayLike], *, maximize: tuple[bool, bool], fractions: Sequence[float] = QUARTILES
) -> list[Floats]:
    """Per fraction, the corners of the surface that at least this fraction of ``runs`` attains: shape (corners, 2).

    ``runs``: per seed the objective values of its evaluations (or only of its front), shape (evaluations, 2), in the
    objectives' own units and directions. Corners are attained points, from the best first objective to the worst. The
    surface is the staircase between them, so draw steps and never slopes. A run without evaluations attains nothing; a
    surface that too few runs reach has no corners. UsageError for no run, for values that are not finite or not pairs,
    for a fraction outside (0, 1], or if moocore is not installed.
    """
    signs = np.where(maximize, -1.0, 1.0)
    given = [np.asarray(run, dtype=np.float64) for run in runs if np.size(run)]
    if not runs or any(one.ndim != 2 or one.shape[1] != 2 or not np.isfinite(one).all() for one in given):
        raise UsageError("attainment surfaces need at least one run, with finite pairs of objective values")
    points = [one * signs for one in given]
    if not all(0.0 < fraction <= 1.0 for fraction in fractions):
        raise UsageError("a fraction of runs must be above 0 and at most 1")
    counts = [_needed(fraction, len(runs)) for fraction in fractions]
    surfaces = _surfaces(points, {count for count in counts if count <= len(points)})
    return [surfaces.get(count, np.empty((0, 2))) * signs for count in counts]


def _needed(fraction: float, runs: int) -> int:
    """The least number of runs that is at least ``fraction`` of ``runs``, rounding errors of the fraction aside."""
    return max(1, math.ceil(fraction * runs - 1e-9))


def _surfaces(points: Sequence[Floats], counts: Iterable[int]) -> dict[int, Floats]:
    """Count -> the corners of the surface that at least so many runs attain; both objectives are minimised."""
    percentiles = {count: 100.0 * count / len(points) for count in counts}
    if not percentiles:
        return {}
    moocore = require("moocore", "an attainment surface")
    sets = np.repeat(np.arange(len(points)), [len(one) for one in points])
    every = np.asarray(moocore.eaf(np.concatenate(points), sets, percentiles=sorted(percentiles.values())), np.float64)
    found = {}
    for count, percentile in percentiles.items():
        corners = every[np.isclose(every[:, 2], percentile), :2]
        found[count] = corners[np.lexsort((corners[:, 1], corners[:, 0]))]
    return found
