"""From the pickled ColumnTransformer to an ``Encoder``: column order, one-hot categories and dropped levels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from harness.base.budget import Budget
from harness.sources.foreign.errors import UnsupportedModel
from harness.sources.foreign.records import Record, describe, plain_list
from harness.sources.models.model import Column, Encoder, OneHot

MAX_COLUMNS, MAX_LEVELS = 4096, 4096
"""Input columns, and categories of one; looking them up takes time that grows with their square."""


@dataclass(frozen=True)
class Inputs:
    """``encoder``; for each of the booster's features its index in the encoder and whether it is 0/1; sparsity.

    ``sparse``: the transformer was fitted to give a sparse matrix, in which XGBoost takes zeros for missing values.
    """

    encoder: Encoder
    feature: tuple[int, ...]
    binary: tuple[bool, ...]
    sparse: bool


def read_columns(transformer: Any, headers: list[str] | None, budget: Budget) -> Inputs:
    """Translates a fitted ColumnTransformer of one-hot encoders and untouched columns; ``headers`` name its inputs."""
    if not isinstance(transformer, Record) or not transformer.is_a("sklearn", "ColumnTransformer"):
        raise UnsupportedModel(f"its first step is {describe(transformer)}; only a ColumnTransformer can be translated")
    state = transformer.state
    if "feature_names_in_" in state:
        headers = [_name(v) for v in plain_list(state["feature_names_in_"], "feature_names_in_", budget)]
    if headers is None:
        raise UnsupportedModel("neither its ColumnTransformer nor params names the input columns")
    if len(headers) > MAX_COLUMNS:
        raise UnsupportedModel(f"it has {len(headers):,} input columns; at most {MAX_COLUMNS:,} are read")
    if len(set(headers)) != len(headers):
        raise UnsupportedModel("two of its input columns have the same name")
    if state.get("transformer_weights"):
        raise UnsupportedModel("its ColumnTransformer weighs its parts, which is not supported")
    if "transformers_" not in state:
        raise UnsupportedModel("its ColumnTransformer was never fitted")
    columns = [Column(name) for name in headers]
    blocks: list[OneHot] = []
    made: list[tuple[int | None, int, bool]] = []  # (block or None, column or place in the block, is 0/1)
    seen: set[int] = set()
    for part in plain_list(state["transformers_"], "the parts of its ColumnTransformer", budget):
        if not isinstance(part, tuple) or len(part) != 3:
            raise UnsupportedModel("a part of its ColumnTransformer is not (name, transformer, columns)")
        step, chosen = part[1], _positions(part[2], headers, budget)
        if step == "drop":
            continue
        if chosen and (seen & set(chosen) or len(set(chosen)) != len(chosen)):
            raise UnsupportedModel("its ColumnTransformer uses a column twice, which is not supported")
        seen |= set(chosen)
        if step == "passthrough" or _is_identity(step):
            made += [(None, c, False) for c in chosen]
        elif isinstance(step, Record) and step.is_a("sklearn", "OneHotEncoder"):
            for c, (levels, codes) in zip(chosen, _categories(step, len(chosen), budget), strict=True):
                columns[c] = Column(headers[c], levels)
                made += [(len(blocks), i, True) for i in range(len(codes))]
                blocks.append(OneHot(c, codes))
        elif chosen:
            raise UnsupportedModel(f"it contains {describe(step)}, a transformer this importer does not know")
    return _assemble(columns, blocks, made, seen, _truth(state.get("sparse_output_", False)))


def _assemble(
    columns: list[Column],
    blocks: list[OneHot],
    made: list[tuple[int | None, int, bool]],
    used: set[int],
    sparse: bool,
) -> Inputs:
    kept = [c for c in range(len(columns)) if c in used]
    place = {c: i for i, c in enumerate(kept)}
    starts: list[int] = []
    size = len(kept)
    for block in blocks:
        starts.append(size)
        size += len(block.codes)
    encoder = Encoder(tuple(columns[c] for c in kept), tuple(OneHot(place[b.source], b.codes) for b in blocks))
    feature = tuple(place[i] if b is None else starts[b] + i for b, i, _ in made)
    return Inputs(encoder, feature, tuple(binary for *_, binary in made), sparse)


def _categories(encoder: Record, count: int, budget: Budget) -> list[tuple[tuple[Any, ...], tuple[int, ...]]]:
    """Per column: all levels, and the codes of those that keep a feature."""
    state = encoder.state
    if _truth(state.get("_infrequent_enabled", False)):
        raise UnsupportedModel("its OneHotEncoder merges infrequent categories, which is not supported")
    lists = plain_list(state.get("categories_"), "the categories of its OneHotEncoder", budget)
    dropped = state.get("_drop_idx_after_grouping", state.get("drop_idx_"))
    drops: list[Any] = [None] * count
    if dropped is not None:
        drops = plain_list(dropped, "the dropped levels of its OneHotEncoder", budget)
    if len(lists) != count or len(drops) != count:
        raise UnsupportedModel("its OneHotEncoder was fitted on another number of columns than it is used on")
    found: list[tuple[tuple[Any, ...], tuple[int, ...]]] = []
    for values, drop in zip(lists, drops, strict=True):
        levels = tuple(plain_list(values, "a list of categories", budget))
        if len(levels) > MAX_LEVELS:
            raise UnsupportedModel(f"its OneHotEncoder has {len(levels):,} categories; at most {MAX_LEVELS:,} are read")
        for level in levels:
            if not _is_level(level):
                raise UnsupportedModel(f"its OneHotEncoder has {describe(level)} for a category")
        if not levels or len(set(levels)) != len(levels):
            raise UnsupportedModel("its OneHotEncoder has an empty or repeated list of categories")
        if drop is not None and (not isinstance(drop, int) or not 0 <= drop < len(levels)):
            raise UnsupportedModel(f"its OneHotEncoder drops level {describe(drop)} of {len(levels)}")
        found.append((levels, tuple(code for code in range(len(levels)) if code != drop)))
    return found


def _positions(chosen: Any, headers: list[str], budget: Budget) -> list[int]:
    """Column indices from names, indices, a mask, a slice or a single one of these."""
    if isinstance(chosen, slice):
        budget.spend(len(headers))
        if not all(v is None or isinstance(v, int) for v in (chosen.start, chosen.stop, chosen.step)):
            raise UnsupportedModel("its ColumnTransformer selects columns by a slice of names, which is not supported")
        return list(range(len(headers))[chosen])
    items = [chosen] if isinstance(chosen, (str, int)) else plain_list(chosen, "a selection of columns", budget)
    if items and all(isinstance(v, bool) for v in items) and len(items) == len(headers):
        return [i for i, wanted in enumerate(items) if wanted]
    places: list[int] = []
    known = {name: at for at, name in enumerate(headers)}
    for item in items:
        if isinstance(item, str) and item in known:
            places.append(known[item])
        elif isinstance(item, int) and not isinstance(item, bool) and -len(headers) <= item < len(headers):
            places.append(item % len(headers))
        else:
            raise UnsupportedModel(f"its ColumnTransformer selects column {describe(item)}, which is not there")
    return places


def _is_level(value: Any) -> bool:
    """Whether a category is a text or a finite number of at most 64 bits: longer ones can be chosen to collide."""
    if isinstance(value, int):
        return value.bit_length() <= 64
    return isinstance(value, str) or (isinstance(value, float) and math.isfinite(value))


def _is_identity(step: Any) -> bool:
    return isinstance(step, Record) and step.is_a("sklearn", "FunctionTransformer") and step.state.get("func") is None


def _name(value: Any) -> str:
    if not isinstance(value, str):
        raise UnsupportedModel(f"an input column is called {describe(value)}, which is not text")
    return value


def _truth(value: Any) -> bool:
    return bool(value) if isinstance(value, (bool, int)) else False
