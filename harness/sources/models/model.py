"""The form of every fitted model, embedded or imported: encoder -> boosted trees -> link.

Terms
-----
column      an input (``LearningRate``, ``Op1``, ``epoch`` ...) as a number: its value, or the index of its level.
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
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.benchmark.levels import Levels
from harness.errors import SurrogateError
from harness.sources.models.trees import MAX_FEATURES, Trees, check_forest


@dataclass(frozen=True)
class Column:
    """An input column. ``levels``: its possible values, None for a column of numbers."""

    name: str
    levels: tuple[Any, ...] | None = None

    @cached_property
    def finder(self) -> Levels | None:
        """The levels, prepared for finding values among them."""
        return None if self.levels is None else Levels(self.levels)


@dataclass(frozen=True)
class OneHot:
    """One feature for each code in ``codes``: 1 if the feature with index ``source`` equals the code, else 0."""

    source: int
    codes: tuple[int, ...]


@dataclass(frozen=True)
class Lookup:
    """Appends the row ``values[index]`` as features. The index is computed from the integer features ``sources``.

    ``index = sum_i (int(x[sources[i]]) - offsets[i]) * strides[i]``: a number in mixed radix, whose i-th digit has
    ``sizes[i]`` values; the last digit varies fastest. ``values`` has shape (prod(sizes), k), float32.
    """

    sources: tuple[int, ...]
    sizes: tuple[int, ...]
    offsets: tuple[int, ...]
    values: NDArray[np.float32]

    def __post_init__(self) -> None:
        if not len(self.sources) == len(self.sizes) == len(self.offsets) > 0:
            raise SurrogateError("a lookup table needs one size and one offset for each of its key features")
        if self.values.ndim != 2 or self.values.shape[0] != int(np.prod(self.sizes)):
            raise SurrogateError(
                f"a lookup table with keys of sizes {self.sizes} has shape {self.values.shape}; it needs a row per key"
            )

    @property
    def strides(self) -> tuple[int, ...]:
        """The number of rows by which one step of each digit moves the index."""
        return tuple(int(np.prod(self.sizes[i + 1 :])) for i in range(len(self.sizes)))


@dataclass(frozen=True)
class Encoder:
    """Makes ``size`` features: first the columns themselves, then the features of each block."""

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
                raise SurrogateError("a block of an encoder reads a feature that no column or earlier block makes")
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
    """The model of one metric of one task. ``card``: facts about its fit or import, in JSON of any form."""

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
