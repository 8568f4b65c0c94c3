"""The constants frozen with a surrogate set, from its predictions for 10^4 uniform random configurations.

Every set, fitted or imported, is asked about the same configurations, so a constant depends on the models alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.base.seeding import derive_generator
from protocols.jahs.leaderboards import CONSTANT_SAMPLE, set_constants
from protocols.jahs.space import FULL, SPACE

if TYPE_CHECKING:
    import pandas as pd

NEEDS = {"mean_runtime": "runtime", "latency_p99": "latency"}
"""Constant -> the metric it is computed from."""
DIGITS = 12


def constant_sample() -> pd.DataFrame:
    """``CONSTANT_SAMPLE`` uniform random configurations at full fidelity; the same ones on every call."""
    own: pd.DataFrame = _sample().copy()
    return own


@cache
def _sample() -> pd.DataFrame:
    import pandas as pd

    rng = derive_generator("jahs", "constants")
    frame: pd.DataFrame = pd.DataFrame([SPACE.sample(rng) | FULL for _ in range(CONSTANT_SAMPLE)])
    return frame


def constants(predict: Callable[[pd.DataFrame], Mapping[str, Any] | pd.DataFrame]) -> dict[str, float]:
    """The constants of one task: ``mean_runtime`` in seconds and ``latency_p99``; see ``set_constants``.

    ``predict`` maps a frame of configurations with fidelities to columns ``runtime`` and ``latency``. If one of the two
    columns is missing, its constant is left out.
    """
    predicted = predict(constant_sample())
    have = {name: metric for name, metric in NEEDS.items() if metric in predicted}
    columns = {
        metric: np.asarray(predicted[metric], np.float64) if metric in have.values() else np.zeros(1)
        for metric in NEEDS.values()
    }
    found = set_constants(columns["latency"], columns["runtime"])
    # The constants are part of a set's content hash, without their last digits: mathematical libraries round
    # differently.
    return {name: float(f"{found[name]:.{DIGITS}g}") for name in have}
