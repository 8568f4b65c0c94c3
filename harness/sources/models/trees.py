"""Boosted regression trees as flat arrays, and the checks that make it safe to walk them.

A tree has XGBoost's semantics: a row goes to the left child where ``x[feature] < threshold`` (float32). A node takes
8 bytes (``NODE`` of ``harness.sources.store``): ``value``, the threshold of an inner node or the value of a leaf, and
``link = child_offset << FEATURE_BITS | feature``. ``child_offset`` is the distance from a node to its left child; the
right child follows the left one. An offset of 0 marks a leaf.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import SurrogateError
from harness.sources.store import NODE

TreeArrays = tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]
"""(left, right, feature, value) of one tree, see ``Trees.build``."""

FEATURE_BITS = 10
MAX_FEATURES = 1 << FEATURE_BITS
MAX_TREE_NODES = 1 << (32 - FEATURE_BITS)
MAX_DEPTH = 512


@dataclass(frozen=True)
class Trees:
    """Boosted trees: ``roots`` (n_trees,) int32 node indices, ``nodes`` (n_nodes,) of dtype ``NODE``."""

    roots: NDArray[np.int32]
    nodes: NDArray[np.void]

    @staticmethod
    def none() -> Trees:
        """No trees, for metrics that a formula gives."""
        return Trees(np.zeros(0, np.int32), np.zeros(0, NODE))

    @staticmethod
    def build(trees: Sequence[TreeArrays], bound: float = 0.0) -> Trees:
        """Packs trees, each given as arrays (left, right, feature, value) with an element per node.

        ``left`` and ``right``: indices of child nodes, -1 at leaves; ``value``: a threshold or the value of a leaf.
        Unreachable nodes are dropped, siblings become neighbours (breadth first).

        The values of leaves are rounded to a multiple of a tiny power of two (``exact_step`` of the largest possible
        sum plus ``bound``). So every partial sum is exact in double precision, and the result depends neither on the
        order of summation nor on the processor.

        SurrogateError for NaN values, for children that do not exist or form a cycle, and for trees that are too large.
        """
        roots: list[int] = []
        parts: list[NDArray[np.void]] = []
        start = 0
        for number, (left, right, feature, value) in enumerate(trees):
            packed = _pack(number, np.asarray(left), np.asarray(right), np.asarray(feature), np.asarray(value))
            roots.append(start)
            parts.append(packed)
            start += len(packed)
        nodes = np.concatenate(parts) if parts else np.zeros(0, NODE)
        leaf = nodes["link"] >> FEATURE_BITS == 0
        largest = [float(np.abs(p["value"][p["link"] >> FEATURE_BITS == 0]).max()) for p in parts]
        step = exact_step(sum(largest) + bound)
        nodes["value"][leaf] = (np.round(nodes["value"][leaf].astype(np.float64) / step) * step).astype(np.float32)
        return Trees(np.array(roots, np.int32), nodes)


def exact_step(total: float) -> float:
    """A power of two. Its multiples up to ``total`` add exactly in double precision."""
    return float(2.0 ** (np.ceil(np.log2(max(total, 2.0**-20))) - 51))


def _pack(
    number: int, left: NDArray[Any], right: NDArray[Any], feature: NDArray[Any], value: NDArray[Any]
) -> NDArray[np.void]:
    if len(left) == 0 or len({len(left), len(right), len(feature), len(value)}) != 1:
        raise SurrogateError(f"tree {number} is empty or its arrays differ in length")
    if not np.isfinite(value).all():
        raise SurrogateError(f"tree {number} has a threshold or leaf that is not a finite number")
    order = [np.zeros(1, np.int64)]  # breadth first, level by level, children of a level interleaved left/right
    while True:
        level = order[-1]
        inner = level[left[level] >= 0]
        if len(inner) == 0:
            break
        children = np.stack([left[inner], right[inner]], axis=1).ravel().astype(np.int64)
        if (children <= 0).any() or (children >= len(left)).any() or sum(map(len, order)) + len(children) > len(left):
            raise SurrogateError(f"tree {number} has a child index that leads nowhere or back up the tree")
        if len(order) > MAX_DEPTH:
            raise SurrogateError(f"tree {number} is deeper than the {MAX_DEPTH} levels supported")
        order.append(children)
    nodes = np.concatenate(order)
    if len(np.unique(nodes)) != len(nodes):
        raise SurrogateError(f"tree {number} reaches a node by two ways")
    if len(nodes) >= MAX_TREE_NODES:
        raise SurrogateError(f"tree {number} has {len(nodes)} nodes, more than the {MAX_TREE_NODES} supported")
    place = np.empty(len(left), np.int64)
    place[nodes] = np.arange(len(nodes))
    is_inner = left[nodes] >= 0
    used = feature[nodes][is_inner]
    if len(used) and (used.min() < 0 or used.max() >= MAX_FEATURES):
        raise SurrogateError(f"tree {number} splits on a feature index outside 0..{MAX_FEATURES - 1}")
    packed = np.zeros(len(nodes), NODE)
    packed["value"] = value[nodes]
    offset = place[left[nodes][is_inner]] - np.flatnonzero(is_inner)
    packed["link"][is_inner] = (offset.astype(np.uint32) << FEATURE_BITS) | used.astype(np.uint32)
    return packed


def check_forest(roots: NDArray[np.int32], nodes: NDArray[np.void]) -> NDArray[np.uint32]:
    """The features that the trees split on. SurrogateError unless exactly one path leads to every node.

    The evaluator walks the trees without any check, so only this function protects it from a forged file.
    """
    if roots.dtype != np.int32 or nodes.dtype != NODE or roots.ndim != 1 or nodes.ndim != 1:
        raise SurrogateError("trees are one array of int32 roots and one of nodes")
    offset = (nodes["link"] >> FEATURE_BITS).astype(np.int32)
    inner = np.flatnonzero(offset).astype(np.int32)
    left = inner + offset[inner]
    if roots.min(initial=0) < 0 or max(roots.max(initial=-1), left.max(initial=-2) + 1) >= len(nodes):
        raise SurrogateError("a tree leads outside its own nodes")
    reached = np.zeros(len(nodes), np.bool_)
    for at in (roots, left, left + 1):
        reached[at] = True
    if len(roots) + 2 * len(left) != len(nodes) or not reached.all():
        raise SurrogateError("a node belongs to no tree or is reached by two ways")
    level = roots
    for _ in range(MAX_DEPTH + 1):
        to_left = offset[level]
        level = (level + to_left)[to_left > 0]
        if not len(level):
            return np.asarray(nodes["link"][inner] & (MAX_FEATURES - 1))
        level = np.concatenate([level, level + 1])
    raise SurrogateError(f"a tree is deeper than the {MAX_DEPTH} levels supported")
