"""Prints how the price of a full evaluation varies over the space, and what an oracle could gain; asserts nothing.

``python tests/benchmarks/costs.py``

Per task of ``lite-1``: quantiles of the price in mean full evaluations, the rank correlation of price and validation
error, and how many evaluations the budget pays for if only the cheaper half of the configurations is evaluated.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from harness.registry import load_surrogates
from protocols.jahs.space import FULL, SPACE

SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
CONFIGURATIONS = 20_000
BUDGET = 100.0


def main() -> None:
    """The report."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    surrogates, rng = load_surrogates("lite-1"), np.random.default_rng(0)
    rows = pd.DataFrame([{**SPACE.sample(rng), **FULL} for _ in range(CONFIGURATIONS)])
    for task in surrogates.tasks:
        metrics = surrogates.predict(task, rows, ["valid-acc", "runtime"])
        price = metrics["runtime"] / metrics["runtime"].mean()
        correlation = -price.rank().corr(metrics["valid-acc"].rank())
        affordable = BUDGET / price[price <= price.median()].mean()
        quantiles = ", ".join(f"{share:.0%} {price.quantile(share):.2f}" for share in SHARES)
        print(f"{task}: {quantiles}; rank correlation with the error {correlation:.3f}; cheaper half {affordable:.0f}")


if __name__ == "__main__":
    main()
