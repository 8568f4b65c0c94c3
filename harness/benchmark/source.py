"""A source: the place where the numbers of a benchmark come from. Fitted models, a table of trainings, or a function.

Terms
-----
row       a configuration and its fidelity in one mapping: column name -> value.
oracle    answers the questions of one run, in their order; it may draw at random from the run's own generator.
means     answers without randomness: predictions of a model, means over the trials of a table.
invalid   a row with which no network can be trained; all its metrics are NaN.

Runs, verification and reports ask a ``Source``. Kinds of sources do not inherit from one another. Each implements this
class and passes the conformance suite ``harness.testing.sources``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from harness.benchmark.inputs import Inputs
from harness.benchmark.rows import Rows, check_columns, frame_of
from harness.errors import SpaceError, UnknownName

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, Any]
Columns = Mapping[str, NDArray[Any]]


class Oracle(Protocol):
    """Answers questions about some metrics of a task; ``metrics`` names the answers in order."""

    metrics: tuple[str, ...]

    def one(self, row: Row) -> list[float]:
        """The metrics of one row, NaN if it is invalid. The row must lie inside the space."""

    def many(self, rows: Columns) -> NDArray[np.float64]:
        """The metrics of every row, shape (rows, metrics), for columns of equal length by name."""


class Keys(Protocol):
    """The keys of configurations, by which a table finds their entries; -1 for an invalid configuration.

    Columns that are no part of a configuration are ignored. Keys may also have ``why(row)``, a text that says why a
    configuration is invalid, empty if it is valid.
    """

    def one(self, row: Row) -> int:
        """The key of one configuration."""

    def many(self, rows: Columns) -> NDArray[np.int64]:
        """The keys of many configurations, shape (rows,), for columns of equal length by name."""


def _as_row(row: Any) -> dict[str, Any]:
    if isinstance(row, Mapping):
        return dict(row)
    if getattr(row, "ndim", 0) == 1 and hasattr(row, "index"):  # a Series
        return {str(name): value for name, value in row.items()}
    raise SpaceError(f"a row is a mapping of column names to values, not {type(row).__name__}; ask predict for several")


class Source(ABC):
    """Tasks, metrics and answers under a name, a version and a hash.

    ``hash``: SHA-256 (hex) of everything the answers depend on; ``columns``: the inputs, dicts with ``name`` and either
    ``levels`` or ``low`` and ``high`` (and ``integer``, ``log``), optionally ``default``; ``path``: the folder from
    which another process reads the same source, None for a source that exists in memory only; ``about``: facts for
    readers, such as ``description`` and ``licence``.
    """

    name: str
    hash: str
    columns: Sequence[Mapping[str, Any]]
    path: Path | None = None
    about: Mapping[str, Any] = {}

    @property
    @abstractmethod
    def tasks(self) -> Sequence[str]:
        """Names of the tasks, in a fixed order."""

    @abstractmethod
    def metrics(self, task: str) -> Sequence[str]:
        """Names of the metrics of a task, in a fixed order. UnknownName for another task."""

    @abstractmethod
    def constants(self, task: str) -> Mapping[str, Any]:
        """Numbers stored with the source, such as ``mean_runtime``: the mean price of a full evaluation (seconds)."""

    def card(self, task: str, metric: str) -> Mapping[str, Any]:
        """Facts about a metric: how it was made, and its measured error. UnknownName for another task or metric."""
        self.check_names(task, [metric])
        return {}

    @abstractmethod
    def oracle(self, task: str, metrics: str | Iterable[str], rng: np.random.Generator) -> Oracle:
        """The oracle of one run, which draws all its random numbers from ``rng``; a text is one metric.

        UnknownName as in ``card``.
        """

    @abstractmethod
    def means(self, task: str, metrics: str | Iterable[str] | None = None) -> Oracle:
        """The oracle without randomness, for all metrics by default; a text is one metric.

        UnknownName as in ``card``.
        """

    def predict(self, task: str, frame: Rows, metrics: str | Iterable[str] | None = None) -> pd.DataFrame:
        """The means of ``metrics`` (one, several; default: all) for rows, with a frame's own index; NaN for an invalid
        row. ``frame``: a DataFrame, or a mapping, a Series or a list of these.

        Columns with a default, the fidelities, may be left out; columns that are no input are ignored, unless their
        name is near that of an input. SpaceError names such a column, or a value outside its range.
        """
        import pandas as pd

        self.check_names(task)
        means = self.means(task, metrics)
        frame = self.rows_of(task, frame)
        given = dict(frame.items())
        rows = {each.name: each.column(given, len(frame))[0] for each in self.inputs.every}
        found: pd.DataFrame = pd.DataFrame(means.many(rows), index=frame.index, columns=list(means.metrics))
        return found

    def rows_of(self, task: str, rows: Rows) -> pd.DataFrame:
        """Rows as a frame, whose columns' names are checked as in ``predict``."""
        frame = frame_of(rows)
        if not self.inputs.known.issuperset(frame.columns):
            check_columns(frame.columns, self.inputs.names, self.metrics(task))
        return frame

    def query(self, task: str, row: Row, metrics: str | Iterable[str] | None = None) -> dict[str, float]:
        """The means of one row, quicker than ``predict``; columns with a default may be left out.

        SpaceError if the row is invalid, lacks a column, has a value outside its range or a column whose name is near
        that of an input.
        """
        self.check_names(task)
        means = self.means(task, metrics)
        if type(row) is not dict:
            row = _as_row(row)
        inputs = self.inputs
        if not inputs.known.issuperset(row):
            check_columns(row, inputs.names, self.metrics(task))
        try:
            values = means.one(inputs.whole(row))
        except KeyError:
            inputs.check_complete(row)
            raise
        if any(map(isnan, values)):
            shown = ", ".join(f"{name} = {value}" for name, value in row.items())
            why = self.why_invalid(task, row)
            said = f"{self.name} has no entry for {shown}: the configuration is invalid"
            raise SpaceError(f"{said}; {why}" if why else said)
        return dict(zip(means.metrics, values, strict=True))

    @cached_property
    def inputs(self) -> Inputs:
        """The columns, prepared for checking rows."""
        return Inputs(self.columns)

    def why_invalid(self, task: str, row: Row) -> str:  # noqa: ARG002
        """The reason why a row is invalid, as part of a sentence; empty if the source does not know it."""
        return ""

    def verify(self) -> None:  # noqa: B027 - a source without files has nothing to read
        """Reads every file that the answers depend on. SurrogateError names the first damaged one."""

    def check_names(self, task: str, metrics: Iterable[str] = ()) -> None:
        """UnknownName for a task or metric that the source does not have."""
        if not isinstance(task, str) or task not in self.tasks:
            raise UnknownName(f"task of source {self.name}", task, self.tasks)
        known = self.metrics(task) if metrics else ()
        for metric in metrics:
            if not isinstance(metric, str) or metric not in known:
                raise UnknownName(f"metric of task {task}", metric, known)
