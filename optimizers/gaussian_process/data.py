"""The model's data: which observations it is given, and their losses on a scale that suits a Gaussian process."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from optimizers.gaussian_process.hyperparameters import Array

TARGETS = ("log", "plain")


def scaled(losses: Array, targets: str) -> Array:
    """Losses with mean 0 and standard deviation 1. A loss that is not finite is replaced by the worst finite loss.

    With ``targets`` "log", each loss first becomes log(1 + d / m): d is its distance from the best loss, and m the
    median of these distances. A network's loss can be very large. On a plain scale a few very bad losses would
    dominate, and the model could hardly distinguish the good ones. SMAC3 models logarithms too.
    """
    finite = np.isfinite(losses)
    if not finite.any():
        return np.zeros(len(losses))
    filled = np.where(finite, losses, losses[finite].max())
    small = filled / max(np.abs(filled).max(), 1e-300)  # so that neither squares nor differences overflow
    if targets == "log":
        distance = small - small.min()
        middle = np.median(distance) or distance.max()  # where half of them or more are the best
        small = np.log1p(distance / middle) if middle > 1e-12 else np.zeros(len(losses))
    deviation, centred = small.std(), small - small.mean()
    return np.asarray(centred / deviation if deviation > 1e-12 else np.zeros(len(losses)))


def kept(rungs: Sequence[int], losses: Sequence[float], most: int) -> list[int]:
    """Indices of at most ``most`` observations, in their order. Observations at the highest rungs come first, because
    they are few and say most about r_max. If a rung does not fit whole, the kept ones are evenly spaced in the order of
    losses.
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
