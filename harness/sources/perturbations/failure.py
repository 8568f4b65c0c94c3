"""Failure: a share of all configurations is invalid, in every run the same configurations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.base.seeding import derive_seed
from harness.benchmark.source import Columns, Oracle, Row, Source
from harness.errors import UsageError
from harness.sources.perturbations.perturbed import Perturbed


class Failure(Perturbed):
    """Makes a share of all configurations invalid: every metric of them is NaN, at every fidelity.

    ``share``: from 0 to 1; ``seed``: chooses the configurations. The values of the columns without a default, which are
    the parameters, decide whether a configuration fails; so trying it again does not help. The leaderboard must say how
    an invalid configuration is recorded (``Leaderboard.failure``).
    """

    def __init__(self, source: Source, share: float, seed: int = 0) -> None:
        if not 0 <= share <= 1:
            raise UsageError(f"the share of failing configurations must be from 0 to 1, not {share!r}")
        super().__init__(source, share=share, seed=seed)
        self.share, self.seed = share, seed
        self.deciding = tuple(str(column["name"]) for column in source.columns if "default" not in column)

    def perturb(self, oracle: Oracle, rng: np.random.Generator | None) -> Oracle:  # noqa: ARG002
        """The oracle with failures; they are not random within a run."""
        return _Failing(oracle, self)

    def fails(self, values: Sequence[object]) -> bool:
        """Whether the configuration with these values of the ``deciding`` columns is invalid."""
        return derive_seed("failure", self.seed, *map(repr, values)) < self.share * 2**32

    def why_invalid(self, task: str, row: Row) -> str:
        """A sentence if this perturbation is the reason, else the reason of the wrapped source."""
        if self.fails([_plain(row[name]) for name in self.deciding]):
            return f"it is among the {self.share:.0%} of configurations that this source lets fail"
        return super().why_invalid(task, row)


class _Failing:
    def __init__(self, oracle: Oracle, failure: Failure) -> None:
        self.metrics, self._oracle, self._failure = oracle.metrics, oracle, failure
        self._nothing = [float("nan")] * len(self.metrics)

    def one(self, row: Row) -> list[float]:
        values = self._oracle.one(row)  # asked in any case, so that later evaluations draw the same random numbers
        fails = self._failure.fails([_plain(row[name]) for name in self._failure.deciding])
        return self._nothing if fails else values

    def many(self, rows: Columns) -> NDArray[np.float64]:
        values = np.array(self._oracle.many(rows))
        columns = [np.asarray(rows[name]).tolist() for name in self._failure.deciding]
        fails = [self._failure.fails(row) for row in zip(*columns, strict=True)]
        values[np.array(fails, bool)] = np.nan
        return values


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value
