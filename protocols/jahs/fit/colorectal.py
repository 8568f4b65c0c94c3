"""Colorectal-Histology has no rows: it is transferred from the other two tasks and calibrated to published figures.

The *blend* of a configuration is the geometric mean of its errors on CIFAR-10 and Fashion-MNIST, each asked at a
*warped* epoch ``200 (epoch / 200) ** warp`` and with a share ``depth`` of its shift away from full N, W, Resolution.
The error is ``exp(intercept + slope * log(blend))``, at most the error of guessing. Four numbers are calibrated, in
turn:

intercept, slope  mean error of random search after 1.8, 4.6 and 100 full evaluations (least squares)
warp              mean of Hyperband over epochs: how good early epochs look
depth             mean of Hyperband on the fidelity diagonal: how good small networks and images look

Latency and the shape of runtime are the geometric means of the other two tasks; runtime's scale is the published mean.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize

from harness.sources.models.evaluate import Program
from harness.sources.models.model import Model
from protocols.jahs.fit.published import BEST_ACCURACY, COLORECTAL_SEARCH
from protocols.jahs.fit.rows import ACCURACIES, at_full, uniform_rows
from protocols.jahs.fit.simulate import DIAGONAL, EPOCHS, Ladder, hyperband, random_search, rung_frames
from protocols.jahs.network import CLASSES
from protocols.jahs.space import FULL

TASK = "colorectal_histology"
GUESSING = 100 * (1 - 1 / CLASSES[TASK])
WARPS = (1.0, 0.8, 0.65, 0.5, 0.4, 0.3, 0.25)
"""The smallest warp. Below it, the second epoch would already look as good as the last tenth of training."""
DEPTHS = (2.0, 1.5, 1.25, 1.0, 0.8, 0.6, 0.4, 0.2)


@dataclass(frozen=True)
class Blend:
    """The transferred accuracies. ``parents``: the models of the three accuracies on CIFAR-10 and Fashion-MNIST."""

    parents: tuple[Program, Program]
    intercept: float = 0.0
    slope: float = 1.0
    warp: float = 1.0
    depth: float = 1.0

    def blended(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Natural logarithms of the blended errors (percent), shape (rows, accuracies)."""
        epoch = np.rint(FULL["epoch"] * (frame["epoch"] / FULL["epoch"]) ** self.warp).clip(1).astype(int)
        warped = frame.assign(epoch=epoch)
        logs = []
        for parent in self.parents:
            here, full = (_logit(parent.many(f)) for f in (warped, at_full(warped)))
            accuracy = 100 / (1 + np.exp(-(full + self.depth * (here - full))))
            logs.append(np.log(np.maximum(100 - accuracy, 1e-3)))
        return np.asarray(np.mean(logs, axis=0))

    def errors(self, blended: NDArray[np.float64]) -> NDArray[np.float64]:
        """Errors of Colorectal-Histology (percent) from blended errors."""
        return np.asarray(np.minimum(np.exp(self.intercept + self.slope * blended), GUESSING))

    def accuracy(self, metric: str, frame: pd.DataFrame) -> NDArray[np.float64]:
        """One accuracy (percent) of every row."""
        return 100 - self.errors(self.blended(frame)[:, ACCURACIES.index(metric)])


def _logit(accuracy: NDArray[np.float64]) -> NDArray[np.float64]:
    fraction = np.clip(accuracy / 100, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(fraction / (1 - fraction)))


def calibrate(
    cifar10: dict[str, Model], fashion: dict[str, Model], runtime: Model, pool: int = 6000, seeds: int = 60
) -> Blend:
    """The blend whose simulated searches come closest to the published ones; ``runtime`` prices the evaluations.

    ``pool`` random configurations are searched, with ``seeds`` repetitions.
    """
    parents = tuple(Program({m: models[m] for m in ACCURACIES}) for models in (cifar10, fashion))
    blend = Blend((parents[0], parents[1]))
    frame = uniform_rows(pool, np.random.default_rng(21), epoch=FULL["epoch"])
    price = Program({"runtime": runtime})
    cost = price.many(frame)[:, 0]
    blend = _search(blend, blend.blended(frame)[:, 0], cost, 4 * seeds)
    for name, values, rungs, promotion in (("warp", WARPS, EPOCHS, 3), ("depth", DEPTHS, DIAGONAL, 2)):
        frames = rung_frames(frame, rungs)
        prices = np.stack([price.many(f)[:, 0] for f in frames])
        means = []
        for value in values:
            trial = _with(blend, name, value)
            accuracy = np.stack([trial.accuracy("valid-acc", f) for f in frames])
            means.append(hyperband(Ladder(accuracy, prices, promotion, name == "warp"), 100 * cost.mean(), seeds))
        target = BEST_ACCURACY[TASK]["hyperband" if name == "warp" else "diagonal"]
        blend = _with(blend, name, _nearest(values, means, target))
    return blend


def _with(blend: Blend, name: str, value: float) -> Blend:
    return replace(blend, warp=value) if name == "warp" else replace(blend, depth=value)


def _search(blend: Blend, blended: NDArray[np.float64], cost: NDArray[np.float64], seeds: int) -> Blend:
    """Intercept and slope: a rising map keeps the order of errors, so random search is simulated once, on the blend."""
    at = [evaluations for evaluations, _ in COLORECTAL_SEARCH]
    wanted = np.array([error for _, error in COLORECTAL_SEARCH])
    best = -random_search(-blended, cost, float(cost.mean()), at, seeds)

    def distance(parameters: NDArray[np.float64]) -> float:
        trial = replace(blend, intercept=float(parameters[0]), slope=float(parameters[1]))
        errors = np.array([np.nanmean(trial.errors(column)) for column in best.T])
        return float((((errors - wanted) / wanted) ** 2 * (0.25, 1, 25)).sum())

    found = minimize(distance, x0=np.array([-1.0, 1.2]), method="Nelder-Mead", options={"xatol": 1e-5, "fatol": 1e-9})
    return replace(blend, intercept=float(found.x[0]), slope=float(found.x[1]))


def _nearest(values: tuple[float, ...], means: list[float], target: float) -> float:
    """The value at which the mean reaches the target, by linear interpolation; the nearest end if it never reaches
    it.
    """
    order = np.argsort(means)
    return float(np.interp(target, np.asarray(means)[order], np.asarray(values)[order]))
