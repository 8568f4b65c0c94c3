"""What the model is told: which observations, and their losses on a scale that suits a Gaussian process."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from optimizers.gaussian_process.hyperparameters import Array

TARGETS = ("log", "plain")
OFFSET = 0.1
"""What is added to a loss's distance from the best before its logarithm is taken, in distances of the median loss."""


def scaled(losses: Array, targets: str) -> Array:
    """Losses with mean 0 and standard deviation 1. What is not finite becomes the worst that is.

    With ``targets`` "log" these are logarithms of the distance from the best, as in SMAC3: losses of a network reach
    far up, and on a plain scale the few that are worst leave the model nothing to tell the best ones apart by.
    """
    finite = np.isfinite(losses)
    if not finite.any():
        return np.zeros(len(losses))
    filled = np.where(finite, losses, losses[finite].max())
    small = filled / max(np.abs(filled).max(), 1e-300)  # so that neither squares nor differences overflow
    if targets == "log":
        small = small - small.min()
        # Where half of them or more are the best, the median says nothing.
        offset = OFFSET * (np.median(small) or small.max())
        small = np.log(small + offset) if offset > 1e-12 else np.zeros(len(losses))
    deviation, centred = small.std(), small - small.mean()
    return np.asarray(centred / deviation if deviation > 1e-12 else np.zeros(len(losses)))


def kept(rungs: Sequence[int], losses: Sequence[float], most: int) -> list[int]:
    """Indices of at most ``most`` observations, in their order: those of the highest rungs, for they are few and say
    most about r_max; of the rung that does not fit whole, every so many in the order of their losses.
    """
    if len(rungs) <= most:
        return list(range(len(rungs)))
    chosen: list[int] = []
    for rung in sorted(set(rungs), reverse=True):
        members = [i for i, level in enumerate(rungs) if level == rung]
        room = most - len(chosen)
        if len(members) > room:
            by_loss = [members[i] for i in np.argsort([losses[m] for m in members], kind="stable")]
            members = [by_loss[round(at)] for at in np.linspace(0, len(by_loss) - 1, room)]
        chosen += members
    return sorted(chosen)
