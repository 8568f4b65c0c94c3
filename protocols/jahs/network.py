"""The network behind a configuration, counted exactly: multiply-adds, parameters, and the graph of its cell.

Terms
-----
architecture  six operations on the edges 1->2, 1->3, 1->4, 2->3, 2->4, 3->4 of the NAS-Bench-201 cell (``OPERATIONS``);
              its index reads them as digits in base 5, ``Op1`` first.
network       a 3x3 stem to W channels; three stages of N cells at W, 2W, 4W channels, joined by residual blocks that
              halve the image (two 3x3 convolutions and a 1x1 shortcut); a linear layer. The image has side
              32 * Resolution. Every convolution is followed by batch normalisation, which is not counted in
              multiply-adds and has two parameters a channel.
path          a path from the cell's input to its output; it is alive if none of its edges is ``zero``.

The benchmark's own counts include every convolution of a cell, also on paths that are not alive. Regressed on them, the
counts below have slope 1.00 if dead edges are counted, and slope 0.97 (R2 0.83) if not.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

OPERATIONS = ("skip", "zero", "conv3x3", "conv1x1", "avgpool3x3")
SKIP, ZERO, CONV3, CONV1, POOL = range(5)
EDGES = 6
ARCHITECTURES: NDArray[np.int64] = np.array(list(itertools.product(range(5), repeat=EDGES)), dtype=np.int64)
"""All 15,625 architectures, shape (15625, 6); row i has index i."""

PATHS: tuple[tuple[int, ...], ...] = ((2,), (0, 4), (1, 5), (0, 3, 5))
"""Edges (0 = Op1) of the four paths from input to output."""

CLASSES = {"cifar10": 10, "colorectal_histology": 8, "fashion_mnist": 10}
"""Classes of each task, which size the linear layer."""
IMAGE_CHANNELS = 3
"""The channels of the input image. Fashion-MNIST is grey, but its rows agree better with three channels than with
one.
"""
IMAGE_SIDE = 32
STAGES = 3

_DIGITS = 5 ** np.arange(EDGES - 1, -1, -1)


def architecture_index(operations: NDArray[np.int64]) -> NDArray[np.int64]:
    """Index in ``ARCHITECTURES`` of every row of ``operations`` (n, 6)."""
    return np.asarray(operations, dtype=np.int64) @ _DIGITS


def operation_counts(operations: NDArray[np.int64]) -> NDArray[np.int64]:
    """How often each operation occurs in the cell, shape (n, 5)."""
    ops = np.asarray(operations)
    return np.stack([(ops == k).sum(axis=1) for k in range(len(OPERATIONS))], axis=1)


def alive_paths(operations: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the four ``PATHS`` are alive, shape (n, 4)."""
    ops = np.asarray(operations)
    return np.stack([(ops[:, list(path)] != ZERO).all(axis=1) for path in PATHS], axis=1)


def stage_shapes(
    width: NDArray[np.float64], resolution: NDArray[np.float64]
) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Channels and pixels of the three stages."""
    side = IMAGE_SIDE * np.asarray(resolution, dtype=np.float64)
    return [(np.asarray(width, dtype=np.float64) * 2**s, np.ceil(side / 2**s) ** 2) for s in range(STAGES)]


def multiply_adds(
    operations: NDArray[np.int64],
    depth: NDArray[np.float64],
    width: NDArray[np.float64],
    resolution: NDArray[np.float64],
    classes: int,
) -> NDArray[np.float64]:
    """Multiply-adds of one forward pass in millions, shape (n,): the benchmark's ``FLOPS`` metric."""
    counts = operation_counts(operations)
    kernel = 9 * counts[:, CONV3] + counts[:, CONV1]
    total = np.zeros(len(counts))
    for stage, (channels, pixels) in enumerate(stage_shapes(width, resolution)):
        entry = 9 * IMAGE_CHANNELS * channels if stage == 0 else _reduction_weights(channels)
        total += (entry + depth * kernel * channels**2) * pixels
    channels = np.asarray(width, dtype=np.float64) * 2 ** (STAGES - 1)
    return np.asarray((total + channels * classes) / 1e6)


def parameters(
    operations: NDArray[np.int64], depth: NDArray[np.float64], width: NDArray[np.float64], classes: int
) -> NDArray[np.float64]:
    """Trainable parameters in millions, shape (n,): the benchmark's ``size_MB`` metric (resolution does not matter)."""
    counts = operation_counts(operations)
    kernel = 9 * counts[:, CONV3] + counts[:, CONV1]
    normalised = counts[:, CONV3] + counts[:, CONV1]
    total = np.zeros(len(counts))
    for stage in range(STAGES):
        channels = np.asarray(width, dtype=np.float64) * 2**stage
        entry = (
            9 * IMAGE_CHANNELS * channels + 2 * channels if stage == 0 else _reduction_weights(channels) + 4 * channels
        )
        total += entry + depth * (kernel * channels**2 + 2 * normalised * channels)
    channels = np.asarray(width, dtype=np.float64) * 2 ** (STAGES - 1)
    return np.asarray((total + 2 * channels + channels * classes + classes) / 1e6)


def _reduction_weights(channels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights of the residual block that doubles the channels to ``channels``."""
    half = channels / 2
    return 9 * half * channels + 9 * channels * channels + half * channels


def graph_features(operations: NDArray[np.int64]) -> NDArray[np.float32]:
    """Numbers that describe the cell's graph, shape (n, 33). A tree would need many splits to find them.

    For each path: whether it is alive, and its numbers of 3x3 convolutions, 1x1 convolutions and poolings. For each
    operation: how often it occurs on edges of living paths, and on all edges. For the cell: the longest and the
    shortest chain of convolutions, the widest chain of 3x3 windows, and the numbers of living paths and of used edges.
    """
    ops = np.asarray(operations)
    alive = alive_paths(ops)
    used = np.stack([alive[:, [i for i, p in enumerate(PATHS) if e in p]].any(axis=1) for e in range(EDGES)], axis=1)
    conv, window = np.isin(ops, (CONV3, CONV1)), np.isin(ops, (CONV3, POOL))
    columns: list[NDArray[Any]] = []
    for i, path in enumerate(PATHS):
        columns.append(alive[:, i])
        columns += [alive[:, i] * (ops[:, list(path)] == k).sum(axis=1) for k in (CONV3, CONV1, POOL)]
    columns += [((ops == k) & used).sum(axis=1) for k in range(5)]
    columns += [(ops == k).sum(axis=1) for k in range(5)]
    chain = np.stack([conv[:, list(p)].sum(axis=1) for p in PATHS], axis=1)
    columns += [(alive * chain).max(axis=1), np.where(alive, chain, EDGES).min(axis=1)]
    columns.append((alive * np.stack([window[:, list(p)].sum(axis=1) for p in PATHS], axis=1)).max(axis=1))
    columns += [alive.sum(axis=1), used.sum(axis=1)]
    columns += [9 * columns[18] + columns[19], 9 * columns[23] + columns[24]]
    return np.stack([np.asarray(c, dtype=np.float32) for c in columns], axis=1)
