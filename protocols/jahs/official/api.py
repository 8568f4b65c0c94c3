"""``Benchmark`` of the official package: one configuration in, the metrics of its epochs out."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from enum import Enum, unique
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from harness import registry
from harness.benchmark.source import Source
from harness.benchmark.space import Configuration
from harness.errors import SpaceError, UsageError
from harness.sources.live.function import FunctionSource
from harness.sources.shelf import available_sets
from harness.sources.tables.keys import Radix
from harness.sources.tables.table import TableSource
from protocols.jahs.leaderboards import METRICS, TASKS
from protocols.jahs.official.lib.core import configspace
from protocols.jahs.published import ARCHIVES
from protocols.jahs.space import FIDELITIES, SPACE

OFFICIAL = next(iter(ARCHIVES))
"""The source with the official surrogates."""
KNOWN = tuple(sorted(METRICS))
"""The metrics, in the order of the official package."""
BenchmarkTasks: Any = Enum(  # type: ignore[misc]
    "BenchmarkTasks", {str(facts["title"]).replace("-", ""): task for task, facts in TASKS.items()}
)
"""The tasks under the official names: ``BenchmarkTasks.CIFAR10``."""


@unique
class BenchmarkTypes(Enum):
    """The kinds of questions: to fitted models, to a table, to a training."""

    Surrogate = "surrogate"
    Table = "table"
    Live = "live"


class WrongArgument(UsageError, ValueError):
    """An argument that is not legal, as the ValueError that programs for the official package expect."""


class NoEntry(SpaceError, KeyError):
    """A configuration that a table does not have, as the KeyError that programs for the official package expect."""

    __str__ = SpaceError.__str__


class Benchmark:
    """The benchmark of one task, with the arguments of the official class.

    ``task``: a ``BenchmarkTasks`` or its value; ``kind``: a ``BenchmarkTypes`` or its value; ``metrics``: the names of
    some metrics, by default all seven. ``download``, ``save_dir`` and ``lazy`` are accepted: the harness keeps its
    sources in one place, fetches nothing unasked, and reads a model when it is first needed.

    ``surrogates``: the name of a source, or the source. By default it is the official set if it is here, else the
    suite's embedded stand-in, which says so once on standard error. Kind ``table`` needs a source that is a table of
    these tasks, kind ``live`` one that computes its answers; nothing of either kind comes with the harness.
    """

    default_surrogates: ClassVar[Any] = None
    """The source where none is given, see ``harness.compat.jahs_bench.install``."""

    def __init__(
        self,
        task: Any,
        kind: Any = BenchmarkTypes.Surrogate,
        download: bool = True,  # noqa: ARG002 - the official arguments
        save_dir: str | Path = "jahs_bench_data",
        metrics: Iterable[str] | None = None,
        lazy: bool = False,  # noqa: ARG002
        *,
        surrogates: str | Source | None = None,
    ) -> None:
        self.task: Any = _member(BenchmarkTasks, "task", task.lower() if isinstance(task, str) else task)
        self.kind: BenchmarkTypes = _member(BenchmarkTypes, "kind", kind)
        self.save_dir = Path(save_dir)
        wanted = KNOWN if metrics is None else tuple(dict.fromkeys(metrics))
        if unknown := [metric for metric in wanted if metric not in KNOWN]:
            raise WrongArgument(f"unknown metrics {', '.join(map(repr, unknown))}; the metrics are {', '.join(KNOWN)}")
        self.source = _source(self.kind, self.default_surrogates if surrogates is None else surrogates, self.save_dir)
        has = self.source.metrics(self.task.value)
        self.metrics = wanted
        self._answered = tuple(metric for metric in KNOWN if metric in wanted and metric in has)

    def __call__(
        self, config: Mapping[str, Any], nepochs: int = 200, full_trajectory: bool = False, **_: Any
    ) -> dict[int, dict[str, float]]:
        """Epoch -> metric -> value: of the epoch ``nepochs``, or of every epoch up to it.

        An ``epoch`` in ``config`` is ignored. Fidelities that are left out are full. SpaceError names a value that is
        missing or outside its range.
        """
        last = int(FIDELITIES["epoch"].check(nepochs))
        epochs = range(1, last + 1) if full_trajectory else (last,)
        rows = [{**dict(config), "epoch": epoch} for epoch in epochs]
        answers = (self._answer(row) for row in rows)
        return dict(zip(epochs, answers, strict=True))

    @property
    def config_space(self) -> Any:
        """The official ``ConfigurationSpace``: the joint space and the fidelities but the epoch."""
        return configspace.joint_config_space

    def sample_config(self, random_state: int | np.random.RandomState | None = None) -> Configuration:
        """A random configuration with random fidelities, the epoch among them; of a table, one of its entries."""
        state = random_state if isinstance(random_state, np.random.RandomState) else np.random.RandomState(random_state)
        rng = np.random.Generator(state._bit_generator)
        if isinstance(self.source, TableSource):
            return _entry(self.source, self.task.value, rng)
        drawn = {**SPACE.sample(rng), **FIDELITIES.sample(rng)}
        return {**{name: drawn[name] for name in configspace.ORDER}, "epoch": drawn["epoch"]}

    def _answer(self, row: dict[str, Any]) -> dict[str, float]:
        try:
            return self.source.query(self.task.value, row, self._answered)
        except SpaceError as error:
            if isinstance(self.source, TableSource):
                raise NoEntry(str(error)) from error
            raise


def _entry(source: TableSource, task: str, rng: np.random.Generator) -> Configuration:
    """A configuration of a table, with a random one of its fidelities."""
    fidelities = [column for column in source.columns if column["name"] in source.manifest["fidelities"]]
    keys = source.entries(task).keys
    found = Radix([column for column in source.columns if column not in fidelities]).row(int(rng.choice(keys)))
    levels = Radix(fidelities)
    return {**found, **levels.row(int(rng.integers(levels.size)))}


def _member(kinds: Any, name: str, value: Any) -> Any:
    try:
        return kinds(value)
    except ValueError as error:
        valid = ", ".join(kind.value for kind in kinds)
        raise WrongArgument(f"{name} = {value!r} is unknown; it is one of {valid}") from error


def _source(kind: BenchmarkTypes, chosen: Any, save_dir: Path) -> Source:
    source = chosen if isinstance(chosen, Source) else None
    if source is None and (chosen is not None or kind is BenchmarkTypes.Surrogate):
        here = OFFICIAL in available_sets()
        source = registry.load_surrogates(chosen or (OFFICIAL if here else registry.suite().source))
        if chosen is None and not here:
            _say_that_it_stands_in(source.name, str(save_dir) if (save_dir / "assembled_surrogates").is_dir() else "")
    if kind is BenchmarkTypes.Table and not isinstance(source, TableSource):
        raise UsageError(
            "kind 'table' needs a table of trainings as a source, and the harness has none of these tasks; give "
            "surrogates=NAME of a table of yours (harness data import), or kind='surrogate'"
        )
    if kind is BenchmarkTypes.Live and not isinstance(source, FunctionSource):
        raise UsageError(
            "kind 'live' trains networks, which the harness does not; give surrogates=SOURCE, a "
            "harness.sources.live.function.FunctionSource that does, or kind='surrogate'"
        )
    if source is None:  # no kind is left for which this could be
        raise UsageError(f"kind {kind.value!r} needs a source")
    return source


@cache
def _say_that_it_stands_in(name: str, folder: str) -> None:
    """Once in a process."""
    how = f"harness data import {folder}/assembled_surrogates" if folder else f"harness data fetch {OFFICIAL}"
    print(
        f"note: jahs_bench answers from {name}, a small stand-in for the official surrogates, whose numbers differ; "
        f"get the official ones with: {how}",
        file=sys.stderr,
    )
