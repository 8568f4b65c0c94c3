"""Settings of methods as published for NAS-Bench-101; ``harness run --preset published`` uses them.

The paper reports every method with the best meta-parameters it found (Section 4.1) and lists them in a supplement; the
values here are the defaults of its public scripts (its footnote 3: ``github.com/automl/nas_benchmarks``, the folder
``experiment_scripts``, ``run_regularized_evolution.py``, ``run_hyperband.py``, ``run_bohb.py``, ``run_smac.py``).
Settings without a counterpart here are left out: SMAC's number of trees and of evaluations per configuration, and the
learning rate of REINFORCE, whose advantages here are not in units of the reward. The paper has no settings of TPE, and
random search has no settings. Non-regularized and regularized evolution differ only in the member that leaves the
population (Section 4.2).
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
