"""Computes metrics with fitted models: one row in microseconds, or many rows on every core.

A ``Program`` joins the models of some metrics of one task. Step 1 (Python) turns a configuration into *codes*, one
float per input column: its value, or the index of its level. Step 2 (C, or the NumPy reference below where the
extension was not built) makes the features, walks the trees and applies the link. Both give the same bits on every
platform: sums of leaves are exact (``Trees.build``), and the exponential is the project's own (``harness.base.exact``).
As sums are exact, the C code may add the trees in the quickest order and layout (``_forest.h``). It also takes rows
that differ in one input only, such as a curve over epochs, through each tree together.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.base.exact import exp_array
from harness.errors import SpaceError
from harness.sources.models import slow_path
from harness.sources.models.model import Column, Encoder, Model, OneHot
from harness.sources.models.trees import FEATURE_BITS, MAX_FEATURES

if TYPE_CHECKING:
    import pandas as pd

try:
    if slow_path.forced():
        raise ImportError(slow_path.message())
    from harness.sources.models import _native
except ImportError:  # no C compiler at installation: the reference below is used, about 15 times slower
    _native = None  # type: ignore[assignment]

THREAD_ROWS = 250
"""The number of rows for which one more thread saves time."""


class Program:
    """Some models of one task, evaluated together. ``metrics`` names the outputs in order.

    ``native=False`` chooses the NumPy reference. With ``native=True`` the reference is used only if the compiled core
    is missing; then the first program of a process gives a SlowPathWarning.
    """

    def __init__(self, models: Mapping[str, Model], *, native: bool = True) -> None:
        self.metrics = tuple(models)
        self.models = tuple(models.values())
        self.encoders = list({id(m.encoder): m.encoder for m in self.models}.values())
        self.inputs: tuple[Column, ...] = tuple(dict.fromkeys(c for e in self.encoders for c in e.columns))
        self._coders = [(c.name, _coder(c)) for c in self.inputs]
        self._native = _compile(self) if native and _native is not None else None
        if native and self._native is None:
            slow_path.warn()

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and other processes compile the models anew: the compiled form belongs to one process."""
        return _again, (dict(zip(self.metrics, self.models, strict=True)), self._native is not None)

    def one(self, row: Mapping[str, Any]) -> list[float]:
        """The metrics of one row (configuration and fidelity in one mapping, already inside the space)."""
        try:
            codes = [code(row[name]) for name, code in self._coders]
        except (KeyError, TypeError):
            self._check_levels(row)
            raise
        if self._native is not None:
            return self._native.one(codes)
        return list(map(float, self._reference(np.array([codes]))[0]))

    def _check_levels(self, row: Mapping[str, Any]) -> None:
        """SpaceError for a value that is no level of its column; KeyError for a missing column."""
        for column, (name, code) in zip(self.inputs, self._coders, strict=True):
            value = row[name]
            if column.levels is not None:
                try:
                    code(value)
                except (KeyError, TypeError):
                    raise _stranger(name, column.levels, value) from None

    def many(self, rows: pd.DataFrame | Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """The metrics of every row, shape (rows, metrics), for columns of equal length by name.

        SpaceError for a value that is no level of its column.
        """
        return self.many_coded([column_codes(column, np.asarray(rows[column.name])) for column in self.inputs])

    def many_coded(self, columns: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
        """As ``many``, for columns of codes in the order of ``inputs``."""
        codes = np.stack(columns, axis=1)
        native = self._native
        if native is None:
            blocks = [self._reference(codes[i : i + 4096]) for i in range(0, len(codes), 4096)]
            return np.concatenate(blocks) if blocks else np.empty((0, len(self.metrics)))
        out = np.empty((len(codes), len(self.metrics)))
        workers = 1 + len(codes) // THREAD_ROWS
        if workers > 1:  # asking for the number of cores takes a while
            workers = min(os.cpu_count() or 1, workers)
        if workers == 1:
            native.many(codes, out)
            return out
        cuts = [len(codes) * i // workers for i in range(workers + 1)]
        parts = [(codes[a:b], out[a:b]) for a, b in pairwise(cuts)]
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(lambda part: native.many(*part), parts))
        return out

    def _reference(self, codes: NDArray[np.float64]) -> NDArray[np.float64]:
        features = {id(e): _features(e, codes, self.inputs) for e in self.encoders}
        columns = [_predict(m, features[id(m.encoder)]) for m in self.models]
        return np.stack(columns, axis=1)


def _again(models: Mapping[str, Model], native: bool) -> Program:
    return Program(models, native=native)


def _coder(column: Column) -> Callable[[Any], float]:
    """From a value to its code. KeyError or TypeError for a value that is no level."""
    if column.levels is None:
        return float
    return {level: float(i) for i, level in enumerate(column.levels)}.__getitem__


def _stranger(name: str, levels: Iterable[Any], value: Any) -> SpaceError:
    return SpaceError(f"{name} = {value!r} is none of its levels: {', '.join(map(str, levels))}")


def column_codes(column: Column, values: NDArray[Any]) -> NDArray[np.float64]:
    """The codes of a column's values. SpaceError for a value that is no level of the column."""
    if column.finder is None or column.levels is None:
        return values.astype(np.float64)
    codes = column.finder.codes(values)
    if (codes < 0).any():
        raise _stranger(column.name, column.levels, values[int(np.argmax(codes < 0))])
    return codes.astype(np.float64)


def _compile(program: Program, compact: bool = True) -> _native.Program:
    place = {c: i for i, c in enumerate(program.inputs)}
    encoders = []
    for encoder in program.encoders:
        blocks: list[tuple[Any, ...]] = [
            ((b.source,), (0,), (0,), b.codes, None)
            if isinstance(b, OneHot)
            else (b.sources, b.sizes, b.offsets, (), b.values)
            for b in encoder.blocks
        ]
        encoders.append(([place[c] for c in encoder.columns], blocks))
    which = {id(e): i for i, e in enumerate(program.encoders)}
    models = [
        (which[id(m.encoder)], m.trees.roots, m.trees.nodes, m.base, m.link.lower, m.link.upper, m.link.slope,
         m.link.squash, m.link.exp, [j for j, _ in m.link.weights], [w for _, w in m.link.weights], compact)
        for m in program.models
    ]  # fmt: skip
    return _native.Program(len(program.inputs), encoders, models)


def _features(encoder: Encoder, codes: NDArray[np.float64], inputs: Sequence[Column]) -> NDArray[np.float32]:
    place = {c: i for i, c in enumerate(inputs)}
    parts = [codes[:, [place[c] for c in encoder.columns]].astype(np.float32)]
    for block in encoder.blocks:
        made = np.concatenate(parts, axis=1)
        if isinstance(block, OneHot):
            parts.append((made[:, [block.source]] == np.array(block.codes, np.float32)).astype(np.float32))
            continue
        index = np.zeros(len(codes), np.int64)
        for source, size, offset in zip(block.sources, block.sizes, block.offsets, strict=True):
            key = made[:, source].astype(np.int64) - offset
            if ((key < 0) | (key >= size)).any():
                raise ValueError("a lookup key is out of range")
            index = index * size + key
        parts.append(block.values[index])
    return np.concatenate(parts, axis=1)


def _predict(model: Model, x: NDArray[np.float32]) -> NDArray[np.float64]:
    nodes, link = model.trees.nodes, model.link
    rows = np.arange(len(x))[:, None]
    at = np.broadcast_to(model.trees.roots.astype(np.int64), (len(x), len(model.trees.roots)))
    while True:
        offset = (nodes["link"][at] >> FEATURE_BITS).astype(np.int64)
        if not offset.any():
            break
        right = ~(x[rows, nodes["link"][at] & (MAX_FEATURES - 1)] < nodes["value"][at])
        at = at + offset + np.where(offset > 0, right, 0)
    z = model.base + nodes["value"][at].astype(np.float64).sum(axis=1)
    z = z * link.slope
    y = (1.0 / (1.0 + exp_array(-z)) if link.squash else z) * (link.upper - link.lower)
    y = y + link.lower
    for feature, weight in link.weights:
        y = y + weight * x[:, feature].astype(np.float64)
    return exp_array(y) if link.exp else y
