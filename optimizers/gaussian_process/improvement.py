"""Expected improvement of the hypervolume of two losses (Emmerich et al., 2006; Yang et al., 2019), in closed form.

A candidate has two independent, normally distributed losses f and g. The front a_1 < ... < a_n, b_1 > ... > b_n cuts
the plane below the reference point into strips between neighbouring a. In a strip, a candidate adds a rectangle: as
wide as the part of the strip right of f, as high as from g to the strip's ceiling. So the expectation is a sum over
strips of a product of two one-dimensional expectations.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr

from optimizers.gaussian_process.hyperparameters import Array


def expected_shortfall(mean: Array, deviation: Array, bounds: Array) -> Array:
    """E[max(b - f, 0)] for normal f, shape (k, bounds); ``mean`` and ``deviation`` have the shape (k,)."""
    u = (bounds[None, :] - mean[:, None]) / deviation[:, None]
    density = np.exp(-0.5 * u * u) / math.sqrt(2.0 * math.pi)
    return np.asarray(np.maximum(deviation[:, None] * (u * ndtr(u) + density), 0.0))


def front_of(losses: Array) -> Array:
    """The rows of ``losses``, shape (n, 2), that no row dominates, by rising first loss; equal rows once."""
    order = losses[np.lexsort((losses[:, 1], losses[:, 0]))]
    lowest = np.minimum.accumulate(order[:, 1])
    first = np.concatenate([[True], order[1:, 1] < lowest[:-1]])
    return np.asarray(order[first])


def expected_hypervolume_improvement(mean: Array, variance: Array, front: Array, reference: Array) -> Array:
    """The expected area that a candidate adds to the area between ``front`` and ``reference``, shape (k,). ``mean``,
    ``variance``: shape (k, 2); ``front``: as from ``front_of``, parts beyond the reference point do not count.
    """
    within = front[(front < reference).all(axis=1)]
    deviation = np.sqrt(variance)
    edges = np.append(within[:, 0], reference[0])
    ceilings = np.append(reference[1], within[:, 1])
    reach = expected_shortfall(mean[:, 0], deviation[:, 0], edges)
    widths = np.diff(reach, axis=1, prepend=0.0)
    heights = expected_shortfall(mean[:, 1], deviation[:, 1], ceilings)
    return np.asarray(np.maximum((widths * heights).sum(axis=1), 0.0))
