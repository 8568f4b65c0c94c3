"""From the pickled XGBoost estimator to a ``Booster``: which trees count, and in which form they are stored."""

from __future__ import annotations

import math
from typing import Any

from harness.base.budget import LIMITS, Budget
from harness.sources.foreign.booster import Booster
from harness.sources.foreign.errors import UnsupportedModel
from harness.sources.foreign.records import Record, describe
from harness.sources.foreign.xgboost_binary import read_binary
from harness.sources.foreign.xgboost_json import read_json, read_ubjson

_UBJSON_NEXT = b"LlIUi#$}"


def read_estimator(estimator: object, budget: Budget) -> tuple[Booster, bool]:
    """The booster of an ``XGBRegressor`` record, and whether it was told to take zeros for missing values.

    ``XGBRegressor.predict`` stops after the best round if the booster remembers one.
    """
    if not isinstance(estimator, Record) or estimator.cls.package != "xgboost":
        raise UnsupportedModel(f"its regressor is {describe(estimator)}; only xgboost.XGBRegressor can be translated")
    if estimator.cls.name not in ("XGBRegressor", "XGBRFRegressor"):
        raise UnsupportedModel(f"its regressor is a {estimator.cls}; only XGBRegressor can be translated")
    state = estimator.state
    booster = state.get("_Booster")
    if not isinstance(booster, Record) or not booster.is_a("xgboost", "Booster"):
        raise UnsupportedModel("its regressor was never fitted")
    memory = booster.state
    handle = memory.get("handle")
    if not isinstance(handle, bytes):
        raise UnsupportedModel(f"its booster is {describe(handle)} instead of a serialised model")
    rounds, per_round = _rounds(memory, state)
    budget.charge(len(handle))  # one estimator may stand for many outputs, and is read for each
    return read_buffer(handle, rounds, per_round, budget), _zeros_missing(state.get("missing"))


def _rounds(memory: dict[str, Any], state: dict[str, Any]) -> tuple[int | None, int]:
    """Boosting rounds to keep (None: all) and trees per round, as far as the Python objects remember them."""
    best, limit = _count(memory.get("best_iteration"), 0), _count(memory.get("best_ntree_limit"), 1)
    parallel = _count(state.get("num_parallel_tree"), 1) or 1
    if best is None:
        return limit, 1 if limit else parallel
    if limit and limit % (best + 1) == 0:  # early versions keep the trees per round nowhere else
        return best + 1, limit // (best + 1)
    return best + 1, parallel


def _count(value: Any, least: int) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= least else None


def read_buffer(data: bytes, rounds: int | None = None, per_round: int = 1, budget: Budget | None = None) -> Booster:
    """A booster from a serialised buffer in any of XGBoost's forms."""
    budget = LIMITS["surrogate"].budget(len(data)) if budget is None else budget
    start = data[:64].lstrip()
    if start.startswith(b"{") and len(start) > 1:
        read = read_ubjson if start[1] in _UBJSON_NEXT else read_json
        return read(data, rounds, per_round, budget)
    if start.startswith(b"bs64"):
        raise UnsupportedModel("its booster is base64 text from before XGBoost 1.0; save it again with 1.x")
    return read_binary(data, rounds, per_round, budget)


def _zeros_missing(missing: object) -> bool:
    if missing is None or (isinstance(missing, float) and math.isnan(missing)):
        return False
    if isinstance(missing, (int, float)) and missing == 0:
        return True
    raise UnsupportedModel(f"its regressor takes {describe(missing)} for a missing value; only NaN and 0 are supported")
