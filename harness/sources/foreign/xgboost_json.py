"""XGBoost's JSON and UBJSON documents: ``{"Config", "Model"}`` as pickled, or the model alone.

Each tree is turned into flat arrays as soon as its object is read, so the document never exists as Python lists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from harness.base.budget import Budget
from harness.base.documents import load_json
from harness.sources.foreign.booster import NODE, TREE, Booster, RawTree, make_booster
from harness.sources.foreign.errors import DamagedFile, UnsupportedModel
from harness.sources.foreign.records import describe
from harness.sources.foreign.ubjson import Reader

_FLAT = ("split_conditions", "left_children", "right_children", "split_indices", "default_left", "split_type")


def read_json(data: bytes, rounds: int | None, per_round: int, budget: Budget) -> Booster:
    """A booster from JSON text. OverBudget if it takes too much to read."""
    try:
        document = load_json(data, budget, hook=_hook(budget))
    except (ValueError, RecursionError) as error:
        raise DamagedFile(f"its booster is not valid JSON ({type(error).__name__})") from None
    return _booster(document, rounds, per_round, "JSON")


def read_ubjson(data: bytes, rounds: int | None, per_round: int, budget: Budget) -> Booster:
    """A booster from Universal Binary JSON. OverBudget if it takes too much to read."""
    return _booster(Reader(data, _hook(budget), budget).value(), rounds, per_round, "UBJSON")


def _hook(budget: Budget) -> Callable[[dict[str, Any]], Any]:
    def hook(found: dict[str, Any]) -> Any:
        return _tree(found, budget) if "split_conditions" in found and "left_children" in found else found

    return hook


def _tree(found: Mapping[str, Any], budget: Budget) -> RawTree:
    budget.spend(TREE)
    for name in _FLAT:
        value = found.get(name)
        if isinstance(value, list | np.ndarray):
            budget.charge(NODE // len(_FLAT) * len(value))
    try:
        with np.errstate(over="ignore"):
            value = np.array(found["split_conditions"], np.float32)
        left, right = np.array(found["left_children"], np.int64), np.array(found["right_children"], np.int64)
        feature = np.array(found["split_indices"], np.int64)
        default = np.array(found.get("default_left", np.zeros(len(left))), np.float64) != 0
        kinds = np.asarray(found.get("split_type", []), np.int64)
        categories = len(found.get("categories_nodes", []))
        width = int(found.get("tree_param", {}).get("size_leaf_vector", 0))
    except (KeyError, ValueError, TypeError, OverflowError, AttributeError) as error:
        raise DamagedFile(f"a tree of its booster is incomplete ({type(error).__name__})") from None
    if any(a.ndim != 1 for a in (left, right, feature, value, default)):
        raise DamagedFile("a tree of its booster has arrays that are not flat")
    if kinds.any() or categories:
        raise UnsupportedModel("its booster has categorical splits; encode categories before training")
    if width > 1:
        raise UnsupportedModel("its booster has leaves with several outputs; train one booster per output")
    return RawTree(left, right, feature, value, default)


def _member(value: Any, *path: str) -> Any:
    for key in path:
        if not isinstance(value, dict) or key not in value:
            raise DamagedFile(f"its booster lacks the entry {'/'.join(path)}")
        value = value[key]
    return value


def _optional(value: Any, *path: str) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _number(value: Any, what: str) -> float:
    text = value.strip("[]") if isinstance(value, str) else value  # XGBoost 3 writes a list of one
    if isinstance(text, np.ndarray) and text.size == 1:
        text = text.item()
    if isinstance(text, list) and len(text) == 1:
        text = text[0]
    try:
        return float(text)
    except (TypeError, ValueError):
        raise DamagedFile(f"its booster has {describe(value)} for its {what}") from None


def _booster(document: Any, rounds: int | None, per_round: int, form: str) -> Booster:
    model = _optional(document, "Model") or document
    learner = _member(model, "learner")
    gradient = _member(learner, "gradient_booster")
    name = _member(gradient, "name")
    if name != "gbtree":
        raise UnsupportedModel(f"its booster is of the kind {describe(name)}; only 'gbtree' can be translated")
    if "weight_drop" in gradient or "weight_drop" in _member(gradient, "model"):
        raise UnsupportedModel("its booster weighs its trees (dart); only 'gbtree' can be translated")
    trees = _member(gradient, "model", "trees")
    if not isinstance(trees, list) or not all(isinstance(tree, RawTree) for tree in trees):
        raise DamagedFile("its booster has a tree without nodes")
    claimed = int(_number(_member(gradient, "model", "gbtree_model_param", "num_trees"), "number of trees"))
    if claimed != len(trees):
        raise DamagedFile(f"its booster claims {claimed} trees and has {len(trees)}")
    if rounds is None:
        best = _optional(learner, "attributes", "best_iteration")
        rounds = None if best is None else int(_number(best, "best iteration")) + 1
    stated = _optional(gradient, "model", "gbtree_model_param", "num_parallel_tree") or _optional(
        document, "Config", "learner", "gradient_booster", "gbtree_train_param", "num_parallel_tree"
    )
    param = _member(learner, "learner_model_param")
    targets = int(_number(_optional(param, "num_target") or 1, "number of targets"))
    return make_booster(
        trees=trees,
        groups=_member(gradient, "model", "tree_info"),
        base_score=_number(_member(param, "base_score"), "base score"),
        features=int(_number(_member(param, "num_feature"), "number of features")),
        classes=max(targets, int(_number(_member(param, "num_class"), "number of classes"))),
        name=name,
        objective=str(_member(learner, "objective", "name")),
        rounds=rounds,
        per_round=int(_number(stated or per_round, "trees per round")),
        form=form,
    )
