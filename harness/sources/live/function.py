"""A Python function as a source. It computes the metrics of a row, including the price of the evaluation.

::

    def bowl(row):
        return {"loss": (row["x"] - 0.3) ** 2, "seconds": 60.0 * row["epoch"]}

    source = FunctionSource(
        "bowl", {"bowl": FunctionTask(bowl, ("loss", "seconds"), {"mean_runtime": 60.0 * 9})},
        [{"name": "x", "low": 0.0, "high": 1.0}, {"name": "epoch", "levels": [1, 3, 9], "default": 9}],
    )
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.base.escape import shown
from harness.benchmark.inputs import check_column
from harness.benchmark.parameters import is_finite
from harness.benchmark.rows import one_or_more
from harness.benchmark.source import Columns, Oracle, Row, Source
from harness.errors import SurrogateError
from harness.sources.store import canonical

Function = Callable[[Row], "Mapping[str, float] | None"]
"""From a row to its metrics, None for an invalid configuration. The same row must always give the same metrics."""


@dataclass(frozen=True)
class FunctionTask:
    """A task of a function source.

    ``metrics``: the names that ``function`` returns, in the order of answers; ``constants``: numbers such as
    ``mean_runtime`` (the mean price of a full evaluation in simulated seconds), which every task needs; ``cards``:
    metric -> facts about it.
    """

    function: Function
    metrics: tuple[str, ...]
    constants: Mapping[str, float]
    cards: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class FunctionSource(Source):
    """A source with one function for each task.

    ``version``: a text that goes into the hash instead of the functions' Python text. It is needed if Python cannot
    find that text. Other processes can use the source only if its functions can be pickled, which means that they are
    defined in a module and not inside another function.

    SpaceError names a column that cannot be, SurrogateError a constant that is no finite number.
    """

    def __init__(
        self,
        name: str,
        tasks: Mapping[str, FunctionTask],
        columns: Sequence[Mapping[str, Any]],
        *,
        version: str = "",
        about: Mapping[str, Any] | None = None,
    ) -> None:
        self.name, self.columns, self.version = name, [dict(column) for column in columns], version
        self.about = dict(about or {})
        self._tasks = dict(tasks)
        for column in self.columns:
            check_column(column)
        for task, declared in self._tasks.items():
            for constant, value in declared.constants.items():
                if not is_finite(value) or (constant == "mean_runtime" and not value > 0):
                    right = "seconds above 0" if constant == "mean_runtime" else "a finite number"
                    raise SurrogateError(f"task {task}: constant {constant} = {shown(value)} must be {right}")

    @cached_property
    def hash(self) -> str:  # type: ignore[override]
        """SHA-256 (hex) of the declared parts and the version. Without a version, the functions' Python text."""
        parts = {
            "name": self.name, "columns": self.columns,
            "tasks": {
                name: [list(task.metrics), dict(task.constants), self.version or _text(task.function)]
                for name, task in self._tasks.items()
            },
        }  # fmt: skip
        return hashlib.sha256(canonical(parts).encode()).hexdigest()

    @property
    def tasks(self) -> tuple[str, ...]:
        """Names of the tasks, in the order of the constructor's argument."""
        return tuple(self._tasks)

    def metrics(self, task: str) -> tuple[str, ...]:
        """Names of the metrics, in the order of the task's declaration."""
        self.check_names(task)
        return self._tasks[task].metrics

    def constants(self, task: str) -> Mapping[str, float]:
        """The constants that the task declares."""
        self.check_names(task)
        return self._tasks[task].constants

    def card(self, task: str, metric: str) -> Mapping[str, Any]:
        """The card that the task declares for the metric, with ``kind`` "function"."""
        self.check_names(task, [metric])
        return {"kind": "function", **self._tasks[task].cards.get(metric, {})}

    def oracle(self, task: str, metrics: str | Iterable[str], rng: np.random.Generator) -> Oracle:  # noqa: ARG002
        """The function. It is not random, so ``rng`` is not used."""
        return self.means(task, metrics)

    def means(self, task: str, metrics: str | Iterable[str] | None = None) -> Oracle:
        """The function."""
        names = self.metrics(task) if metrics is None else one_or_more(metrics)
        self.check_names(task, names)
        return _Answers(task, self._tasks[task].function, names)


class _Answers:
    """The function of one task, asked for some of its metrics."""

    def __init__(self, task: str, function: Function, metrics: tuple[str, ...]) -> None:
        self.metrics, self._task, self._function = metrics, task, function
        self._nothing = [float("nan")] * len(metrics)

    def one(self, row: Row) -> list[float]:
        found = self._function(row)
        if found is None:
            return self._nothing
        try:
            return [float(found[name]) for name in self.metrics]
        except KeyError as error:
            known = ", ".join(found)
            raise SurrogateError(
                f"the function of task {self._task} returned no {error.args[0]!r}, but {known}; it must return every "
                "metric that its FunctionTask names"
            ) from None

    def many(self, rows: Columns) -> NDArray[np.float64]:
        names = list(rows)
        values = zip(*(np.asarray(rows[name]).tolist() for name in names), strict=True)
        answers = [self.one(dict(zip(names, row, strict=True))) for row in values]
        return np.array(answers, np.float64).reshape(len(answers), len(self.metrics))


def _text(function: Function) -> str:
    """The Python text of a function, or of the class of a callable object."""
    named = function if inspect.isroutine(function) else type(function)
    try:
        return inspect.getsource(named)
    except (OSError, TypeError):
        raise SurrogateError(
            f"the Python text of {function!r:.80} cannot be found, and the hash needs it; give FunctionSource a version"
        ) from None
