"""Delay: evaluations take longer, by a fixed or a random amount, as on a machine that several people use."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.base.exact import exp, exp_array
from harness.benchmark.source import Columns, Oracle, Row, Source
from harness.errors import UsageError
from harness.sources.perturbations.perturbed import Perturbed


class Delay(Perturbed):
    """Changes the price of every evaluation to ``price * factor * exp(spread * z) + seconds``, z standard normal.

    ``price``: the metric that is the price (simulated seconds). The random part is drawn anew at every evaluation;
    without randomness its mean, exp(spread² / 2), is used. Random prices need not rise with the fidelity; the ledger
    repairs a charge that would fall below the leaderboard's floor, and counts it.
    """

    def __init__(
        self, source: Source, *, factor: float = 1.0, seconds: float = 0.0, spread: float = 0.0, price: str = "runtime"
    ) -> None:
        if not (0 < factor < float("inf") and 0 <= seconds < float("inf") and 0 <= spread <= 10):
            raise UsageError(
                f"a delay needs a factor above 0, seconds of at least 0 and a spread from 0 to 10, not {factor!r}, "
                f"{seconds!r} and {spread!r}"
            )
        super().__init__(source, factor=factor, seconds=seconds, spread=spread, price=price)
        self.factor, self.seconds, self.spread, self.price = factor, seconds, spread, price

    def perturb(self, oracle: Oracle, rng: np.random.Generator | None) -> Oracle:
        """The oracle with longer prices."""
        return _Delayed(oracle, self, rng)


class _Delayed:
    def __init__(self, oracle: Oracle, delay: Delay, rng: np.random.Generator | None) -> None:
        self.metrics, self._oracle, self._delay, self._rng = oracle.metrics, oracle, delay, rng
        self._at = self.metrics.index(delay.price) if delay.price in self.metrics else None
        self._mean = exp(delay.spread * delay.spread / 2)

    def one(self, row: Row) -> list[float]:
        values = list(self._oracle.one(row))
        if self._at is not None:
            values[self._at] = float(values[self._at] * self._factors(1)[0] + self._delay.seconds)
        return values

    def many(self, rows: Columns) -> NDArray[np.float64]:
        values = np.array(self._oracle.many(rows))
        if self._at is not None:
            values[:, self._at] = values[:, self._at] * self._factors(len(values)) + self._delay.seconds
        return values

    def _factors(self, count: int) -> NDArray[np.float64]:
        if self._rng is None:
            return np.full(count, self._delay.factor * self._mean)
        return self._delay.factor * exp_array(self._delay.spread * self._rng.standard_normal(count))
