"""Features of the large teachers: hyperparameters, a few products of them, one-hot operations, the cell's graph.

Teachers are not part of the set, so their features are not restricted. The features of the small models are in
``encoder``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from protocols.jahs.fit.rows import ACTIVATIONS
from protocols.jahs.network import ARCHITECTURES, architecture_index, graph_features
from protocols.jahs.space import OPERATIONS

_ONE_HOT = (ARCHITECTURES[:, :, None] == np.arange(5)).reshape(len(ARCHITECTURES), -1).astype(np.float32)
_GRAPH = graph_features(ARCHITECTURES)
PLAIN = 7
"""The first columns: learning rate, weight decay, epoch, trivial augment, three activations."""
PRODUCTS = 5


def operations_of(frame: pd.DataFrame) -> NDArray[np.int64]:
    """The six operations of every row, shape (n, 6)."""
    return np.asarray(frame[list(OPERATIONS)].to_numpy(np.int64))


def teacher_features(frame: pd.DataFrame, *, fidelity: bool = False) -> NDArray[np.float32]:
    """Feature matrix of the rows; ``fidelity`` appends N, W, Resolution."""
    rate, decay, epoch = (frame[c].to_numpy(np.float64) for c in ("LearningRate", "WeightDecay", "epoch"))
    activation = frame["Activation"].to_numpy(object)
    left = rate * (1 + np.cos(np.pi * epoch / 200)) / 2  # the learning rate that the cosine schedule has reached
    columns = [rate, decay, epoch, frame["TrivialAugment"].to_numpy(np.float64)]
    columns += [(activation == name).astype(np.float64) for name in ACTIVATIONS]
    columns += [rate * decay, rate / decay, left, rate * epoch, rate * decay * epoch]
    index = architecture_index(operations_of(frame))
    parts = [np.stack(columns, axis=1).astype(np.float32), _ONE_HOT[index], _GRAPH[index]]
    if fidelity:
        parts.append(frame[["N", "W", "Resolution"]].to_numpy(np.float32))
    return np.concatenate(parts, axis=1)


def views(count: int, *, plain_only: bool = False) -> list[list[int]]:
    """Column choices of ``count`` ensemble members: in turn all features, and only the official surrogates' own inputs.

    Members with different features have different errors, so their mean is better than more trees of one kind. If the
    official surrogates are rough, only their own inputs matter (``plain_only``): their steps are at values of these.
    """
    width = PLAIN + PRODUCTS + _ONE_HOT.shape[1]
    everything = list(range(width + _GRAPH.shape[1]))
    plain = [*range(PLAIN), *range(PLAIN + PRODUCTS, width)]
    return [plain if plain_only or i % 2 else everything for i in range(count)]
