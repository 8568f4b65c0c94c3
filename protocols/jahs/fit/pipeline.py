"""``harness fit``: every task in turn, their cards, and the set they are written to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.sources.models.evaluate import Program
from harness.sources.models.files import ModelWriter
from harness.sources.models.model import Model
from protocols.jahs.constants import constants
from protocols.jahs.fit import colorectal, direct
from protocols.jahs.fit.cards import colorectal_cards, logged_cards
from protocols.jahs.fit.features import teacher_features
from protocols.jahs.fit.links import score
from protocols.jahs.fit.logged import IMAGES, Effort, Fitted, fit_cifar10, fit_fashion
from protocols.jahs.fit.measure import held_out_rows, measure_fidelities, measure_logged
from protocols.jahs.fit.published import MEAN_RUNTIME
from protocols.jahs.fit.rows import ACCURACIES
from protocols.jahs.fit.tasks import FITTED, Costs, Pool, computed_models, make_encoder, offset, teach_students
from protocols.jahs.fit.teachers import within_logged
from protocols.jahs.space import columns

NAME = "lite-1"
ABOUT = {
    "description": "a stand-in for the official JAHS-Bench-201 surrogates, distilled from logged predictions of them",
    "purpose": "development, teaching and continuous integration; fetch the official set for official numbers",
    "attribution": "JAHS-Bench-201, Bansal et al., NeurIPS 2022, CC BY 4.0; rows logged in deephyper/bo-moo",
}


def fit(
    data: Path, out: Path, *, report: Callable[[str], None] | None = None, effort: Effort | None = None
) -> dict[str, Any]:
    """Fits the set from the reference data and writes it to ``out``; the same data give the same bytes.

    It fits twice with the same settings. The first fit leaves out the held-out configurations, on which the cards'
    figures are measured. The second fit uses all rows and gives the models of the set. ``report`` is called with each
    step's name. Returns {"cards": {task: {metric: card}}, "constants": {task: {...}}}.
    Raises FitError if data are missing or have another shape; then nothing is written.
    """
    tell = report or (lambda _: None)
    chosen = effort or Effort()
    tell(f"first fit, without the {chosen.held:.0%} of configurations held out, to measure it on them")
    figures = measured(data, chosen, tell)
    tell("second fit, on every row, to write it")
    return write(out, shipped(data, replace(chosen, held=0.0), tell), figures)


@dataclass(frozen=True)
class Figures:
    """Figures of the logged tasks on held-out rows, and of CIFAR-10 valid-acc across N, W, Resolution."""

    logged: dict[str, dict[str, dict[str, float]]]
    across: dict[str, float]
    linear: dict[str, dict[str, dict[str, float]]]
    """Figures of Fashion-MNIST on rows whose learning rate and weight decay are uniform on a linear scale."""


@dataclass(frozen=True)
class Shipped:
    """Models of every task, the factors by which runtimes were scaled, and Colorectal-Histology's calibration."""

    models: dict[str, dict[str, Model]]
    factors: dict[str, float]
    blend: colorectal.Blend


def measured(data: Path, effort: Effort, tell: Callable[[str], None]) -> Figures:
    """Figures of a fit of the logged tasks on the rows that it held out."""
    cifar10, fashion, _ = fit_logged(data, effort, tell)
    tell("measuring on held-out rows")
    models = {"cifar10": cifar10.models, "fashion_mnist": fashion.models}
    logged = {task: measure_logged(held_out_rows(data, task, effort.held), models[task]) for task in models}
    across = measure_fidelities(data, cifar10.models["valid-acc"], effort.held)
    linear = held_out_rows(data, "fashion_mnist", effort.held, linear=True)
    own = {metric: fashion.models[metric] for metric in direct.LOGGED}
    return Figures(logged, across, {"fashion_mnist": measure_logged(linear, own)})


def shipped(data: Path, effort: Effort, tell: Callable[[str], None]) -> Shipped:
    """The models of every task."""
    cifar10, fashion, factors = fit_logged(data, effort, tell)
    tell("Colorectal-Histology: transfer and calibration")
    colon, blend = fit_colorectal(cifar10, fashion, effort)
    return Shipped(
        {"cifar10": cifar10.models, colorectal.TASK: colon, "fashion_mnist": fashion.models}, factors, blend
    )  # fmt: skip


