"""Prices of latency and runtime: positive sums over the parts of the network, so that a larger network always costs
more.

A *price* is ``sum_k theta_k phi_k`` with every theta > 0 and every part phi_k non-decreasing in N, W and Resolution,
some of them strictly: work of the cells' operations (pixels x channels, or x channels squared for convolutions), of
the stem and residual blocks, and a constant. The thetas are fitted by non-negative least squares, for each activation,
to the early surrogate's latencies. Runtime of an epoch is a constant plus a multiple of the latency price.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import nnls

from protocols.jahs.fit.rows import ACTIVATIONS
from protocols.jahs.network import CONV1, CONV3, ZERO, stage_shapes

FLOOR = 1e-3
"""Smallest share of the mean price that each strictly increasing part keeps."""
ROUNDS = 4


def parts(counts: NDArray[np.int64], frame: pd.DataFrame) -> NDArray[np.float64]:
    """The parts phi_k of every row; ``counts`` (n, 5) are its operation counts."""
    depth = frame["N"].to_numpy(np.float64)
    shapes = stage_shapes(frame["W"].to_numpy(np.float64), frame["Resolution"].to_numpy(np.float64))
    volume = sum(pixels * channels for channels, pixels in shapes) / 1e5
    work = sum(pixels * channels**2 for channels, pixels in shapes) / 1e6
    edges = (volume * depth, work * depth)
    columns = [edges[0], volume, work, depth, np.ones(len(frame))]
    columns += [edges[0] * counts[:, k] for k in range(5) if k != ZERO]
    columns += [edges[1] * counts[:, k] for k in (CONV3, CONV1)]
    columns += [depth * counts[:, k] for k in (CONV3, CONV1)]
    return np.stack(columns, axis=1)


STRICT = (0, 1)
"""Parts kept above the floor: cells (increasing in N, W, Resolution) and stem."""


def fit_latency(counts: NDArray[np.int64], frame: pd.DataFrame, latency: NDArray[np.float64]) -> NDArray[np.float64]:
    """Thetas, shape (activations, parts), by least squares of the relative error, reweighted ``ROUNDS`` times.

    The early surrogate's error does not shrink with its latencies, so errors are taken relative to the latency plus
    0.02.
    """
    every = parts(counts, frame)
    activation = frame["Activation"].to_numpy(object)
    thetas = []
    for name in ACTIVATIONS:
        rows, target = every[activation == name], latency[activation == name]
        weight = 1 / (np.abs(target) + 0.1)
        for _ in range(ROUNDS):
            theta = nnls(rows * weight[:, None], target * weight)[0]
            weight = 1 / (rows @ theta + 0.02)
        mean = rows.mean(axis=0)
        for k in STRICT:
            theta[k] = max(theta[k], FLOOR * float(mean @ theta) / mean[k])
        thetas.append(theta)
    return np.array(thetas)


def latency_price(thetas: NDArray[np.float64], counts: NDArray[np.int64], frame: pd.DataFrame) -> NDArray[np.float64]:
    """The latency price of every row."""
    activation = frame["Activation"].to_numpy(object)
    which = np.select([activation == name for name in ACTIVATIONS], range(len(ACTIVATIONS)))
    return np.asarray((parts(counts, frame) * thetas[which]).sum(axis=1))


def fit_epoch(price: NDArray[np.float64], seconds: NDArray[np.float64]) -> tuple[float, float]:
    """(constant, factor) of the seconds an epoch takes as a function of the latency price; both positive."""
    weight = 1 / seconds
    design = np.column_stack([np.ones_like(price), price]) * weight[:, None]
    constant, factor = nnls(design, seconds * weight)[0]
    least = 0.01 * float(seconds.mean())
    return max(float(constant), least), max(float(factor), least / float(price.mean()))
