"""A loaded surrogate set: which tasks and metrics it has, its frozen constants, and its predictions.

Units: accuracies in percent, ``runtime`` in seconds of training and evaluation cumulative up to ``epoch``, ``latency``
the benchmark's per-datapoint latency, ``size_MB`` and ``FLOPS`` as in the benchmark (JAHS-Bench-201, Table 3).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from harness.errors import SpaceError, UnknownName, UsageError
from harness.sources.models.evaluate import Program, column_codes, level_codes
from harness.sources.models.model import Column, Encoder, Model
from harness.sources.store import MANIFEST, TABLE, read_manifest, read_model

if TYPE_CHECKING:
    import pandas as pd

Given = tuple[NDArray[Any], "list[Any] | None", "NDArray[np.int64] | None"]
EMBEDDED = Path(__file__).resolve().parent.parent / "embedded"


def data_directory() -> Path:
    """Where imported sets live: ``HARNESS_DATA``, or the user's data directory."""
    override = os.environ.get("HARNESS_DATA")
    if override:
        return Path(override).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("jahs-harness"))


def available_sets() -> dict[str, Path]:
    """Name -> directory of every embedded and imported set; an embedded name cannot be shadowed."""
    found: dict[str, Path] = {}
    for parent in (EMBEDDED, data_directory() / "sets"):
        if parent.is_dir():
            for child in sorted(parent.iterdir()):
                if not child.name.startswith(".") and (child / MANIFEST).is_file():
                    found.setdefault(child.name, child)
    return found


