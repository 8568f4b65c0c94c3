"""From a pickled pipeline to models of the project's form: one per output."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.base.budget import Budget
from harness.sources.foreign.booster import Booster, RawTree
from harness.sources.foreign.columns import Inputs, read_columns
from harness.sources.foreign.errors import UnsupportedModel
from harness.sources.foreign.estimator import read_estimator
from harness.sources.foreign.records import Record, describe, pairs, plain_list
from harness.sources.foreign.target import read_target
from harness.sources.models.model import Model
from harness.sources.models.trees import Trees

POSITIVE = frozenset({"LearningRate", "WeightDecay", "N", "W", "Resolution", "epoch"})
"""Columns that are never zero in the design space, so it does not matter where a zero would go."""
LARGEST = np.finfo(np.float32).max


def translate(pipeline: Any, headers: list[str] | None, budget: Budget) -> list[Model]:
    """The models of a pickled ``Pipeline`` of a ColumnTransformer and a regressor, in the order of its outputs.

    OverBudget if they take too much, as where an output is there thousands of times.
    """
    if not isinstance(pipeline, Record) or not pipeline.is_a("sklearn", "Pipeline"):
        raise UnsupportedModel(f"it contains {describe(pipeline)} instead of a scikit-learn Pipeline")
    what = "the steps of its Pipeline"
    steps = pairs(plain_list(pipeline.state.get("steps"), what, budget), what)
    steps = [step for step in steps if step[1] is not None and step[1] != "passthrough"]
    if len(steps) != 2:
        raise UnsupportedModel(f"its Pipeline has {len(steps)} steps where an encoder and a regressor are expected")
    inputs = read_columns(steps[0][1], headers, budget)
    version = pipeline.state.get("_sklearn_version")
    models: list[Model] = []
    for estimator, target in read_target(steps[1][1], budget):
        booster, zeros_missing = read_estimator(estimator, budget)
        if booster.features != len(inputs.feature):
            raise UnsupportedModel(
                f"its booster takes {booster.features} features where its ColumnTransformer makes {len(inputs.feature)}"
            )
        base, link = target.link(booster.base_score)
        card = {
            "kind": "imported",
            "trees": len(booster.trees),
            "form": booster.form,
            "scikit-learn": version if isinstance(version, str) else None,
            "transform": "bounded sigmoid" if link.squash else "none" if link.slope == 1.0 else "min-max",
        }
        trees = _trees(booster, inputs, inputs.sparse or zeros_missing, abs(base))
        models.append(Model(inputs.encoder, trees, base, link, card))
    return models


def _trees(booster: Booster, inputs: Inputs, zeros_missing: bool, bound: float) -> Trees:
    place = np.array(inputs.feature, np.int64)
    names = [c.name for c in inputs.encoder.columns]
    risky = np.array([not b and names[f] not in POSITIVE for f, b in zip(inputs.feature, inputs.binary, strict=True)])
    packed: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]] = []
    for tree in booster.trees:
        left, right, value = tree.left, tree.right, tree.value
        inner = left >= 0
        feature = np.where(inner, tree.feature, 0)
        if zeros_missing:
            left, right, value = _zeros_by_default(tree, feature, np.array(inputs.binary), risky)
        value = np.where(inner, np.clip(value, -LARGEST, LARGEST), value)  # an infinite threshold splits nothing
        reached = np.where(np.isfinite(value), value, np.float32(0))  # deleted nodes may hold anything
        packed.append((np.where(inner, left, -1), np.where(inner, right, -1), place[feature], reached))
    return Trees.build(packed, bound)


def _zeros_by_default(
    tree: RawTree, feature: NDArray[np.int64], binary: NDArray[np.bool_], risky: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """The same tree for dense inputs: a zero goes where a missing value went.

    With x in {0, 1} every split has an equivalent of the form x < threshold, its children swapped if need be.
    """
    inner = tree.left >= 0
    wrong = inner & ((tree.value > 0) != tree.default_left)
    if (wrong & risky[feature]).any():
        raise UnsupportedModel("its booster takes zeros of a numeric column for missing values, which is not supported")
    wrong &= binary[feature]
    one_left = tree.value > 1
    value = tree.value.copy()
    value[wrong & tree.default_left] = 0.5  # 0 left, 1 right
    value[wrong & ~tree.default_left & ~one_left] = -1.0  # both right
    swap = wrong & ~tree.default_left & one_left  # 0 right, 1 left
    value[swap] = 0.5
    return np.where(swap, tree.right, tree.left), np.where(swap, tree.left, tree.right), value
