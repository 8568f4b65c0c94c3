"""XGBoost's older binary model form (written by default up to 1.x, by request up to 3.0).

::

    [b"binf" | b"CONFIG-offset:" int64]           optional headers
    learner parameters, 136 bytes; objective and booster names (uint64 length + bytes each)
    booster parameters, 160 bytes; per tree: 148 bytes of parameters, 20 bytes per node, 16 bytes of statistics per node
    int32 output group per tree; attributes: uint64 count, then (key, value) strings
"""

from __future__ import annotations

import numpy as np

from harness.base.budget import Budget
from harness.sources.foreign.booster import NODE, TREE, Booster, RawTree, make_booster
from harness.sources.foreign.errors import DamagedFile, UnsupportedModel
from harness.sources.foreign.stream import Stream

_LEARNER = np.dtype(
    [("base_score", "<f4"), ("num_feature", "<u4"), ("num_class", "<i4"), ("has_attributes", "<i4"), ("rest", "V120")]
)
_BOOSTER = np.dtype(
    [("num_trees", "<i4"), ("num_roots", "<i4"), ("num_feature", "<i4"), ("pad", "<i4"), ("num_pbuffer", "<i8"),
     ("num_output_group", "<i4"), ("size_leaf_vector", "<i4"), ("rest", "V128")]
)  # fmt: skip
_TREE = np.dtype(
    [("num_roots", "<i4"), ("num_nodes", "<i4"), ("num_deleted", "<i4"), ("max_depth", "<i4"), ("num_feature", "<i4"),
     ("size_leaf_vector", "<i4"), ("rest", "V124")]
)  # fmt: skip
_NODE = np.dtype([("parent", "<i4"), ("left", "<i4"), ("right", "<i4"), ("split", "<u4"), ("value", "<f4")])
_STATISTICS = 16
_OFFSET = b"CONFIG-offset:"  # the size of the model follows, and after the model its configuration as JSON
_DEFAULT_LEFT = np.uint32(1 << 31)


def read_binary(data: bytes, rounds: int | None, per_round: int, budget: Budget) -> Booster:
    """A booster from the binary form; ``per_round`` (trees per boosting round) is not stored in it."""
    stream = Stream(data, budget)
    if data.startswith(_OFFSET):
        stream.take(len(_OFFSET))
        size = stream.unsigned(8)
        if size > len(data) - stream.position or not data.endswith(b"}"):
            raise DamagedFile("its booster is cut off")
    if stream.data.startswith(b"binf", stream.position):
        stream.take(4)
    learner = np.frombuffer(stream.take(_LEARNER.itemsize), _LEARNER)[0]
    objective, name = (_text(stream) for _ in range(2))
    if name != "gbtree":
        raise UnsupportedModel(f"its booster is of the kind {name[:40]!r}; only 'gbtree' can be translated")
    booster = np.frombuffer(stream.take(_BOOSTER.itemsize), _BOOSTER)[0]
    count = int(booster["num_trees"])
    if not 0 <= count <= len(data) // _TREE.itemsize:
        raise DamagedFile(f"its booster claims {count} trees in {len(data)} bytes")
    if int(booster["num_output_group"]) > 1:
        raise UnsupportedModel("its booster predicts several outputs at once; train one booster per output")
    trees = [_tree(stream, number) for number in range(count)]
    groups = np.frombuffer(stream.take(4 * count), "<i4")
    if rounds is None and int(learner["has_attributes"]) and not int(booster["num_pbuffer"]):
        rounds = _best_round(stream)
    return make_booster(
        trees=trees,
        groups=groups,
        base_score=float(learner["base_score"]),
        features=int(learner["num_feature"]),
        classes=int(learner["num_class"]),
        name=name,
        objective=objective,
        rounds=rounds,
        per_round=per_round,
        form="binary",
    )


def _text(stream: Stream) -> str:
    return stream.sized(8).decode("utf-8", "replace")


def _tree(stream: Stream, number: int) -> RawTree:
    param = np.frombuffer(stream.take(_TREE.itemsize), _TREE)[0]
    size = int(param["num_nodes"])
    if size <= 0 or int(param["num_roots"]) > 1:
        raise DamagedFile(f"tree {number} of its booster claims {size} nodes and {int(param['num_roots'])} roots")
    if int(param["size_leaf_vector"]) > 1:
        raise UnsupportedModel("its booster has leaves with several outputs; train one booster per output")
    nodes = np.frombuffer(stream.take(size * _NODE.itemsize), _NODE)
    stream.take(size * _STATISTICS)
    stream.budget.spend(TREE)
    stream.budget.charge(NODE * size)
    return RawTree(
        nodes["left"].astype(np.int64),
        nodes["right"].astype(np.int64),
        (nodes["split"] & ~_DEFAULT_LEFT).astype(np.int64),
        nodes["value"].astype(np.float32),
        (nodes["split"] & _DEFAULT_LEFT) != 0,
    )


def _best_round(stream: Stream) -> int | None:
    for _ in range(stream.unsigned(8)):
        key, value = _text(stream), _text(stream)
        if key == "best_iteration" and value.isdigit():
            return int(value) + 1
    return None
