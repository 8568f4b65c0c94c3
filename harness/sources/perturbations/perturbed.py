"""The base class of perturbations: a source around another source."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from harness.benchmark.source import Oracle, Row, Source
from harness.sources.store import canonical


class Perturbed(Source):
    """A source that wraps another source and changes its answers. ``parameters``: the choices that enter its hash.

    Tasks, metrics, columns, constants and cards are the wrapped source's. So a run's budget is still counted in mean
    full evaluations without the perturbation. The name and the hash are made from the wrapped source's.
    """

    def __init__(self, source: Source, **parameters: Any) -> None:
        kind = type(self).__name__.lower()
        self.source = source
        self.name = f"{source.name}+{kind}"
        self.columns, self.about = source.columns, source.about
        self.hash = hashlib.sha256(f"{source.hash} {kind} {canonical(parameters)}".encode()).hexdigest()

    @property
    def tasks(self) -> Sequence[str]:
        """The tasks of the wrapped source."""
        return self.source.tasks

    def metrics(self, task: str) -> Sequence[str]:
        """The metrics of the wrapped source."""
        return self.source.metrics(task)

    def constants(self, task: str) -> Mapping[str, Any]:
        """The constants of the wrapped source."""
        return self.source.constants(task)

    def card(self, task: str, metric: str) -> Mapping[str, Any]:
        """The card of the wrapped source."""
        return self.source.card(task, metric)

    def oracle(self, task: str, metrics: str | Iterable[str], rng: np.random.Generator) -> Oracle:
        """The perturbed answers of a run.

        A perturbation draws from a generator of its own, a child of ``rng``. So the wrapped source draws the same
        random numbers as without the perturbation.
        """
        own = rng.spawn(1)[0]
        return self.perturb(self.source.oracle(task, metrics, rng), own)

    def means(self, task: str, metrics: str | Iterable[str] | None = None) -> Oracle:
        """The perturbed answers without randomness."""
        return self.perturb(self.source.means(task, metrics), None)

    def why_invalid(self, task: str, row: Row) -> str:
        """The reason that the wrapped source gives."""
        return self.source.why_invalid(task, row)

    def verify(self) -> None:
        """Verifies the wrapped source."""
        self.source.verify()

    @abstractmethod
    def perturb(self, oracle: Oracle, rng: np.random.Generator | None) -> Oracle:
        """The oracle with changed answers. Random changes draw from ``rng``; if it is None, they have their mean."""
