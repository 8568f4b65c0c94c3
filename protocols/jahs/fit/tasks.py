"""The steps every task's fit is made of: a pool of random rows, the encoder, students taught on the pool, the shift.

shift   the score at some N, W, Resolution and weight decay, minus the score at full fidelity and a weight decay in the
        logged range. Both scores are on a scale that is bounded by the best logged accuracy. The shift is known for
        CIFAR-10's valid-acc only. It is added to every other accuracy of both logged tasks, on the scale bounded by
        that accuracy's own best logged value. So no small network surpasses the best logged accuracy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.sources.models.evaluate import Program
from harness.sources.models.model import Model
from protocols.jahs.fit.boosting import scaled
from protocols.jahs.fit.encoder import TaskEncoder, build, embed, price_grid
from protocols.jahs.fit.features import operations_of, teacher_features
from protocols.jahs.fit.links import bounded
from protocols.jahs.fit.prices import latency_price
from protocols.jahs.fit.rows import ACCURACIES, LOGGED_DECAY, at_full, uniform_rows
from protocols.jahs.fit.students import Lesson, computed, fit_student, scores_of, settings_of
from protocols.jahs.fit.teachers import within_logged
from protocols.jahs.network import ARCHITECTURES, operation_counts
from protocols.jahs.space import FULL, OPERATIONS

FITTED = ("valid-acc", "test-acc", "train-acc", "latency", "runtime")
COMPUTED = ("size_MB", "FLOPS")
PROBES = 16
EMBEDDED = {"accuracy": 10, "cost": 6}
"""Principal components in the embedding, for the accuracies and for the costs."""

Shift = Callable[[pd.DataFrame], NDArray[np.float64]]


class Scorer(Protocol):
    """Anything that predicts scores from teacher features."""

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Scores, shape (n,)."""
        ...


@dataclass(frozen=True)
class Costs:
    """Price parameters of a task: thetas of the latency price, and seconds of an epoch = constant + factor * price."""

    thetas: NDArray[np.float64]
    constant: float
    factor: float


@dataclass(frozen=True)
class Pool:
    """Random rows for teaching: near the logged rows, at higher weight decay, and across N, W, Resolution."""

    frame: pd.DataFrame
    logged: int
    full: int

    @staticmethod
    def draw(seed: int, logged: int, decayed: int, last: int, across: int) -> Pool:
        """Draws a pool. The four counts are the numbers of rows in the logged range, at all weight decays, across
        fidelities at the last epoch, and across fidelities at all epochs.
        """
        rng = np.random.default_rng(seed)
        parts = [
            uniform_rows(logged, rng, decay=LOGGED_DECAY),
            uniform_rows(decayed, rng),
            uniform_rows(last, rng, vary=True, epoch=FULL["epoch"]),
            uniform_rows(across, rng, vary=True),
        ]
        return Pool(pd.concat(parts, ignore_index=True), logged, logged + decayed)


def probe_matrix(teachers: Mapping[str, Scorer], metrics: tuple[str, ...], probes: int = PROBES) -> NDArray[np.float64]:
    """Predictions for every architecture at some random hyperparameters and epochs, (15625, metrics x probes)."""
    settings = uniform_rows(probes, np.random.default_rng(7), decay=LOGGED_DECAY)
    columns = []
    for i in range(probes):
        frame = settings.iloc[np.full(len(ARCHITECTURES), i)].reset_index(drop=True)
        features = teacher_features(frame.assign(**dict(zip(OPERATIONS, ARCHITECTURES.T, strict=True))))
        columns += [teachers[metric].predict(features) for metric in metrics]
    return np.stack(columns, axis=1)


def make_encoder(task: str, teachers: Mapping[str, Scorer], costs: Costs, probes: int = PROBES) -> TaskEncoder:
    """The task's encoder: embeddings from its teachers, prices from its costs."""
    accuracy = embed(probe_matrix(teachers, ("valid-acc", "train-acc"), probes), EMBEDDED["accuracy"])
    cost = embed(probe_matrix(teachers, ("latency", "runtime"), probes), EMBEDDED["cost"])
    grid = price_grid()
    counts = grid[[f"count{k}" for k in range(5)]].to_numpy(np.int64)
    latency = latency_price(costs.thetas, counts, grid)
    seconds = costs.constant + costs.factor * latency
    return build(task, np.concatenate([accuracy, cost], axis=1), np.log(latency), np.log(seconds))


def offset(costs: Costs, metric: str, frame: pd.DataFrame) -> NDArray[np.float64]:
    """The approximate score of a latency or runtime at full fidelity; teachers learn the difference from it."""
    if metric in ACCURACIES:
        return np.zeros(len(frame))
    price = latency_price(costs.thetas, operation_counts(operations_of(frame)), at_full(frame))
    if metric == "latency":
        return np.asarray(np.log(price))
    return np.asarray(np.log(costs.constant + costs.factor * price) + np.log(frame["epoch"].to_numpy(np.float64)))


def teach_students(
    task: str,
    encoder: TaskEncoder,
    pool: Pool,
    teacher: Callable[[str, pd.DataFrame], NDArray[np.float64]],
    lessons: Callable[[str], list[Lesson]],
    metrics: tuple[str, ...],
    trees: float = 1.0,
) -> dict[str, Model]:
    """Models of the fitted ``metrics``: each learns ``teacher(metric, rows)`` on the pool, and ``lessons(metric)``.

    ``trees`` scales the number of trees.
    """
    models = {}
    for metric in metrics:
        frame = pool.frame if metric in ACCURACIES else pool.frame[: pool.full]
        taught = Lesson(frame, teacher(metric, frame), np.ones(len(frame)))
        settings = scaled(settings_of(task, metric), trees)
        models[metric] = fit_student(encoder, metric, [taught, *lessons(metric)], settings)
    return models


def shift_of(model: Model, limit: float) -> Shift:
    """The shift of a fitted valid-acc: its score at each row minus its score at full fidelity and logged weight decay.

    Both scores are on the scale that ends at ``limit`` percent.
    """
    program = Program({"valid-acc": model})

    def shift(frame: pd.DataFrame) -> NDArray[np.float64]:
        here, full = (
            bounded(scores_of(model, "valid-acc", program.many(f)[:, 0]), limit)
            for f in (frame, at_full(within_logged(frame)))
        )
        return np.asarray(here - full)

    return shift


def computed_models(encoder: TaskEncoder) -> dict[str, Model]:
    """The models of the metrics that are computed, not fitted."""
    return {metric: computed(encoder, metric) for metric in COMPUTED}
