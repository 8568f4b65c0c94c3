"""What a study is, what it finds, and what it reports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from harness import registry
from harness.benchmark.leaderboard import Leaderboard
from harness.errors import UsageError
from harness.reports.studies.tables import Table
from harness.runs import results
from harness.runs.records import Record
from harness.runs.results import Curves
from harness.sources import SurrogateSet

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Arm:
    """A method with its options, to be run on every task, or on ``tasks`` alone.

    ``label``: its name among the arms of its ``group``; ``slot``: its colour in the figures (see
    ``harness.reports.plots.styles``); ``space``: a derived space, or the suite's joint space if empty; ``optional``:
    whether it is run only when its method is named (``harness study --method``); ``protocol`` and ``workers``: those of
    the leaderboard; ``settings``: the settings of the method.
    """

    group: str
    label: str
    method: str
    setting: str
    slot: int
    axis: str | None = None
    space: str = ""
    from_scratch: bool = False
    optional: bool = False
    protocol: str = ""
    workers: int = 1
    settings: tuple[tuple[str, Any], ...] = ()
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """What was found: records by (task, arm), the surrogate set, and what is left out (methods, data) and why.

    ``surrogate_set``: None for a study of a suite that has none; ``seconds``: CPU seconds of whole runs by (task, arm)
    and seed, where a study measures them; ``data``: the reference data that are there, by name; ``suite``: the study's.
    """

    surrogate_set: SurrogateSet | None
    tasks: tuple[str, ...]
    seeds: tuple[int, ...]
    arms: tuple[Arm, ...]
    records: Mapping[tuple[str, Arm], Record] = field(default_factory=dict)
    seconds: Mapping[tuple[str, Arm], Mapping[int, float]] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    data: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    suite: str = ""

    @property
    def surrogates(self) -> SurrogateSet:
        """The surrogate set. UsageError in a study without one."""
        if self.surrogate_set is None:
            raise UsageError(f"suite {self.suite} has no surrogate set")
        return self.surrogate_set

    @property
    def origin(self) -> str:
        """What the numbers are of: the name of the surrogate set, of the suite where there is none."""
        return self.suite if self.surrogate_set is None else self.surrogate_set.name

    def groups(self) -> dict[str, tuple[Arm, ...]]:
        """The arms by group, those with a complete seed only."""
        found: dict[str, tuple[Arm, ...]] = {}
        for arm in self.arms:
            heads = [self.records[task, arm].runs for task in self.tasks if (task, arm) in self.records]
            if any(seed in runs and runs[seed]["status"] == "complete" for runs in heads for seed in self.seeds):
                found[arm.group] = (*found.get(arm.group, ()), arm)
        return found

    def board(self, task: str, arm: Arm) -> Leaderboard:
        """The leaderboard of an arm on a task."""
        return registry.leaderboard_of(self.records[task, arm].spec.leaderboard)

    def curves(self, task: str, arm: Arm, view: str = "full", grid: Iterable[float] | None = None) -> Curves | None:
        """Scores of the asked seeds over simulated time; None if none of them is complete."""
        record = self.records.get((task, arm))
        if record is None:
            return None
        found = results.curves(record, view, grid)
        asked = np.isin(found.seeds, self.seeds)
        if not asked.any():
            return None
        return replace(
            found,
            seeds=tuple(np.array(found.seeds)[asked].tolist()),
            values=found.values[asked],
            companions={name: values[asked] for name, values in found.companions.items()},
        )

    def title(self, task: str) -> str:
        """A task's name for people."""
        return str(registry.suite(self.suite).TASKS[task]["title"])


@dataclass(frozen=True)
class Report:
    """``text``: paragraphs of Markdown; ``figures``: file stem -> a function that draws it at a width (see
    ``harness.reports.plots.styles.WIDTHS``).
    """

    text: tuple[str, ...]
    tables: tuple[Table, ...] = ()
    figures: Mapping[str, Callable[[str], Figure]] = field(default_factory=dict)


@dataclass(frozen=True)
class Study:
    """``source``: what of the paper it is about; ``arms``: what to run; ``report``: a pure function of the evidence;
    ``timed``: whether CPU seconds of the runs are measured; ``libraries``: what the report needs, of the extra
    ``study``; ``tasks``, ``seeds``: those that are run where none are asked for (no task: all); ``suite``: whose it is,
    the default one if not named; ``data``: the reference data it reads where they are there, parquet files with the
    columns it needs.
    """

    name: str
    title: str
    source: str
    arms: Callable[[], tuple[Arm, ...]]
    report: Callable[[Evidence], Report]
    timed: bool = False
    libraries: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    seeds: int = 10
    suite: str = ""
    data: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    of_surrogates: bool = True
    """Whether it is about a surrogate set, rather than about published results or reference data alone."""
