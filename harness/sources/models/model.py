"""The one model form of every surrogate, embedded or imported: encoder -> boosted trees -> link.

Terms
-----
column      an input as users write it (``LearningRate``, ``Op1``, ``epoch`` ...), raw value or level code.
encoder     turns a row of columns into a float32 feature vector: the columns themselves first, then *blocks*
            (one-hot of a level column, or a lookup table keyed by integer-valued features).
trees       regression trees with XGBoost's semantics: ``x[feature] < threshold`` (float32) goes left.
link        ``y = f(sum_j w_j x_j + lower + (upper - lower) * s(slope * z))`` with ``z = base + sum of leaves``,
            ``s`` = logistic sigmoid or identity, ``f`` = exp or identity; JAHS-Bench-201, Appendix C,
            "Adding bounds", is the case w = 0, s = sigmoid, f = identity.

Everything here is an immutable description made of flat arrays; ``harness.sources.models.evaluate`` computes with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import SurrogateError
from harness.sources.store import NODE

TreeArrays = tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]
"""(left, right, feature, value) of one tree, see ``Trees.build``."""

"""A tree node in 8 bytes: threshold or leaf value, and ``link = child_offset << FEATURE_BITS | feature``.

``child_offset`` is the distance to the left child (the right child follows it); 0 marks a leaf."""
FEATURE_BITS = 10
MAX_FEATURES = 1 << FEATURE_BITS
MAX_TREE_NODES = 1 << (32 - FEATURE_BITS)
MAX_DEPTH = 512


@dataclass(frozen=True)
class Column:
    """An input column. ``levels`` lists the values it may take (its code is the index), None means numeric."""

    name: str
    levels: tuple[Any, ...] | None = None


@dataclass(frozen=True)
class OneHot:
    """One 0/1 feature per code in ``codes`` of the feature ``source`` (a level column's index)."""

    source: int
    codes: tuple[int, ...]


@dataclass(frozen=True)
class Lookup:
    """``values[key]`` appended as features; the key is mixed radix over integer features ``sources``.

    ``index = sum_i (int(x[sources[i]]) - offsets[i]) * strides[i]``, with ``sizes`` giving each radix
    (C order: the last source varies fastest). ``values`` has shape (prod(sizes), k), float32.
    """

    sources: tuple[int, ...]
    sizes: tuple[int, ...]
    offsets: tuple[int, ...]
    values: NDArray[np.float32]

    def __post_init__(self) -> None:
        if not len(self.sources) == len(self.sizes) == len(self.offsets) > 0:
            raise SurrogateError("a lookup table needs one size and one offset for each of its key features")
        if self.values.ndim != 2 or self.values.shape[0] != int(np.prod(self.sizes)):
            raise SurrogateError(f"a lookup table keyed by {self.sizes} has shape {self.values.shape}")

    @property
    def strides(self) -> tuple[int, ...]:
        """Rows skipped by one step of each key."""
        return tuple(int(np.prod(self.sizes[i + 1 :])) for i in range(len(self.sizes)))


@dataclass(frozen=True)
class Encoder:
    """Columns plus blocks; ``size`` features in all, the first ``len(columns)`` being the columns themselves."""

    columns: tuple[Column, ...]
    blocks: tuple[OneHot | Lookup, ...] = ()

    @property
    def size(self) -> int:
        """Length of the feature vector."""
        return len(self.columns) + sum(
            len(b.codes) if isinstance(b, OneHot) else int(b.values.shape[1]) for b in self.blocks
        )

    def __post_init__(self) -> None:
        made = len(self.columns)
        for block in self.blocks:
            sources = (block.source,) if isinstance(block, OneHot) else block.sources
            if not all(0 <= s < made for s in sources):
                raise SurrogateError("an encoder block reads a feature that is not made before it")
            made += len(block.codes) if isinstance(block, OneHot) else int(block.values.shape[1])
        if made > MAX_FEATURES:
            raise SurrogateError(f"an encoder makes {made} features, more than the {MAX_FEATURES} supported")


@dataclass(frozen=True)
class Trees:
    """Boosted trees: ``roots`` (n_trees,) int32 node indices, ``nodes`` (n_nodes,) of dtype ``NODE``."""

    roots: NDArray[np.int32]
    nodes: NDArray[np.void]

    @staticmethod
    def none() -> Trees:
        """No trees at all, for metrics that are computed."""
        return Trees(np.zeros(0, np.int32), np.zeros(0, NODE))

    @staticmethod
    def build(trees: Sequence[TreeArrays], bound: float = 0.0) -> Trees:
        """Pack trees given as (left, right, feature, value) arrays: child node indices (-1 at leaves), value =
        threshold or leaf value. Unreachable nodes are dropped, siblings are made neighbours (breadth first).

        Leaf values are rounded to a multiple of a power of two small enough not to matter (2**-52 of the largest
        possible sum, or of ``bound`` if larger), so that every partial sum is exact in double precision and
        the result does not depend on the order of summation or on the processor.

        Raises SurrogateError for NaN values, cyclic or dangling children, or trees that are too large.
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
    """The power of two whose multiples up to ``total`` add exactly in double precision."""
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


@dataclass(frozen=True)
class Link:
    """From the tree sum z to the metric: see the module docstring. ``weights``: feature index -> w_j."""

    lower: float = 0.0
    upper: float = 1.0
    squash: bool = False
    slope: float = 1.0
    exp: bool = False
    weights: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class Model:
    """One metric of one task. ``card`` holds what its fit or import says of itself (free form, JSON)."""

    encoder: Encoder
    trees: Trees
    base: float
    link: Link
    card: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        link = self.link
        numbers = (self.base, link.lower, link.upper, link.slope, *(w for _, w in link.weights))
        if not all(isinstance(n, float | int | np.floating) and math.isfinite(n) for n in numbers):
            raise SurrogateError(f"base and link must be finite numbers, not {numbers}")
        if any(not 0 <= j < self.encoder.size for j, _ in link.weights):
            raise SurrogateError("a link weighs a feature that its encoder does not make")
        used = _check_forest(self.trees.roots, self.trees.nodes)
        if len(used) and int(np.max(used)) >= self.encoder.size:
            raise SurrogateError("a tree splits on a feature that its encoder does not make")


def _check_forest(roots: NDArray[np.int32], nodes: NDArray[np.void]) -> NDArray[np.uint32]:
    """The features that the trees split on; SurrogateError unless every node is reached by exactly one way.

    The evaluator walks without looking, so this is what stands between it and a forged file.
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
