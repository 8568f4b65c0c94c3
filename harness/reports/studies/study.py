"""The parts of a study: its arms, the evidence that running them gives, and the report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from harness import registry
from harness.benchmark.leaderboard import Leaderboard
from harness.benchmark.source import Source
from harness.errors import UsageError
from harness.reports.studies.tables import Table
from harness.runs.curves import Curves, curves
from harness.runs.records import Record

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


def no_arms() -> tuple[Arm, ...]:
    """The arms of a study that runs nothing."""
    return ()


@dataclass(frozen=True)
class Evidence:
    """The records of a study's runs, and everything else that its report is made of.

    ``surrogate_set``: None for a suite without one; ``records``: by (task, arm); ``seconds``: CPU seconds of whole runs
    by (task, arm) and seed, if the study measures them; ``left_out``: method or file of reference data -> why it is
    left out; ``problems``: sentences about missing or unusable records; ``data``: file name -> reference data;
    ``suite``: the suite of the study.
    """

    surrogate_set: Source | None
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
    def surrogates(self) -> Source:
        """The surrogate set. UsageError in a study without one."""
        if self.surrogate_set is None:
            raise UsageError(f"suite {self.suite} has no source")
        return self.surrogate_set

    @property
    def origin(self) -> str:
        """The name of the surrogate set, or of the suite if it has none."""
        return self.suite if self.surrogate_set is None else self.surrogate_set.name

    def groups(self) -> dict[str, tuple[Arm, ...]]:
        """Group -> its arms that have a complete seed."""
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
        """Scores over simulated time of the seeds asked for; None if none of them is complete."""
        record = self.records.get((task, arm))
        if record is None:
            return None
        found = curves(record, view, grid)
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
        """The title of a task."""
        return str(registry.suite(self.suite).tasks[task]["title"])


@dataclass(frozen=True)
class Report:
    """The results of a study.

    ``text``: paragraphs of Markdown; ``figures``: file name without ending -> a function that draws the figure at a
    width (a name in ``harness.reports.plots.styles.WIDTHS``).
    """

    text: tuple[str, ...]
    tables: tuple[Table, ...] = ()
    figures: Mapping[str, Callable[[str], Figure]] = field(default_factory=dict)


@dataclass(frozen=True)
class Study:
    """A study of a paper.

    ``source``: the section, figure or table of the paper; ``arms``: returns the arms to run; ``report``: a pure
    function of the evidence; ``timed``: whether CPU seconds of the runs are measured; ``libraries``: libraries of the
    extra ``study`` that the report needs; ``tasks`` and ``seeds``: the default tasks (none: all) and number of seeds;
    ``suite``: the suite it belongs to (empty: the default one); ``data``: optional reference data, as names of parquet
    files -> the columns needed; ``of_surrogates``: False for a study of published results or reference data alone.
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
