"""Models of a task too rough for teachers and students: boosted on its logged rows themselves.

The official surrogates of Fashion-MNIST have steps that a student does not hear of from a teacher's answers on random
rows. A model of what they see alone, without the embedding, on the very rows that show the steps, finds more of them in
no more steps through its trees.

Where scores crowd, a small error swaps many pairs of configurations, and searches are about the order of
configurations: rows of valid-acc and runtime count for more the denser their scores are (``by_pairs``).

"Random" has two meanings here. The random rows of this task's log have learning rate and weight decay uniform on a
linear scale, the benchmark's space on a logarithmic one, half of which the log hardly visits. The weights of the rows
are a compromise (``FLATTENED``), and both are measured (``measure``).

Such a model knows full N, W, Resolution and logged weight decay only. For latency and runtime that is enough: the
fidelities act through the price in the link. An accuracy gets a second, smaller booster for its shift elsewhere
(``tasks``), which is zero on rows like the logged ones.
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
"""Columns with the numbers of the operations: one split separates several operations from the rest."""
FLATTENED = 0.7
"""Power of the logged rows' weights: towards their own density, in which large learning rates are dense."""
PAIRED = ("valid-acc", "runtime")
"""The metrics whose rows are weighted ``by_pairs``; latency is told apart no better by it."""
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
    """The lesson with its weights to the power ``FLATTENED``, of mean one (which leaf and ridge are relative to)."""
    weights = lesson.weights**FLATTENED
    return replace(lesson, weights=weights / weights.mean())


def by_pairs(lesson: Lesson, bins: int = 200, width: float = 3.0, least: float = 0.1) -> Lesson:
    """The lesson with each weight times the density of scores there among random rows (at least ``least`` of the mode).

    For that density a row counts for the square of its weight: its density ratio, or a power of it where the weights
    are ``flattened``. The density is a histogram of ``bins`` smoothed by a Gaussian of ``width`` bins; the mean weight
    stays.
    """
    counts, edges = np.histogram(lesson.scores, bins, weights=lesson.weights**2)
    smooth = gaussian_filter1d(counts, width)
    density = np.interp(lesson.scores, (edges[1:] + edges[:-1]) / 2, smooth)
    weights = lesson.weights * np.maximum(density, least * smooth.max())
    return replace(lesson, weights=weights * (lesson.weights.mean() / weights.mean()))


def shift_lesson(
    task: TaskEncoder, metric: str, booster: Booster, frame: pd.DataFrame, moves: NDArray[np.float64], limit: float
) -> Lesson:
    """What is to be added to the booster's scores of the rows for them to be moved."""
    own = booster.predict(encode(task.encoder, frame))
    return Lesson(frame, moved(metric, own, moves, limit) - own, np.ones(len(frame)))
