"""Settings of methods as published for NAS-Bench-101: what ``harness run --preset published`` sets.

The paper reports every method with the best meta-parameters it found (Section 4.1) and lists them in a supplement; the
values here are the defaults of its public scripts (its footnote 3: ``github.com/automl/nas_benchmarks``, the folder
``experiment_scripts``, ``run_regularized_evolution.py``, ``run_hyperband.py``, ``run_bohb.py``, ``run_smac.py``). Left
out is what has no counterpart here: SMAC's number of trees and of evaluations per configuration, and the learning rate
of REINFORCE, whose advantages are not in units of the reward here. TPE has no settings in the paper, random search none
at all. Non-regularized evolution differs from regularized in nothing but who leaves the population (Section 4.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EVOLUTION = {"population": 100, "sample": 10}
PRESETS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "published": {
        "regularized-evolution": EVOLUTION,
        "non-regularized-evolution": EVOLUTION,
        "smac-bo": {"random_probability": 0.33},
        "hyperband": {"eta": 3},
        "hpbandster-hb": {"eta": 3},
        "bohb": {
            "eta": 3, "min_bandwidth": 0.3, "num_samples": 64, "random_fraction": 0.33, "bandwidth_factor": 3.0
        },
    }
}  # fmt: skip
