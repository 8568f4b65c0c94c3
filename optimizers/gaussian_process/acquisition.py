"""Expected improvement (Jones et al., 1998), averaged over fantasies, and the points where it is greatest.

The average over fantasies of the pending evaluations follows Snoek et al. (NeurIPS 2012, Section 3.2).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.special import ndtr

from optimizers.gaussian_process.encoding import Encoder
from optimizers.gaussian_process.hyperparameters import Array

STARTS = 4
"""The number of best random candidates that are refined."""
ROUNDS = 8
FIRST_STEP, SHRINK = 0.2, 0.7
"""Standard deviation of the first round's steps along numeric parameters, as a part of the range, and the factor by
which it shrinks from round to round.
"""


def expected_improvement(mean: Array, variance: Array, best: Array) -> Array:
    """E[max(best - f, 0)] for normal f, averaged over M fantasies, shape (k,). ``mean`` has the shape (k, M) and
    ``best`` the shape (M,); ``variance``, shape (k,), is the same for all fantasies.
    """
    deviation = np.sqrt(variance)[:, None]
    u = (best[None, :] - mean) / deviation
    density = np.exp(-0.5 * u * u) / math.sqrt(2.0 * math.pi)
    return np.asarray(np.maximum(deviation * (u * ndtr(u) + density), 0.0).mean(axis=1))


def best_points(
    encoder: Encoder, score: Callable[[Array], Array], known: Array, candidates: int, rng: np.random.Generator,
    starts: int = STARTS,
) -> Array:  # fmt: skip
    """Points of high ``score``, best first. The best ``starts`` random candidates and the ``known`` points are refined:
    in every round, each moves to the best of its neighbours.
    """
    random = encoder.sample(rng, candidates)
    scores = score(random)
    order = np.argsort(-scores, kind="stable")
    at = np.vstack([random[order[:starts]], known])
    for turn in range(ROUNDS):
        groups = encoder.neighbours(at, FIRST_STEP * SHRINK**turn, rng)
        values = score(np.concatenate(groups)).reshape(groups.shape[:2])
        # A point is the first of its own neighbours, so it stays if no neighbour is better.
        at = groups[np.arange(len(at)), np.argmax(values, axis=1)]
    refined = score(at)
    points, values = np.vstack([at, random]), np.concatenate([refined, scores])
    return np.asarray(points[np.argsort(-values, kind="stable")])
