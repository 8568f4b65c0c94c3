"""Students: the small models that make up the set, taught by a task's teachers on random rows of the whole space.

A student of an accuracy has N, W, Resolution and epoch as features. A student of latency or runtime does not have N, W,
Resolution as features: they act only through the price table in the link, with weight one, so that the metric strictly
increases in them. In runtime, the link contains ``EPOCH_SHARE`` of the epoch's logarithm, and the trees can only add to
the effect of the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.sources.models.model import Model
from harness.sources.models.trees import Trees
from protocols.jahs.fit import links
from protocols.jahs.fit.boosting import Booster, Boosting, pack, train
from protocols.jahs.fit.encoder import EPOCH, TaskEncoder, encode
from protocols.jahs.fit.rows import ACCURACIES

EPOCH_SHARE = 0.85
COMMON = {
    "valid-acc": Boosting(trees=800, depth=6, rate=0.15, nodes=1.0, rows=1.0),
    **dict.fromkeys(("test-acc", "train-acc"), Boosting(trees=300, depth=6, rate=0.2, nodes=1.0, rows=1.0)),
    **dict.fromkeys(("latency", "runtime"), Boosting(trees=300, depth=6, rate=0.2, nodes=1.0, rows=1.0)),
}
ROUGH = {"valid-acc": Boosting(trees=800, depth=8, rate=0.2, nodes=1.0, rows=1.0)}
"""A larger model for the task whose official surrogates are rougher: more leaves follow them better."""


def settings_of(task: str, metric: str) -> Boosting:
    """The settings of a metric's model. It is small enough to answer in microseconds, and large enough to follow the
    teacher.
    """
    return ROUGH.get(metric, COMMON[metric]) if task == "fashion_mnist" else COMMON[metric]


@dataclass(frozen=True)
class Lesson:
    """Rows, and the scores that a student should learn for them. ``weights``: a random row has weight one."""

    frame: pd.DataFrame
    scores: NDArray[np.float64]
    weights: NDArray[np.float64]


def fit_student(task: TaskEncoder, metric: str, lessons: list[Lesson], settings: Boosting) -> Model:
    """The model of one metric (its card is still empty)."""
    columns = task.tree_columns(fidelity=metric in ACCURACIES)
    return model_of(task, metric, [boost(task, metric, lessons, settings, columns)])


def boost(task: TaskEncoder, metric: str, lessons: list[Lesson], settings: Boosting, columns: list[int]) -> Booster:
    """Trees over the ``columns``, fitted to the lessons' scores minus the part that the metric's link explains."""
    features = np.concatenate([encode(task.encoder, lesson.frame) for lesson in lessons])
    scores = np.concatenate([lesson.scores for lesson in lessons])
    weights = np.concatenate([lesson.weights for lesson in lessons])
    for feature, weight in link_weights(task, metric):
        scores = scores - weight * features[:, feature]
    if metric == "runtime":
        settings = replace(settings, increasing=(EPOCH,))
    return train(features, scores, settings, weights, columns)


def model_of(task: TaskEncoder, metric: str, boosters: list[Booster]) -> Model:
    """The model whose score is the sum of the boosters and of the features in the link."""
    trees, base = pack(boosters)
    return Model(task.encoder, trees, base, links.link(metric, link_weights(task, metric)))


def link_weights(task: TaskEncoder, metric: str) -> tuple[tuple[int, float], ...]:
    """The features that enter the link of a metric directly."""
    if metric == "latency":
        return ((task.latency, 1.0),)
    if metric == "runtime":
        return ((task.runtime, 1.0), (task.log_epoch, EPOCH_SHARE))
    return ()


def computed(task: TaskEncoder, metric: str) -> Model:
    """``FLOPS`` or ``size_MB``: read from the price table, without trees."""
    feature = {"FLOPS": task.multiply_adds, "size_MB": task.parameters}[metric]
    return Model(task.encoder, Trees.none(), 0.0, links.computed(feature))


def scores_of(model: Model, metric: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Predicted values back on the score scale, unclipped."""
    if model.link.squash:
        fraction = values / 100
        return np.asarray(np.log(fraction / (1 - fraction)))
    return links.score(metric, values)