def fit_logged(data: Path, effort: Effort, tell: Callable[[str], None]) -> tuple[Fitted, Fitted, dict[str, float]]:
    """CIFAR-10 and Fashion-MNIST with their runtimes scaled to the published means, and the factors of the scaling."""
    tell("CIFAR-10: teachers, then small models")
    cifar10, shift = fit_cifar10(data, effort)
    tell("Fashion-MNIST: teachers, then small models")
    fashion = fit_fashion(data, effort, cifar10, shift)
    factors = {}
    for task, fitted in (("cifar10", cifar10), ("fashion_mnist", fashion)):
        fitted.models["runtime"], factors[task] = rescale(fitted.models["runtime"], MEAN_RUNTIME[task])
    return cifar10, fashion, factors


def write(out: Path, made: Shipped, figures: Figures) -> dict[str, Any]:
    """Writes the set with its cards. Returns the cards and constants in the form described at ``fit``."""
    models = made.models
    cards = {
        task: logged_cards(task, found, figures.across, made.factors[task], figures.linear.get(task, {}))
        for task, found in figures.logged.items()
    }
    cards[colorectal.TASK] = colorectal_cards(made.blend)
    frozen = {}
    with ModelWriter(out, NAME, columns=columns(), about=ABOUT) as writer:
        for task in sorted(models):
            for metric, model in models[task].items():
                writer.add_model(task, metric, replace(model, card=cards[task][metric]))
            frozen[task] = frozen_constants(models[task])
            writer.set_constants(task, frozen[task])
    return {"cards": cards, "constants": frozen}


def frozen_constants(models: Mapping[str, Model]) -> dict[str, float]:
    """Mean runtime and latency quantile of a task's models."""
    program = Program({m: models[m] for m in ("latency", "runtime")})
    return constants(lambda frame: dict(zip(("latency", "runtime"), program.many(frame).T, strict=True)))


def fit_colorectal(cifar10: Fitted, fashion: Fitted, effort: Effort) -> tuple[dict[str, Model], colorectal.Blend]:
    """Colorectal-Histology's models, distilled from predictions for the other two tasks, and the calibrated blend."""
    parents = (cifar10, fashion)
    teachers = {m: Mean(tuple(p.teachers[m] for p in parents)) for m in FITTED}
    costs = Costs(
        cifar10.costs.thetas,
        cifar10.costs.constant * IMAGES[colorectal.TASK] / IMAGES["cifar10"],
        cifar10.costs.factor * IMAGES[colorectal.TASK] / IMAGES["cifar10"],
    )
    encoder = make_encoder(colorectal.TASK, teachers, costs, effort.probes)
    pool = Pool.draw(13, *dict(effort.pools)[colorectal.TASK])
    features = teacher_features(within_logged(pool.frame[: pool.full]))

    def cost(metric: str, frame: pd.DataFrame) -> NDArray[np.float64]:
        return teachers[metric].predict(features) + offset(costs, metric, frame)

    models = teach_students(
        colorectal.TASK, encoder, pool, cost, lambda _: [], ("latency", "runtime"), effort.trees
    )  # fmt: skip
    models["runtime"], _ = rescale(models["runtime"], MEAN_RUNTIME[colorectal.TASK])
    blend = colorectal.calibrate(cifar10.smooth, fashion.smooth, models["runtime"], *effort.calibration)

    def accuracy(metric: str, frame: pd.DataFrame) -> NDArray[np.float64]:
        return score(metric, blend.accuracy(metric, frame))

    models |= teach_students(colorectal.TASK, encoder, pool, accuracy, lambda _: [], ACCURACIES, effort.trees)
    return models | computed_models(encoder), blend


def rescale(runtime: Model, mean: float) -> tuple[Model, float]:
    """The runtime model times a factor, such that the mean full evaluation takes ``mean`` seconds, and that factor."""
    program = Program({"runtime": runtime})

    def predict(frame: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
        return {"runtime": program.many(frame)[:, 0]}

    factor = mean / constants(predict)["mean_runtime"]
    return replace(runtime, base=runtime.base + float(np.log(factor))), factor


class Mean:
    """The mean score of several teachers."""

    def __init__(self, teachers: tuple[Any, ...]) -> None:
        self.teachers = teachers

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Mean scores, shape (n,)."""
        return np.asarray(np.mean([teacher.predict(features) for teacher in self.teachers], axis=0))
