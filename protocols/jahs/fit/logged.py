"""The tasks with logged rows: CIFAR-10 first, then Fashion-MNIST, which borrows CIFAR-10's shape over fidelities."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.sources.models.model import Model
from protocols.jahs.fit.boosting import Boosting, Ensemble
from protocols.jahs.fit.direct import fit_direct
from protocols.jahs.fit.early import EarlySurrogate
from protocols.jahs.fit.encoder import TaskEncoder
from protocols.jahs.fit.features import operations_of, teacher_features, views
from protocols.jahs.fit.fidelity import fit_across
from protocols.jahs.fit.links import bound, moved, score
from protocols.jahs.fit.prices import fit_epoch, fit_latency, latency_price
from protocols.jahs.fit.rows import (
    ACCURACIES,
    FIDELITY_FILE,
    LOGGED,
    at_full,
    held_out,
    read_rows,
    uniform_rows,
)
from protocols.jahs.fit.students import Lesson
from protocols.jahs.fit.tasks import (
    FITTED,
    Costs,
    Pool,
    Shift,
    computed_models,
    make_encoder,
    offset,
    shift_of,
    teach_students,
)
from protocols.jahs.fit.teachers import HELD_OUT, LoggedRows, logged_rows, teach, within_logged
from protocols.jahs.network import operation_counts

IMAGES = {"cifar10": 60_000, "colorectal_histology": 5_000, "fashion_mnist": 70_000}
"""Images of each task (paper, Table 2)."""
FIDELITY_WEIGHT = 5.0
"""Weight of an official fidelity row, relative to one random row."""


@dataclass(frozen=True)
class Effort:
    """The effort of a fit: numbers of models, rows and trees. Tests make all of them small."""

    pools: tuple[tuple[str, tuple[int, int, int, int]], ...] = (
        ("cifar10", (100_000, 20_000, 70_000, 50_000)),
        ("colorectal_histology", (60_000, 20_000, 40_000, 60_000)),
        ("fashion_mnist", (150_000, 20_000, 30_000, 30_000)),
    )
    members: tuple[tuple[str, tuple[int, int, int]], ...] = (("cifar10", (2, 1, 1)), ("fashion_mnist", (2, 2, 1)))
    """The number of members of a teacher: of valid-acc, the objective of searches; of latency and runtime; of
    others.
    """
    teacher: Boosting = field(default_factory=lambda: Boosting(trees=450, depth=9, rate=0.1))
    rough: Boosting = field(default_factory=lambda: Boosting(trees=600, depth=11, rate=0.07, nodes=0.5))
    """Deeper trees for Fashion-MNIST, whose official surrogates are rougher."""
    held: float = HELD_OUT
    """Share of configurations that no model learns from."""
    early_rows: int = 60_000
    probes: int = 10
    trees: float = 1.0
    calibration: tuple[int, int] = (6000, 60)
    """Random configurations and seeds of the simulated searches."""


@dataclass(frozen=True)
class Fitted:
    """A fitted task: its models, and the parts that other tasks borrow (``smooth``: students of the accuracies)."""

    models: dict[str, Model]
    smooth: dict[str, Model]
    encoder: TaskEncoder
    teachers: dict[str, Ensemble]
    costs: Costs


def early_costs(early: EarlySurrogate, effort: Effort) -> NDArray[np.float64]:
    """Thetas of the latency price, from random rows of the whole space."""
    frame = uniform_rows(effort.early_rows, np.random.default_rng(5), vary=True)
    return fit_latency(operation_counts(operations_of(frame)), frame, early.predict(frame)[1])


def fit_cifar10(data: Path, effort: Effort) -> tuple[Fitted, Shift]:
    """CIFAR-10, and the shift its valid-acc makes away from full fidelity."""
    early = EarlySurrogate(data)
    rows = logged_rows(read_rows(data, LOGGED["cifar10"]), effort.held)
    thetas = early_costs(early, effort)
    constant, factor = fit_epoch(full_price(thetas, rows.frame), epoch_seconds(rows.frame))
    costs = Costs(thetas, constant, factor)
    teachers = teach_all(rows, "cifar10", costs, effort)
    encoder = make_encoder("cifar10", teachers, costs, effort.probes)
    pool = Pool.draw(11, *dict(effort.pools)["cifar10"])

    fidelity_rows = read_rows(data, FIDELITY_FILE, ("valid-acc",))
    keep = ~held_out(fidelity_rows, effort.held)
    across = fit_across(teachers["valid-acc"], early, fidelity_rows, keep)
    known = fidelity_rows[keep]
    official = Lesson(known, score("valid-acc", known["valid-acc"].to_numpy()), np.full(len(known), FIDELITY_WEIGHT))

    first = teach_students(
        "cifar10", encoder, pool, lambda _, frame: across.predict(frame),
        lambda metric: [logged_lesson(rows, metric), official], ("valid-acc",), effort.trees,
    )  # fmt: skip
    shift = shift_of(first["valid-acc"], best(rows, "valid-acc"))
    fitted = Fitted({}, {}, encoder, teachers, costs)
    models = first | students("cifar10", fitted, pool, shift(pool.frame), rows, FITTED[1:], effort)
    smooth = {metric: models[metric] for metric in ACCURACIES}
    return replace(fitted, models=models | computed_models(encoder), smooth=smooth), shift


def fit_fashion(data: Path, effort: Effort, cifar10: Fitted, shift: Shift) -> Fitted:
    """Fashion-MNIST: fitted on its own rows at full fidelity, with CIFAR-10's shift, latency shape and overhead
    elsewhere.

    Its rows are too rough to separate an epoch's constant overhead from its work, so CIFAR-10's overhead per image is
    used.
    """
    rows = logged_rows(read_rows(data, LOGGED["fashion_mnist"]), effort.held)
    price, seconds = full_price(cifar10.costs.thetas, rows.frame), epoch_seconds(rows.frame)
    constant = cifar10.costs.constant * IMAGES["fashion_mnist"] / IMAGES["cifar10"]
    factor = float(np.median(np.maximum(seconds - constant, 0) / price))
    costs = Costs(cifar10.costs.thetas, constant, factor)
    teachers = teach_all(rows, "fashion_mnist", costs, effort)
    encoder = make_encoder("fashion_mnist", teachers, costs, effort.probes)
    pool = Pool.draw(12, *dict(effort.pools)["fashion_mnist"])
    fitted, moves = Fitted({}, {}, encoder, teachers, costs), shift(pool.frame)
    smooth = students("fashion_mnist", fitted, pool, moves, rows, ACCURACIES, effort)
    own = fit_direct(
        encoder, lambda metric: logged_lesson(rows, metric), pool.frame, moves, lambda metric: best(rows, metric),
        effort.trees,
    )  # fmt: skip
    return replace(fitted, models=smooth | own | computed_models(encoder), smooth=smooth)


def teach_all(rows: LoggedRows, task: str, costs: Costs, effort: Effort) -> dict[str, Ensemble]:
    """A teacher for each fitted metric."""
    valid, cost, other = dict(effort.members)[task]
    rough = task == "fashion_mnist"
    settings = effort.rough if rough else effort.teacher
    teachers = {}
    for m in FITTED:
        members = valid if m == "valid-acc" else other if m in ACCURACIES else cost
        seen = views(members, plain_only=rough)
        teachers[m] = teach(rows, m, seen, settings, offset(costs, m, rows.frame))
    return teachers


def students(
    task: str,
    fitted: Fitted,
    pool: Pool,
    moves: NDArray[np.float64],
    rows: LoggedRows,
    metrics: tuple[str, ...],
    effort: Effort,
) -> dict[str, Model]:
    """Students of the ``metrics`` from the task's own teachers, the accuracies moved by the ``moves`` of the pool."""
    features = teacher_features(within_logged(pool.frame))

    def teacher(metric: str, frame: pd.DataFrame) -> NDArray[np.float64]:
        own = fitted.teachers[metric].predict(features[: len(frame)]) + offset(fitted.costs, metric, frame)
        if metric not in ACCURACIES:
            return own
        return moved(metric, own, moves[: len(frame)], best(rows, metric))

    return teach_students(
        task, fitted.encoder, pool, teacher, lambda metric: [logged_lesson(rows, metric)], metrics, effort.trees
    )


def best(rows: LoggedRows, metric: str) -> float:
    """The upper limit of each accuracy of the task, in percent."""
    return bound(rows.frame[metric].to_numpy(np.float64))


def logged_lesson(rows: LoggedRows, metric: str) -> Lesson:
    """The logged rows that are not held out, with their official scores."""
    keep = ~rows.held
    known = rows.frame[keep]
    return Lesson(known, score(metric, known[metric].to_numpy(np.float64)), rows.weights[keep])


def full_price(thetas: NDArray[np.float64], frame: pd.DataFrame) -> NDArray[np.float64]:
    """Latency price of the rows at full fidelity."""
    return latency_price(thetas, operation_counts(operations_of(frame)), at_full(frame))


def epoch_seconds(frame: pd.DataFrame) -> NDArray[np.float64]:
    """Mean seconds of an epoch."""
    return (frame["runtime"] / frame["epoch"]).to_numpy(np.float64)
