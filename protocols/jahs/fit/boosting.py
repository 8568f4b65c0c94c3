"""XGBoost as this project uses it: fixed seeds and threads, and the trees taken out as plain arrays.

The same rows give the same bytes: histogram trees, a fixed number of threads and seeded sampling.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Must be set before xgboost loads: threads that spin while they wait slow down a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
import xgboost

from harness.sources.models.trees import Trees

THREADS = 2
Tree = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]


@dataclass(frozen=True)
class Boosting:
    """Settings of one booster. ``nodes``: the share of features that a split may use. ``rows``: the share of rows that
    a tree is fitted on. ``leaf``: the least weight in a leaf (min_child_weight). ``ridge``: the L2 penalty on leaf
    values (reg_lambda).
    """

    trees: int
    depth: int
    rate: float
    nodes: float = 0.3
    rows: float = 0.8
    leaf: float = 1.0
    ridge: float = 1.0
    seed: int = 0
    bins: int = 256
    logistic: bool = False
    increasing: tuple[int, ...] = ()
    """Columns in which the prediction may not fall."""


def scaled(settings: Boosting, trees: float) -> Boosting:
    """The settings with the number of trees times ``trees``, at least one."""
    return replace(settings, trees=max(1, round(settings.trees * trees)))


@dataclass(frozen=True)
class Booster:
    """A trained booster over the chosen ``columns`` of a feature matrix."""

    fitted: Any
    columns: tuple[int, ...] | None

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """The sum of the trees (before any logistic link), shape (n,)."""
        chosen = features if self.columns is None else features[:, list(self.columns)]
        return np.asarray(self.fitted.inplace_predict(chosen, predict_type="margin"), dtype=np.float64)

    def trees(self) -> list[Tree]:
        """(left, right, feature, value) of every tree, features numbered as in the full matrix."""
        model = json.loads(self.fitted.save_raw("json"))["learner"]["gradient_booster"]["model"]
        return [_tree(entry, self.columns) for entry in model["trees"]]

    def base(self) -> float:
        """The constant the trees are added to."""
        text = json.loads(self.fitted.save_config())["learner"]["learner_model_param"]["base_score"]
        return float(str(text).strip("[]"))


def train(
    features: NDArray[np.float32],
    target: NDArray[np.float64],
    settings: Boosting,
    weights: NDArray[np.float64] | None = None,
    columns: Sequence[int] | None = None,
) -> Booster:
    """Fits squared error (or the logistic loss), optionally on some ``columns`` of the features only."""
    chosen = features if columns is None else features[:, list(columns)]
    constraints = [0] * chosen.shape[1]
    for column in settings.increasing:
        constraints[column if columns is None else list(columns).index(column)] = 1
    parameters = {
        "objective": "binary:logistic" if settings.logistic else "reg:squarederror",
        "max_depth": settings.depth, "eta": settings.rate, "colsample_bynode": settings.nodes,
        "subsample": settings.rows, "min_child_weight": settings.leaf, "reg_lambda": settings.ridge,
        "max_bin": settings.bins, "seed": settings.seed, "nthread": THREADS, "tree_method": "hist",
        "base_score": 0.5 if settings.logistic else float(np.average(target, weights=weights)),
    }  # fmt: skip
    if settings.increasing:
        parameters["monotone_constraints"] = "(" + ",".join(map(str, constraints)) + ")"
    matrix = xgboost.QuantileDMatrix(chosen, target, weight=weights, max_bin=settings.bins, nthread=THREADS)
    fitted = xgboost.train(parameters, matrix, settings.trees)
    return Booster(fitted, None if columns is None else tuple(columns))


@dataclass(frozen=True)
class Ensemble:
    """The mean of several boosters. It is large, and teaches a small model."""

    members: tuple[Booster, ...]

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Mean of the members' predictions, shape (n,)."""
        return np.asarray(np.mean([member.predict(features) for member in self.members], axis=0))


def train_ensemble(
    features: NDArray[np.float32],
    target: NDArray[np.float64],
    settings: Boosting,
    weights: NDArray[np.float64] | None,
    views: Sequence[Sequence[int]],
) -> Ensemble:
    """One booster for each view (a choice of columns), each with its own seed."""
    members = [
        train(features, target, replace(settings, seed=settings.seed + i), weights, view)
        for i, view in enumerate(views)
    ]
    return Ensemble(tuple(members))


def pack(boosters: Sequence[Booster]) -> tuple[Trees, float]:
    """The trees of all boosters together in the harness's own form, and the constant to which they are added."""
    base = sum(booster.base() for booster in boosters)
    return Trees.build([tree for booster in boosters for tree in booster.trees()], abs(base)), base


def _tree(entry: dict[str, Any], columns: tuple[int, ...] | None) -> Tree:
    left = np.asarray(entry["left_children"], dtype=np.int64)
    right = np.asarray(entry["right_children"], dtype=np.int64)
    feature = np.asarray(entry["split_indices"], dtype=np.int64)
    if columns is not None:
        feature = np.asarray(columns, dtype=np.int64)[feature]
    return left, right, feature, np.asarray(entry["split_conditions"], dtype=np.float32)
