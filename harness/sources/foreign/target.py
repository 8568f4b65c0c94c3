"""The inverse target transform: the official package's exact way from the booster's sum to a metric.

The package trains on ``g = logit(minmax(y)) / k`` and predicts with nested ``TransformedTargetRegressor`` objects,
whose ``predict`` undoes the transforms from the inside out::

    s = 1 / (1 + exp(-k * z))            FunctionTransformer, inverse_func = CustomTransformFunctions.sigmoid
    y = (s - min_) / scale_              MinMaxScaler.inverse_transform

with ``z = base_score + sum of leaves``, ``scale_ = (hi - lo) / (data_max - data_min)``,
``min_ = lo - data_min * scale_`` and feature range ``(lo, hi) = (1e-6, 1 - 1e-6)``. Nothing is clipped at prediction
time (``clip`` only acts when transforming), so y lies strictly between ``-min_ / scale_`` and ``(1 - min_) / scale_``,
which reach a millionth of the range beyond the extremes of the training data. The package computes this in single
precision, about 1e-5 of the value away from the double precision used here.

Any order of MinMaxScaler and sigmoid with at most one sigmoid is the same as ``affine(sigmoid(slope * (z + shift)))``
and is translated; so is no transform at all (the early surrogate).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from harness.base.budget import Budget
from harness.sources.foreign.errors import UnsupportedModel
from harness.sources.foreign.records import Global, Record, describe, numbers, plain_list
from harness.sources.models.model import Link

OUTPUT = 2000
"""Objects of the budget that an output and each of its transforms count for: surrogates have a dozen outputs."""


@dataclass(frozen=True)
class Target:
    """``outer(sigmoid(inner(z)))`` or, without a sigmoid, ``inner(z)``; inner and outer are ``a * v + b``."""

    inner: tuple[float, float] = (1.0, 0.0)
    squash: bool = False
    outer: tuple[float, float] = (1.0, 0.0)

    def affine(self, a: float, b: float) -> Target:
        """First what is here, then ``a * v + b``."""
        if self.squash:
            return replace(self, outer=(a * self.outer[0], a * self.outer[1] + b))
        return replace(self, inner=(a * self.inner[0], a * self.inner[1] + b))

    def sigmoid(self, k: float) -> Target:
        """First what is here, then the logistic function of ``k * v``."""
        if self.squash:
            raise UnsupportedModel("its target passes through two sigmoids, which this format cannot express")
        return replace(self.affine(k, 0.0), squash=True)

    def link(self, base_score: float) -> tuple[float, Link]:
        """The model form's base and link."""
        a, b = self.inner
        lower, upper = (self.outer[1], self.outer[0] + self.outer[1]) if self.squash else (0.0, 1.0)
        base = base_score + b / a
        if not all(map(math.isfinite, (a, base, lower, upper))) or a == 0 or lower == upper:
            raise UnsupportedModel("its target transform is degenerate (a constant or infinite range)")
        return base, Link(lower=lower, upper=upper, squash=self.squash, slope=a)


def read_target(estimator: Any, budget: Budget) -> list[tuple[Record, Target]]:
    """The XGBoost estimators inside ``estimator``, one per output, each with its inverse target transform."""
    budget.spend(OUTPUT)
    if not isinstance(estimator, Record):
        raise UnsupportedModel(f"its last step is {describe(estimator)}, not a regressor")
    if estimator.is_a("sklearn", "TransformedTargetRegressor"):
        state = estimator.state
        if "regressor_" not in state or "transformer_" not in state:
            raise UnsupportedModel("its TransformedTargetRegressor was never fitted")
        inside = read_target(state["regressor_"], budget)
        return [(e, _undo(state["transformer_"], t, i, len(inside), budget)) for i, (e, t) in enumerate(inside)]
    if estimator.is_a("sklearn", "MultiOutputRegressor"):
        listed = estimator.state.get("estimators_")
        parts = plain_list(listed, "the list of estimators of its MultiOutputRegressor", budget)
        found = [pair for part in parts for pair in read_target(part, budget)]
        if not parts or len(found) != len(parts):
            raise UnsupportedModel("its MultiOutputRegressor does not hold one estimator per output")
        return found
    if estimator.cls.package == "xgboost":
        return [(estimator, Target())]
    raise UnsupportedModel(f"it contains a {estimator.cls}, a regressor this importer does not know")


def _undo(transformer: Any, target: Target, output: int, outputs: int, budget: Budget) -> Target:
    budget.spend(OUTPUT)
    if isinstance(transformer, Record) and transformer.is_a("sklearn", "MinMaxScaler"):
        state = transformer.state
        scales = numbers(state.get("scale_"), "scale_ of its MinMaxScaler", budget)
        offsets = numbers(state.get("min_"), "min_ of its MinMaxScaler", budget)
        if len(scales) != outputs or len(offsets) != outputs or not scales[output] > 0:
            raise UnsupportedModel("its MinMaxScaler does not scale each output by a positive number")
        return target.affine(1.0 / scales[output], -offsets[output] / scales[output])
    if isinstance(transformer, Record) and transformer.is_a("sklearn", "FunctionTransformer"):
        state = transformer.state
        inverse, settings = state.get("inverse_func"), state.get("inv_kw_args")
        if inverse is None:
            return target
        known = isinstance(inverse, Global) and inverse.package == "jahs_bench"
        if not known or inverse.name != "CustomTransformFunctions.sigmoid":
            raise UnsupportedModel(f"its target transform {describe(inverse)} is not one this importer knows")
        return target.sigmoid(_constant(settings, budget))
    raise UnsupportedModel(f"it contains {describe(transformer)}, a target transformer this importer does not know")


def _constant(settings: Any, budget: Budget) -> float:
    settings = {} if settings is None else settings
    if isinstance(settings, Record):  # a dictionary subclass, such as a configuration node
        settings = {**settings.state, **dict(item for item in settings.items if isinstance(item, tuple))}
    if not isinstance(settings, dict) or set(settings) - {"k"}:
        raise UnsupportedModel("its sigmoid has settings other than k")
    (k,) = numbers([settings.get("k", 1.0)], "the sigmoid constant k", budget)
    if k <= 0:
        raise UnsupportedModel(f"its sigmoid constant k is {k}, not positive")
    return k
