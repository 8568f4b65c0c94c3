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
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import SurrogateError
from harness.sources.models.trees import MAX_FEATURES, Trees, check_forest


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
        used = check_forest(self.trees.roots, self.trees.nodes)
        if len(used) and int(np.max(used)) >= self.encoder.size:
            raise SurrogateError("a tree splits on a feature that its encoder does not make")
