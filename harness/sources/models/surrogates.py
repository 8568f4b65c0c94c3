"""A surrogate set: fitted models of every metric of every task, as one source.

Units on JAHS-Bench-201: accuracies in percent; ``runtime`` in seconds of training and evaluation from the first epoch
up to ``epoch``; ``latency``, ``size_MB`` and ``FLOPS`` as in Table 3 of the paper.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.benchmark.rows import Rows, one_or_more
from harness.sources.models.evaluate import Program, column_codes
from harness.sources.models.files import read_model
from harness.sources.models.model import Column, Encoder, Model
from harness.sources.stored import StoredSource

if TYPE_CHECKING:
    import pandas as pd


class SurrogateSet(StoredSource):
    """Models on disk. Each is read, as a memory map with a checked hash, when it is first needed."""

    def __init__(self, path: Path, manifest: dict[str, Any] | None = None) -> None:
        super().__init__(path, manifest)
        self._encoders: dict[str, Encoder] = {}
        self._models: dict[tuple[str, str], Model] = {}
        self._programs: dict[tuple[str, tuple[str, ...]], Program] = {}
        self._recodings: dict[Column, NDArray[np.float64] | None] = {}
        self._indices: dict[tuple[str, ...], pd.Index[str]] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and other processes read the models anew from the same folder."""
        return type(self), (self.path, self.manifest)

    def model(self, task: str, metric: str) -> Model:
        """The model of one metric."""
        key = (task, metric)
        if key not in self._models:
            self.check_names(task, [metric])
            self._models[key] = read_model(self.path, self.manifest, task, metric, self._encoders)
        return self._models[key]

    def oracle(self, task: str, metrics: str | Iterable[str], rng: np.random.Generator) -> Program:  # noqa: ARG002
        """The predictions. They are not random, so ``rng`` is not used."""
        return self.program(task, metrics)

    def means(self, task: str, metrics: str | Iterable[str] | None = None) -> Program:
        """The predictions."""
        return self.program(task, metrics)

    def program(self, task: str, metrics: str | Iterable[str] | None = None) -> Program:
        """The compiled program of some metrics (default: all) of a task; rows must lie inside the space."""
        names = tuple(self.metrics(task)) if metrics is None else one_or_more(metrics)
        self.check_names(task, names)
        key = (task, names)
        if key not in self._programs:
            self._programs[key] = Program({m: self.model(task, m) for m in names})
        return self._programs[key]

    def predict(self, task: str, frame: Rows, metrics: str | Iterable[str] | None = None) -> pd.DataFrame:
        """As ``Source.predict``, without looking levels up twice."""
        import pandas as pd

        self.check_names(task)
        program = self.program(task, metrics)
        frame = self.rows_of(task, frame)
        columns = dict(frame.items())
        given = {each.name: each.column(columns, len(frame)) for each in self.inputs.every}
        codes = [self._recoded(column, *given[column.name]) for column in program.inputs]
        found: pd.DataFrame = pd.DataFrame(program.many_coded(codes), frame.index, self._labels(program.metrics))
        return found

    def _labels(self, metrics: tuple[str, ...]) -> pd.Index[str]:
        """The names of metrics as the columns of a frame, which takes Pandas a while to make of a list."""
        import pandas as pd

        if metrics not in self._indices:
            self._indices[metrics] = pd.Index(list(metrics))
        return self._indices[metrics].copy()  # a frame's owner may give its columns a name

    def _recoded(
        self, column: Column, values: NDArray[Any], positions: NDArray[np.int64] | None
    ) -> NDArray[np.float64]:
        """A column's codes for a model. The model may have the levels in another order than the source."""
        if column not in self._recodings:
            spec = next(spec for spec in self.columns if spec["name"] == column.name)
            self._recodings[column] = _recoding(column, spec.get("levels"))
        recoding = self._recodings[column]
        return column_codes(column, values) if recoding is None or positions is None else recoding[positions]

    def verify(self) -> None:
        """Reads every model, so that every file's hash is checked. SurrogateError names the first damaged file."""
        for task in self.tasks:
            for metric in self.metrics(task):
                self.model(task, metric)


def _recoding(column: Column, levels: list[Any] | None) -> NDArray[np.float64] | None:
    """The model's code of each of the source's levels; None if the model takes numbers, or does not know them all."""
    if column.levels is None or levels is None or not set(levels) <= set(column.levels):
        return None
    return np.array([column.levels.index(level) for level in levels], np.float64)
