"""Two small surrogate sets of the JAHS columns, ``toy`` and ``clockwork``, as models to write to a folder.

``toy`` has the shape of a real set: smooth, a little rough, every metric of every task. ``clockwork`` is arithmetic one
can do in the head, for stories whose event log is compared with a literal list; see ``clockwork_models``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from harness.sources.models.files import ModelWriter
from harness.sources.models.model import Column, Encoder, Link, Lookup, Model, OneHot
from harness.sources.models.trees import TreeArrays, Trees
from protocols.jahs.space import FIDELITIES, SPACE, columns

LEVELS = {name: p.choices for name, p in (*SPACE.items(), *FIDELITIES.items()) if hasattr(p, "choices")}
INPUTS = tuple(Column(name, LEVELS.get(name)) for name in (*SPACE, *FIDELITIES))
AT = {column.name: i for i, column in enumerate(INPUTS)}


def write_set(path: Path, models: Mapping[str, Mapping[str, Model]], constants: Mapping[str, dict[str, Any]]) -> None:
    """A surrogate set with the JAHS columns."""
    with ModelWriter(path, path.name, columns=columns(), about={"what": "made for the tests"}) as writer:
        for task, metrics in models.items():
            for metric, model in metrics.items():
                writer.add_model(task, metric, model)
            writer.set_constants(task, constants[task])


def clockwork_models() -> dict[str, Model]:
    """runtime = epoch seconds; valid-acc = 100 LearningRate; test-acc = 90 LearningRate; latency = 1000 WeightDecay.

    The rest is constant: train-acc 50, size_MB 1, FLOPS 2.
    """
    encoder = Encoder(INPUTS)

    def linear(constant: float, **weights: float) -> Model:
        link = Link(constant, constant, weights=tuple((AT[name], w) for name, w in weights.items()))
        return Model(encoder, Trees.none(), 0.0, link, {"kind": "arithmetic"})

    return {
        "valid-acc": linear(0.0, LearningRate=100.0),
        "test-acc": linear(0.0, LearningRate=90.0),
        "train-acc": linear(50.0),
        "latency": linear(0.0, WeightDecay=1000.0),
        "runtime": linear(0.0, epoch=1.0),
        "size_MB": linear(1.0),
        "FLOPS": linear(2.0),
    }


def toy_models(seed: int) -> dict[str, Model]:
    """Accuracies of 10 to 95 % that rise with the epoch, times and sizes that rise with every fidelity."""
    rng = np.random.default_rng(seed)
    log_epoch = Lookup((AT["epoch"],), (200,), (1,), np.log(np.arange(1, 201, dtype=np.float32))[:, None])
    onehots = tuple(OneHot(AT[f"Op{edge}"], (0, 1, 2, 3, 4)) for edge in range(1, 7))
    encoder = Encoder(INPUTS, (log_epoch, *onehots))
    log_epoch_at = len(INPUTS)
    ops_at = range(log_epoch_at + 1, encoder.size)
    rates = np.exp(np.linspace(np.log(1e-3), 0.0, 40))

    def quality(scale: float) -> list[Any]:
        trees = [stump(AT["epoch"], cut, -0.3, 0.2) for cut in (2, 4, 8, 16, 32, 64, 128, 199)]
        trees += [stump(AT["LearningRate"], cut, -0.05, 0.05) for cut in rates[:25]]
        trees += [stump(AT["LearningRate"], cut, 0.08, -0.08) for cut in rates[25:]]
        trees += [stump(AT[name], cut, -0.2, 0.2) for name, cut in (("N", 0.5), ("N", 1.5), ("W", 0.5), ("W", 1.5))]
        trees += [stump(at, 0.5, 0.0, float(step)) for at, step in zip(ops_at, rng.normal(0, 0.4, 30), strict=True)]
        return trees + [bushy(rng, encoder.size, 4, 0.05 * scale) for _ in range(20)]

    def growing(lower: float, upper: float, **weights: float) -> Model:
        linear = tuple((AT[name], w) for name, w in weights.items())
        if "epoch" in weights:
            linear = tuple((log_epoch_at if at == AT["epoch"] else at, w) for at, w in linear)
        # Trees that never look at a fidelity keep the metric rising along every axis.
        trees = Trees.build([bushy(rng, 10, 3, 0.05) for _ in range(10)])
        return Model(encoder, trees, 0.0, Link(lower, upper, exp=True, weights=linear), {"kind": "toy"})

    def bounded(scale: float) -> Model:
        return Model(encoder, Trees.build(quality(scale)), 0.0, Link(10.0, 95.0, squash=True), {"kind": "toy"})

    return {
        "valid-acc": bounded(1.0),
        "test-acc": bounded(1.0),
        "train-acc": bounded(0.5),
        "latency": growing(-5.0, -4.0, N=0.4, W=0.3, Resolution=0.2),
        "runtime": growing(2.0, 3.0, epoch=1.0, N=0.3, W=0.2, Resolution=0.5),
        "size_MB": growing(-2.0, -1.0, N=0.5, W=0.6),
        "FLOPS": growing(1.0, 2.0, N=0.5, W=0.6, Resolution=1.2),
    }


def stump(feature: int, threshold: float, left: float, right: float) -> TreeArrays:
    """A tree of one split."""
    return np.array([1, -1, -1]), np.array([2, -1, -1]), np.array([feature, 0, 0]), np.array([threshold, left, right])


def bushy(rng: np.random.Generator, features: int, depth: int, scale: float) -> TreeArrays:
    """A complete tree with random splits in (0, 1) and normal leaves."""
    inner = np.arange(2**depth - 1)
    left, right = np.full(2 ** (depth + 1) - 1, -1), np.full(2 ** (depth + 1) - 1, -1)
    left[inner], right[inner] = 2 * inner + 1, 2 * inner + 2
    value = rng.normal(0.0, scale, len(left))
    value[inner] = rng.random(len(inner))
    return left, right, rng.integers(0, features, len(left)), value
