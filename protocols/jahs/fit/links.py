"""Scores: the scale on which a metric is fitted, and the link back to its own unit.

score   for accuracies the logit of accuracy / 100 (paper, Appendix C, "Adding bounds"; the bounds are 0 and 100 %);
        for latency and runtime the natural logarithm.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.sources.models.model import Link
from protocols.jahs.fit.rows import ACCURACIES

MARGIN = {"valid-acc": 5e-3, "test-acc": 5e-3, "train-acc": 5e-5}
"""Accuracies (as fractions) closer to 0 or 1 than this are moved to this distance, because the logit is infinite
there.
"""
HEADROOM = 0.5
"""Percent by which an accuracy away from full fidelity may pass the best one logged."""


def score(metric: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metric values (percent, or seconds) on the score scale."""
    if metric not in ACCURACIES:
        return np.asarray(np.log(np.maximum(values, 1e-6)))
    fraction = np.clip(values / 100, 5e-3, 1 - MARGIN[metric])
    return np.asarray(np.log(fraction / (1 - fraction)))


def value(metric: str, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of ``score``."""
    return np.asarray(100 / (1 + np.exp(-scores)) if metric in ACCURACIES else np.exp(scores))


def link(metric: str, weights: tuple[tuple[int, float], ...] = ()) -> Link:
    """The evaluator's link for scores; ``weights`` adds features to the score of a latency or runtime."""
    if metric in ACCURACIES:
        return Link(0.0, 100.0, squash=True)
    return Link(0.0, 1.0, exp=True, weights=weights)


def bound(accuracies: NDArray[np.float64]) -> float:
    """The upper limit of a task's accuracy, in percent: a little above the best logged accuracy. It is not reached."""
    return float(min(np.max(accuracies) + HEADROOM, 100.0))


def bounded(scores: NDArray[np.float64], limit: float) -> NDArray[np.float64]:
    """Accuracy scores on the scale that ends at ``limit`` percent instead of 100: the logit of accuracy / limit."""
    fraction = np.clip(100 / (1 + np.exp(-scores)) / limit, 5e-3, 1 - 2e-3)
    return np.asarray(np.log(fraction / (1 - fraction)))


def moved(metric: str, scores: NDArray[np.float64], moves: NDArray[np.float64], limit: float) -> NDArray[np.float64]:
    """Accuracy scores after ``moves`` on the bounded scale, which lift nothing above ``limit`` percent."""
    lifted = limit / (1 + np.exp(-(bounded(scores, limit) + moves)))
    return np.where(moves == 0, scores, score(metric, lifted))


def computed(feature: int) -> Link:
    """The link of a metric that is one feature, with no trees."""
    return Link(0.0, 0.0, weights=((feature, 1.0),))
