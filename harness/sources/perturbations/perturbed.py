"""What all perturbations share: a source around another one, whose name and hash tell both."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from harness.benchmark.source import Oracle, Row, Source
from harness.sources.store import canonical


class Perturbed(Source):
    """A source that changes the answers of another. ``parameters``: the choices that its hash must tell.

    Tasks, metrics, columns, constants and cards stay those of the source inside: a run's budget is still counted in
    mean full evaluations of the unperturbed source.
    """

    def __init__(self, source: Source, **parameters: Any) -> None:
        kind = type(self).__name__.lower()
        self.source = source
        self.name = f"{source.name}+{kind}"
        self.columns, self.about = source.columns, source.about
        self.hash = hashlib.sha256(f"{source.hash} {kind} {canonical(parameters)}".encode()).hexdigest()

    @property
    def tasks(self) -> Sequence[str]:
        """Those of the source inside."""
        return self.source.tasks

    def metrics(self, task: str) -> Sequence[str]:
        """Those of the source inside."""
        return self.source.metrics(task)

    def constants(self, task: str) -> Mapping[str, Any]:
        """Those of the source inside."""
        return self.source.constants(task)

    def card(self, task: str, metric: str) -> Mapping[str, Any]:
        """That of the source inside."""
        return self.source.card(task, metric)

    def oracle(self, task: str, metrics: str | Iterable[str], rng: np.random.Generator) -> Oracle:
        """The perturbed answers of a run. Perturbations draw from a generator of their own, a child of ``rng``, so that
        the draws of the source inside stay as they are without the perturbation.
        """
        own = rng.spawn(1)[0]
        return self.perturb(self.source.oracle(task, metrics, rng), own)

    def means(self, task: str, metrics: str | Iterable[str] | None = None) -> Oracle:
        """The perturbed answers without randomness."""
        return self.perturb(self.source.means(task, metrics), None)

    def why_invalid(self, task: str, row: Row) -> str:
        """As the source inside says it."""
        return self.source.why_invalid(task, row)

    def verify(self) -> None:
        """Verifies the source inside."""
        self.source.verify()

    @abstractmethod
    def perturb(self, oracle: Oracle, rng: np.random.Generator | None) -> Oracle:
        """The oracle with its answers changed; random changes draw from ``rng``, without it they are at their mean."""