class Predictor(Protocol):
    """What answers for some metrics of a task; ``metrics`` names the outputs in order."""

    metrics: tuple[str, ...]

    def one(self, row: Mapping[str, Any]) -> list[float]:
        """The metrics of one row (configuration and fidelity in one mapping); NaN if it is invalid."""

    def many(self, rows: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """The metrics of every row, shape (rows, metrics), for columns of equal length by name."""


def load_surrogates(name: str | Path) -> SurrogateSet:
    """The set of that name (or at that directory). UnknownName or SurrogateError if there is none or it is damaged."""
    if isinstance(name, Path):
        manifest = read_manifest(name)
        if manifest.get("kind") == TABLE:
            from harness.sources.tables.table import TableSet

            return TableSet(name, manifest)
        return SurrogateSet(name, manifest)
    sets = available_sets()
    if name not in sets:
        from harness import registry

        hint = registry.how_to_get(name)
        if hint:
            raise UsageError(f"the surrogate set {name} is not here yet; get it with: {hint}")
        raise UnknownName("surrogate set", name, sets)
    return load_surrogates(sets[name])


class SurrogateSet:
    """A set on disk; models are read (memory-mapped, hash checked) when first needed."""

    def __init__(self, path: Path, manifest: dict[str, Any] | None = None) -> None:
        self.path = Path(path)
        self.manifest = read_manifest(self.path) if manifest is None else manifest
        self.name: str = self.manifest["name"]
        self.hash: str = self.manifest["hash"]
        self.columns: list[dict[str, Any]] = self.manifest["columns"]
        self._encoders: dict[str, Encoder] = {}
        self._models: dict[tuple[str, str], Model] = {}
        self._programs: dict[tuple[str, tuple[str, ...]], Program] = {}

    @property
    def tasks(self) -> list[str]:
        """Names of the tasks, in a fixed order."""
        return sorted(self.manifest["tasks"])

    def metrics(self, task: str) -> list[str]:
        """Names of the metrics of a task, in a fixed order."""
        return sorted(self._task(task)["metrics"])

    def constants(self, task: str) -> dict[str, Any]:
        """Numbers frozen with the set for this task, e.g. ``mean_runtime`` in simulated seconds."""
        constants: dict[str, Any] = self._task(task)["constants"]
        return constants

    def card(self, task: str, metric: str) -> dict[str, Any]:
        """How this metric was made and what error was measured."""
        self._check_metrics(task, [metric])
        card: dict[str, Any] = self.manifest["tasks"][task]["metrics"][metric]["card"]
        return card

    def model(self, task: str, metric: str) -> Model:
        """The model of one metric."""
        key = (task, metric)
        if key not in self._models:
            self._check_metrics(task, [metric])
            self._models[key] = read_model(self.path, self.manifest, task, metric, self._encoders)
        return self._models[key]

    def oracle(self, task: str, metrics: Iterable[str], rng: np.random.Generator) -> Predictor:  # noqa: ARG002
        """What a run asks. A table draws one of an entry's trainings with ``rng``."""
        return self.program(task, metrics)

    def program(self, task: str, metrics: Iterable[str] | None = None) -> Predictor:
        """The compiled program of some metrics (default: all) of a task; rows must lie inside the space."""
        return self._program(task, metrics)

    def _program(self, task: str, metrics: Iterable[str] | None) -> Program:
        names = tuple(self.metrics(task) if metrics is None else metrics)
        key = (task, names)
        if key not in self._programs:
            self._programs[key] = Program({m: self.model(task, m) for m in names})
        return self._programs[key]

    def predict(self, task: str, frame: pd.DataFrame, metrics: Iterable[str] | None = None) -> pd.DataFrame:
        """Predictions of ``metrics`` (default: all), row by row, for configurations with fidelities.

        ``frame`` has the official column names; columns with a default (the fidelities, at their full values) may be
        left out, further columns are ignored. The result has the same index. SpaceError names a value out of range.
        """
        import pandas as pd

        program = self._program(task, metrics)
        given = {c["name"]: self._column(frame, c) for c in self.columns}
        codes = [_recoded(column, *given[column.name]) for column in program.inputs]
        return pd.DataFrame(program.many_coded(codes), index=frame.index, columns=list(program.metrics))

    def query(self, task: str, row: Mapping[str, Any], metrics: Iterable[str] | None = None) -> dict[str, float]:
        """Predictions for one configuration with its fidelity, given as one mapping; the quick way for one row."""
        program = self.program(task, metrics)
        return dict(zip(program.metrics, program.one(row), strict=True))

    def _column(self, frame: pd.DataFrame, spec: Mapping[str, Any]) -> Given:
        """A column's values and, where it has levels, those levels and the index of each value."""
        name = spec["name"]
        if name not in frame:
            if "default" not in spec:
                raise SpaceError(f"column {name!r} is missing; it takes {_range(spec)}")
            values: NDArray[Any] = np.full(len(frame), spec["default"])
        else:
            values = frame[name].to_numpy()
        levels, index = spec.get("levels"), None
        if levels is not None:
            index = level_codes(levels, values)
            wrong = index < 0
        else:
            try:
                numbers = values.astype(np.float64)
            except (TypeError, ValueError):
                numbers = np.array([v if isinstance(v, int | float) else np.nan for v in values], np.float64)
            wrong = ~((numbers >= spec["low"]) & (numbers <= spec["high"]))
            if spec.get("integer"):
                wrong |= numbers != np.floor(numbers)
        if wrong.any():
            row = int(np.argmax(wrong))
            value = values[row]
            shown = value.item() if isinstance(value, np.generic) else value
            raise SpaceError(f"row {row}: {name} = {shown!r} is outside its range {_range(spec)}")
        return values, levels, index

    def _task(self, task: str) -> dict[str, Any]:
        if task not in self.manifest["tasks"]:
            raise UnknownName(f"task of surrogate set {self.name}", task, self.tasks)
        found: dict[str, Any] = self.manifest["tasks"][task]
        return found

    def _check_metrics(self, task: str, metrics: Iterable[str]) -> None:
        for metric in metrics:
            if metric not in self._task(task)["metrics"]:
                raise UnknownName(f"metric of task {task}", metric, self.metrics(task))

    def verify(self) -> None:
        """Reads every model, so that every file's hash is checked (SurrogateError names the first damaged one)."""
        for task in self.tasks:
            for metric in self.metrics(task):
                if (task, metric) not in self._models:
                    self.model(task, metric)


def _recoded(
    column: Column, values: NDArray[Any], levels: list[Any] | None, index: NDArray[np.int64] | None
) -> NDArray[np.float64]:
    """A column's codes for a model that may number its levels otherwise than the set does."""
    if column.levels is None or levels is None or not set(levels) <= set(column.levels):
        return column_codes(column, values)
    return np.array([column.levels.index(level) for level in levels], np.float64)[index]


def _range(spec: Mapping[str, Any]) -> str:
    if "levels" in spec:
        return "{" + ", ".join(map(str, spec["levels"])) + "}"
    return f"[{spec['low']:g}, {spec['high']:g}]"
