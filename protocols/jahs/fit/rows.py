"""The rows a fit learns from: reading them, splitting them by configuration, drawing random ones, weighing them.

Terms
-----
logged rows   predictions of the official surrogates at N=5, W=16, Resolution=1, recorded while optimizers searched:
              the better a region, the denser its rows. WeightDecay stays at or below ``LOGGED_DECAY``.
fidelity rows official valid-acc at epoch 200 of random configurations at random N, W, Resolution.
density ratio the density of uniform random rows at a row, divided by the density of logged rows. A classifier between
              the two estimates it. Used as weights, the ratio keeps sparse regions from being ignored. Rows accepted
              with a probability in proportion to it look uniform; held-out figures are measured on such rows.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.base.parquet import layout_of, read_table, readable
from harness.errors import HarnessError
from protocols.jahs.fit.boosting import Boosting, train
from protocols.jahs.network import ARCHITECTURES
from protocols.jahs.space import FULL, OPERATIONS


class FitError(HarnessError):
    """Data that a fit cannot learn from: a missing file, a missing column, too few rows."""


METRICS = ("valid-acc", "test-acc", "train-acc", "latency", "runtime", "size_MB", "FLOPS")
ACCURACIES = ("valid-acc", "test-acc", "train-acc")
LOGGED = {"cifar10": "cifar10.parquet", "fashion_mnist": "fashion_mnist.parquet"}
FIDELITY_FILE = "cifar10_fidelities_epoch200.parquet"
EARLY = "early_surrogate_cifar10"
LOGGED_DECAY = 1e-3
CONFIGURATION = ["LearningRate", "WeightDecay", "Activation", "TrivialAugment", *OPERATIONS]
INPUTS = [*CONFIGURATION, *FULL]
ACTIVATIONS = ("ReLU", "Hardswish", "Mish")
DENSITY_LIMIT = 10.0
"""The bound at which density ratios are cut. Beyond it, the classifier only says that logged rows are very rare."""


def folder(data: Path) -> Path:
    """The folder with the JAHS files: ``data`` itself or a folder in it."""
    return data / "jahs" if (data / "jahs").is_dir() else data


def read_rows(data: Path, name: str, metrics: tuple[str, ...] = METRICS) -> pd.DataFrame:
    """The rows of one parquet file. FitError if it is missing or unreadable, takes more than the budget of a table, or
    lacks a column.
    """
    file = folder(data) / name
    if not file.is_file():
        raise FitError(f"{file} does not exist; harness fit reads the reference data, which is not part of the project")
    needed = [*INPUTS, *metrics]
    with readable(lambda reason: FitError(f"{file} is no readable parquet file ({reason})"), hostile=True):
        there = layout_of(file).names
        if missing := [column for column in needed if column not in there]:
            raise FitError(f"{file} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}")
        frame = read_table(file, needed).to_pandas(ignore_metadata=True)
    if len(frame) < 100:
        raise FitError(f"{file} has {len(frame)} rows; a fit needs at least 100")
    chosen: pd.DataFrame = frame[needed].reset_index(drop=True)
    return chosen


def held_out(frame: pd.DataFrame, fraction: float, seed: int = 0) -> NDArray[np.bool_]:
    """Rows whose configuration is held out: all epochs and fidelities of a configuration fall on the same side."""
    groups = frame.groupby(CONFIGURATION, sort=False).ngroup().to_numpy()
    chosen = np.random.default_rng(seed).random(int(groups.max()) + 1) < fraction
    return np.asarray(chosen[groups], dtype=np.bool_)


def uniform_rows(
    count: int,
    rng: np.random.Generator,
    *,
    decay: float = 1e-2,
    epoch: int | None = None,
    vary: bool = False,
) -> pd.DataFrame:
    """Uniform random configurations (WeightDecay up to ``decay``), at full N, W, Resolution unless ``vary``.

    The epoch is uniform in 1..200 unless given.
    """
    architecture = ARCHITECTURES[rng.integers(0, len(ARCHITECTURES), count)]
    frame = {
        "LearningRate": 10 ** rng.uniform(-3, 0, count),
        "WeightDecay": 10 ** rng.uniform(-5, np.log10(decay), count),
        "Activation": np.array(ACTIVATIONS, dtype=object)[rng.integers(0, 3, count)],
        "TrivialAugment": rng.integers(0, 2, count) > 0,
        **{name: architecture[:, i] for i, name in enumerate(OPERATIONS)},
        "N": np.array([1, 3, 5])[rng.integers(0, 3, count)],
        "W": np.array([4, 8, 16])[rng.integers(0, 3, count)],
        "Resolution": np.array([0.25, 0.5, 1.0])[rng.integers(0, 3, count)],
        "epoch": rng.integers(1, 201, count) if epoch is None else np.full(count, epoch),
    }
    return pd.DataFrame(frame) if vary else at_full(pd.DataFrame(frame))


def at_full(frame: pd.DataFrame) -> pd.DataFrame:
    """The same rows at full N, W, Resolution (their epoch stays)."""
    full: pd.DataFrame = frame.assign(N=FULL["N"], W=FULL["W"], Resolution=FULL["Resolution"])
    return full


def on_linear_scale(frame: pd.DataFrame) -> pd.DataFrame:
    """``uniform_rows`` within the logged weight decays, with LearningRate and WeightDecay moved to the same quantiles
    of a linear scale.

    The random rows of Fashion-MNIST's log are drawn this way: one in 35 has a learning rate below 0.03. In the space,
    half of all configurations do.
    """
    rates = {"LearningRate": (1e-3, 1.0), "WeightDecay": (1e-5, LOGGED_DECAY)}
    moved: pd.DataFrame = frame.assign(
        **{
            name: low + (high - low) * np.log(frame[name] / low) / np.log(high / low)
            for name, (low, high) in rates.items()
        }
    )
    return moved


def density_ratio(
    frame: pd.DataFrame, features: NDArray[np.float32], random: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Density of uniform rows relative to the logged rows ``frame`` at each of them, cross-fitted in two halves.

    ``features`` are those of ``frame``, ``random`` those of as many uniform rows with WeightDecay in the logged range.
    """
    label = np.r_[np.ones(len(features)), np.zeros(len(random))]
    both = np.concatenate([features, random])
    half = np.random.default_rng(1).integers(0, 2, len(label))
    logged = np.empty(len(label))
    settings = Boosting(trees=150, depth=6, rate=0.15, leaf=20, logistic=True, nodes=1.0, rows=1.0)
    for side in (0, 1):
        fitted = train(both[half != side], label[half != side], settings)
        logged[half == side] = fitted.predict(both[half == side])
    probability = 1 / (1 + np.exp(-logged[: len(frame)]))
    return np.asarray(np.clip((1 - probability) / probability, 0.05, DENSITY_LIMIT))


def uniform_looking(ratio: NDArray[np.float64], seed: int = 2) -> NDArray[np.bool_]:
    """Rows accepted with probability proportional to their density ratio: a near-uniform subset."""
    return np.asarray(np.random.default_rng(seed).random(len(ratio)) < ratio / DENSITY_LIMIT)
