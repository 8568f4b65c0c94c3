"""The input encoder that all small models of one task share.

After the raw columns come one-hot codes, then three tables:

architecture  -> its *composition* (the index of its operation counts among the 210 possible ones) and its *embedding*:
                 principal components of the teachers' predictions, so that few splits distinguish architectures
composition, activation, N, W, Resolution -> log prices of latency and runtime, multiply-adds, parameters (exact)
epoch         -> log(epoch)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.benchmark.space import Categorical
from harness.sources.models.model import Column, Encoder, Lookup, OneHot
from protocols.jahs.fit.rows import ACTIVATIONS
from protocols.jahs.network import ARCHITECTURES, CLASSES, multiply_adds, operation_counts, parameters
from protocols.jahs.space import FIDELITIES, OPERATIONS

LEVELS: dict[str, tuple[object, ...]] = {
    **{name: parameter.choices for name, parameter in FIDELITIES.items() if isinstance(parameter, Categorical)},
    "Activation": ACTIVATIONS,
    "TrivialAugment": (False, True),
    **dict.fromkeys(OPERATIONS, (0, 1, 2, 3, 4)),
}
COLUMNS = (
    *(Column(name) for name in ("LearningRate", "WeightDecay", "epoch")),
    *(Column(name, levels) for name, levels in LEVELS.items()),
)
EPOCH, N, W, RESOLUTION, ACTIVATION, TRIVIAL, FIRST_OP = 2, 3, 4, 5, 6, 7, 8
EPOCHS = 200
COMPOSITION, COMPOSITION_OF = np.unique(operation_counts(ARCHITECTURES), axis=0, return_inverse=True)
"""The 210 compositions (operation counts), and the composition of each architecture."""


@dataclass(frozen=True)
class TaskEncoder:
    """The encoder of a task, and the places of its features in the feature matrix."""

    encoder: Encoder
    embedding: tuple[int, ...]
    latency: int
    runtime: int
    multiply_adds: int
    parameters: int
    log_epoch: int

    def tree_columns(self, *, fidelity: bool, embedding: bool = True) -> list[int]:
        """The features on which the trees may split; N, W and Resolution only with ``fidelity``."""
        raw = [0, 1, EPOCH, *((N, W, RESOLUTION) if fidelity else ()), TRIVIAL]
        one_hot = range(len(COLUMNS), self.embedding[0] - 1)
        return [*raw, *one_hot, *(self.embedding if embedding else ())]


def price_grid() -> pd.DataFrame:
    """The keys of the price table in its order (210 x 3 x 27): operation counts, Activation, N, W, Resolution."""
    sizes = (len(COMPOSITION), len(ACTIVATIONS), 3, 3, 3)
    key = np.indices(sizes).reshape(len(sizes), -1)
    levels = [np.array(LEVELS[name], dtype=object)[key[i + 2]] for i, name in enumerate(("N", "W", "Resolution"))]
    frame: pd.DataFrame = pd.DataFrame({f"count{k}": COMPOSITION[key[0], k] for k in range(5)})
    frame["Activation"] = np.array(ACTIVATIONS, dtype=object)[key[1]]
    for name, values in zip(("N", "W", "Resolution"), levels, strict=True):
        frame[name] = values.astype(float)
    return frame


def build(
    task: str, embedding: NDArray[np.float64], latency: NDArray[np.float64], runtime: NDArray[np.float64]
) -> TaskEncoder:
    """The encoder from an embedding (15625, k) and log prices on the rows of ``price_grid``."""
    one_hot = [OneHot(ACTIVATION, (0, 1, 2)), *(OneHot(FIRST_OP + i, (0, 1, 2, 3, 4)) for i in range(len(OPERATIONS)))]
    composition = len(COLUMNS) + 3 + 5 * len(OPERATIONS)
    price = composition + 1 + embedding.shape[1]
    grid = price_grid()
    # all architectures of a composition have the same counts, so one is rebuilt from them
    counts = grid[[f"count{k}" for k in range(5)]].to_numpy()
    operations = np.stack([np.repeat(np.arange(5), row) for row in counts])
    n, w, r = (grid[c].to_numpy(np.float64) for c in ("N", "W", "Resolution"))
    adds = multiply_adds(operations, n, w, r, CLASSES[task])
    size = parameters(operations, n, w, CLASSES[task])
    blocks: tuple[OneHot | Lookup, ...] = (
        *one_hot,
        Lookup(
            tuple(range(FIRST_OP, FIRST_OP + len(OPERATIONS))), (5,) * 6, (0,) * 6,
            np.column_stack([COMPOSITION_OF.ravel(), embedding]).astype(np.float32),
        ),
        Lookup(
            (composition, ACTIVATION, N, W, RESOLUTION), (len(COMPOSITION), 3, 3, 3, 3), (0,) * 5,
            np.column_stack([latency, runtime, adds, size]).astype(np.float32),
        ),
        Lookup((EPOCH,), (EPOCHS,), (1,), np.log(np.arange(1, EPOCHS + 1))[:, None].astype(np.float32)),
    )  # fmt: skip
    embedded = tuple(range(composition + 1, price))
    return TaskEncoder(Encoder(COLUMNS, blocks), embedded, price, price + 1, price + 2, price + 3, price + 4)


def encode(encoder: Encoder, frame: pd.DataFrame) -> NDArray[np.float32]:
    """The feature matrix of the rows, as the evaluator makes it."""
    columns = []
    for column in encoder.columns:
        given = frame[column.name]
        if column.levels is None:
            columns.append(given.to_numpy(np.float32))
        else:
            codes = {level: code for code, level in enumerate(column.levels)}
            columns.append(given.map(codes).to_numpy(np.float32))
    out = np.empty((len(frame), encoder.size), np.float32)
    out[:, : len(columns)] = np.stack(columns, axis=1)
    made = len(columns)
    for block in encoder.blocks:
        if isinstance(block, OneHot):
            width = len(block.codes)
            out[:, made : made + width] = out[:, [block.source]] == np.array(block.codes, np.float32)
        else:
            width = block.values.shape[1]
            keys = out[:, list(block.sources)].astype(np.int64) - np.array(block.offsets)
            out[:, made : made + width] = block.values[keys @ np.array(block.strides)]
        made += width
    return out


def embed(predictions: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """The first principal components of predictions (15625, probes), signs fixed, largest first."""
    centred = predictions - predictions.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred)
    axes = vectors[:, np.argsort(values)[::-1][:size]]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    return np.asarray(centred @ axes)
