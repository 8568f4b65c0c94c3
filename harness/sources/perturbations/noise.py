"""Noise: a run sees metrics with normally distributed errors; queries and predictions have none."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from harness.benchmark.source import Columns, Oracle, Row, Source
from harness.errors import UsageError
from harness.sources.perturbations.perturbed import Perturbed


class Noise(Perturbed):
    """Adds normal noise with mean zero. ``scale``: metric -> standard deviation, in the metric's own unit.

    Every evaluation draws new errors, even for a configuration that was evaluated before. Noisy values are not clipped.
    """

    def __init__(self, source: Source, scale: Mapping[str, float]) -> None:
        wrong = [name for name, value in scale.items() if not 0 <= value < float("inf")]
        if wrong:
            raise UsageError(f"noise of {wrong[0]} = {scale[wrong[0]]!r} must be a standard deviation of at least 0")
        super().__init__(source, scale=dict(scale))
        self.scale = dict(scale)

    def perturb(self, oracle: Oracle, rng: np.random.Generator | None) -> Oracle:
        """The oracle with noise; without a generator, the oracle unchanged."""
        return oracle if rng is None else _Noisy(oracle, self.scale, rng)


class _Noisy:
    def __init__(self, oracle: Oracle, scale: Mapping[str, float], rng: np.random.Generator) -> None:
        self.metrics, self._oracle, self._rng = oracle.metrics, oracle, rng
        self._scale = np.array([scale.get(name, 0.0) for name in self.metrics])

    def one(self, row: Row) -> list[float]:
        errors = self._rng.standard_normal(len(self.metrics)) * self._scale
        return [value + error for value, error in zip(self._oracle.one(row), errors.tolist(), strict=True)]

    def many(self, rows: Columns) -> NDArray[np.float64]:
        values = self._oracle.many(rows)
        noisy: NDArray[np.float64] = values + self._rng.standard_normal(values.shape) * self._scale
        return noisy
