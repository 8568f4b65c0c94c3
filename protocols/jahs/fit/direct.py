"""Models fitted directly on a task's logged rows, for Fashion-MNIST, which is too rough for teachers and students.

The official surrogates of Fashion-MNIST have steps. A teacher's answers on random rows do not show them to a student. A
direct model is fitted on the logged rows, which show the steps, and on the official surrogates' own inputs, without the
embedding. It finds more of the steps with trees of the same depth.

If many scores are close together, a small error swaps many pairs of configurations, and searches depend on the order of
configurations. So rows of valid-acc and runtime have larger weights the denser their scores are (``by_pairs``).

"Random" has two meanings here. The random rows of this task's log have learning rate and weight decay uniform on a
linear scale. The benchmark's space has both on a logarithmic scale, and the log hardly visits half of it. The weights
of the rows are a compromise between the two (``FLATTENED``), and the error is measured for both (``measure``).

A direct model knows only full N, W, Resolution and logged weight decay. For latency and runtime this is enough, because
the fidelities act through the price in the link. An accuracy has a second, smaller booster for its shift at other
fidelities and weight decays (``tasks``). The shift is zero on rows like the logged ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from harness.sources.models.model import Model
from protocols.jahs.fit.boosting import Booster, Boosting, scaled
from protocols.jahs.fit.encoder import FIRST_OP, TaskEncoder, encode
from protocols.jahs.fit.links import moved
from protocols.jahs.fit.rows import ACCURACIES
from protocols.jahs.fit.students import Lesson, boost, model_of
from protocols.jahs.space import OPERATIONS

LOGGED = {
    "valid-acc": Boosting(trees=300, depth=10, rate=0.115, nodes=0.5, rows=1.0, leaf=2.0, ridge=5.0),
    "latency": Boosting(trees=400, depth=8, rate=0.2, nodes=0.7, rows=1.0, leaf=12.0, ridge=5.0),
    "runtime": Boosting(trees=280, depth=10, rate=0.09, nodes=0.5, rows=1.0, leaf=6.0, ridge=5.0),
}
"""The metrics modelled directly, and the settings of their boosters on the logged rows."""
OPERATION_CODES = range(FIRST_OP, FIRST_OP + len(OPERATIONS))
"""Columns with the numbers of the operations. With them, one split can separate several operations from the others."""
FLATTENED = 0.7
"""Power of the logged rows' weights. A smaller power is closer to the log's own density, where large learning rates are
frequent.
"""
PAIRED = ("valid-acc", "runtime")
"""The metrics whose rows are weighted ``by_pairs``. The weighting does not improve the order of latencies."""
ELSEWHERE = Boosting(trees=100, depth=7, rate=0.2, nodes=1.0, rows=1.0)
"""Settings of the booster of an accuracy's shift, which is smooth."""


def fit_direct(
    task: TaskEncoder,
    lesson: Callable[[str], Lesson],
    frame: pd.DataFrame,
    moves: NDArray[np.float64],
    limit: Callable[[str], float],
    trees: float,
) -> dict[str, Model]:
    """The models of the metrics in ``LOGGED``; ``lesson`` gives the logged rows with a metric's scores.

    ``frame``: random rows of the whole space, with the ``moves`` of an accuracy's score there, on the scale that ends
    at ``limit`` percent. ``trees`` scales the number of trees.
    """
    columns = [*task.tree_columns(fidelity=False, embedding=False), *OPERATION_CODES]
    models = {}
    for metric, settings in LOGGED.items():
        known = flattened(lesson(metric))
        known = by_pairs(known) if metric in PAIRED else known
        boosters = [boost(task, metric, [known], scaled(settings, trees), columns)]
        if metric in ACCURACIES:
            shift = shift_lesson(task, metric, boosters[0], frame, moves, limit(metric))
            everything = task.tree_columns(fidelity=True)
            boosters.append(boost(task, metric, [shift], scaled(ELSEWHERE, trees), everything))
        models[metric] = model_of(task, metric, boosters)
    return models


def flattened(lesson: Lesson) -> Lesson:
    """The lesson with its weights to the power ``FLATTENED``, scaled to mean one; leaf and ridge assume this mean."""
    weights = lesson.weights**FLATTENED
    return replace(lesson, weights=weights / weights.mean())


def by_pairs(lesson: Lesson, bins: int = 200, width: float = 3.0, least: float = 0.1) -> Lesson:
    """The lesson with each weight times the density of scores there among random rows (at least ``least`` of the mode).

    In this density a row counts with the square of its weight: its density ratio, or a power of it if the weights are
    ``flattened``. The density is a histogram of ``bins`` smoothed by a Gaussian of ``width`` bins. The mean weight does
    not change.
    """
    counts, edges = np.histogram(lesson.scores, bins, weights=lesson.weights**2)
    smooth = gaussian_filter1d(counts, width)
    density = np.interp(lesson.scores, (edges[1:] + edges[:-1]) / 2, smooth)
    weights = lesson.weights * np.maximum(density, least * smooth.max())
    return replace(lesson, weights=weights * (lesson.weights.mean() / weights.mean()))


def shift_lesson(
    task: TaskEncoder, metric: str, booster: Booster, frame: pd.DataFrame, moves: NDArray[np.float64], limit: float
) -> Lesson:
    """The amount to add to the booster's scores of the rows, so that they are moved."""
    own = booster.predict(encode(task.encoder, frame))
    return Lesson(frame, moved(metric, own, moves, limit) - own, np.ones(len(frame)))
