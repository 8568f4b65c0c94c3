"""A boosted-tree model as read from any of XGBoost's serialised forms, before it is fitted to an encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.sources.foreign.errors import DamagedFile, UnsupportedModel

IDENTITY_OBJECTIVES = frozenset(
    {"reg:squarederror", "reg:linear", "reg:squaredlogerror", "reg:pseudohubererror", "reg:absoluteerror"}
)
"""Objectives whose prediction is the plain sum of the leaves plus the base score."""


NODE, TREE = 96, 20
"""Of a reader's budget: bytes that a node takes from here to its packed form, and objects that a tree counts for."""


@dataclass(frozen=True)
class RawTree:
    """Flat arrays, one entry per node: child indices (-1 at leaves), feature, threshold or leaf value, default side."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    feature: NDArray[np.int64]
    value: NDArray[np.float32]
    default_left: NDArray[np.bool_]


@dataclass(frozen=True)
class Booster:
    """``base_score`` plus the sum of the trees, those after early stopping's best round already left out."""

    trees: list[RawTree]
    base_score: float
    features: int
    form: str


def make_booster(
    *,
    trees: list[RawTree],
    groups: Any,
    base_score: float,
    features: int,
    classes: int,
    name: str,
    objective: str,
    rounds: int | None,
    per_round: int,
    form: str,
) -> Booster:
    """Checks what all forms have in common; ``rounds`` is the number of boosting rounds to keep, None for all."""
    if name != "gbtree":
        raise UnsupportedModel(f"its booster is of the kind {name!r}; only 'gbtree' can be translated")
    if objective not in IDENTITY_OBJECTIVES:
        raise UnsupportedModel(f"its booster was trained for {objective!r}; only plain regression can be translated")
    try:
        several = classes > 1 or bool(np.asarray(groups, np.int64).any())
    except (ValueError, TypeError, OverflowError):
        raise DamagedFile("its booster has output groups that are not integers") from None
    if several:
        raise UnsupportedModel("its booster predicts several outputs at once; train one booster per output")
    if not np.isfinite(base_score):
        raise DamagedFile("its booster has a base score that is not a number")
    if not trees:
        raise DamagedFile("its booster has no trees")
    if rounds is not None and rounds > 0:
        trees = trees[: rounds * max(per_round, 1)]
    for number, tree in enumerate(trees):
        check_tree(tree, number, features)
    return Booster(trees, base_score, features, form)


def check_tree(tree: RawTree, number: int, features: int) -> None:
    """Refuses thresholds that are not numbers and children or features that do not exist."""
    size = len(tree.left)
    if size == 0 or not size == len(tree.right) == len(tree.feature) == len(tree.value) == len(tree.default_left):
        raise DamagedFile(f"tree {number} of its booster is empty or its arrays differ in length")
    inner = tree.left >= 0
    if np.isnan(tree.value[inner]).any():
        node = int(np.flatnonzero(inner & np.isnan(tree.value))[0])
        raise DamagedFile(f"tree {number} of its booster has a threshold that is not a number (NaN) at node {node}")
    leaf = ~inner & (tree.feature != -1)
    if not np.isfinite(tree.value[leaf]).all():
        raise DamagedFile(f"tree {number} of its booster has a leaf that is not a finite number")
    for child in (tree.left[inner], tree.right[inner]):
        if ((child <= 0) | (child >= size)).any():
            raise DamagedFile(f"tree {number} of its booster leads to a node that does not exist")
    used = tree.feature[inner]
    if ((used < 0) | (used >= features)).any():
        raise DamagedFile(f"tree {number} of its booster splits on a feature beyond its {features}")
