"""Expected improvement (Jones et al., 1998), averaged over fantasies, and the points where it is greatest.

Averaging over fantasies of the pending evaluations is Snoek et al. (NeurIPS 2012, Section 3.2).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.special import ndtr

from optimizers.gaussian_process.encoding import Encoder
from optimizers.gaussian_process.hyperparameters import Array

STARTS = 4
"""The best random candidates that are refined."""
ROUNDS = 8
FIRST_STEP, SHRINK = 0.2, 0.7
"""Standard deviation of steps along numeric parameters, as a part of the range, and its change from round to round."""


def expected_improvement(mean: Array, variance: Array, best: Array) -> Array:
    """E[max(best - f, 0)], f normal, averaged over the M columns of ``mean``, shape (k, M), and ``best``, shape (M,);
    ``variance`` of shape (k,) is common to them. Shape (k,).
    """
    deviation = np.sqrt(variance)[:, None]
    u = (best[None, :] - mean) / deviation
    density = np.exp(-0.5 * u * u) / math.sqrt(2.0 * math.pi)
    return np.asarray(np.maximum(deviation * (u * ndtr(u) + density), 0.0).mean(axis=1))


def best_points(
    encoder: Encoder, score: Callable[[Array], Array], known: Array, candidates: int, rng: np.random.Generator
) -> Array:
    """Points of high ``score``, best first: random candidates, of which the best few are refined together with the
    ``known`` points by moving to the best of their neighbours, round by round.
    """
    random = encoder.sample(rng, candidates)
    scores = score(random)
    order = np.argsort(-scores, kind="stable")
    at = np.vstack([random[order[:STARTS]], known])
    for turn in range(ROUNDS):
        groups = [encoder.neighbours(point, FIRST_STEP * SHRINK**turn, rng) for point in at]
        values = score(np.vstack(groups))
        ends = np.cumsum([len(group) for group in groups])
        # A point is the first of its own neighbours, so that it stays where none is better.
        chosen = [int(np.argmax(part)) for part in np.split(values, ends[:-1])]
        at = np.vstack([group[best] for group, best in zip(groups, chosen, strict=True)])
    refined = score(at)
    points, values = np.vstack([at, random]), np.concatenate([refined, scores])
    return np.asarray(points[np.argsort(-values, kind="stable")])
