"""Fitting the embedded surrogate set ``lite-1`` from the reference data; needs the extra ``[fit]`` (xgboost, scipy).

``rows`` (data, splits, weights) -> ``teachers`` (large ensembles) -> ``students`` (small models on ``encoder``'s
features) -> ``pipeline`` (tasks in turn, cards, writing). ``fidelity`` and ``prices`` model accuracy and cost away from
full N, W, Resolution. ``colorectal`` makes Colorectal-Histology, the task without rows.
"""

from __future__ import annotations

from harness.benchmark.suite import Fitting
from protocols.jahs.fit.logged import Effort
from protocols.jahs.fit.measure import report, table
from protocols.jahs.fit.pipeline import fit
from protocols.jahs.fit.rows import FitError

FITTING = Fitting(fit, report)

__all__ = ["FITTING", "Effort", "FitError", "fit", "report", "table"]
