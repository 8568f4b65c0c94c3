"""A suite of a user's own table, declared in a TOML file beside a parquet of one row per training.

::

    name = "digits"                       # the name of the suite and of its source
    table = "digits.parquet"              # lies beside this file
    also = ["parameters"]                 # further metrics to record (optional)
    parameters.width = [8, 16, 32]        # a searched column, with its levels in order
    parameters.activation = []            # a searched column, with all levels that the table has, sorted
    fidelity = { column = "epochs", continues = true }
    trials = { column = "repeat" }        # tells repeated trainings apart (optional)
    task = { name = "digits" }            # or { column = "dataset" }
    objective = { metric = "valid", maximize = true, test = "test" }
    price = { metric = "seconds" }        # seconds of training up to the row's fidelity
    budget = { evaluations = 50, seeds = 100 }

The largest value in a fidelity's column is the full fidelity. A suite with several fidelities, or none, has a list
``fidelities`` instead: setting mf varies the first, multi-mf all. ``continues``, allowed for the first fidelity only,
means that training resumes from the checkpoint of a lower fidelity, so that only the difference in price is charged
(default: false). ``test`` is the metric that the score is computed from (default: the objective's own metric), ``unit``
its unit, for the labels of axes. ``objectives``, a list of two, adds leaderboards scored by the hypervolume of both
objectives. The ``reference`` of an objective is its value at the reference point: an entry with a worse value adds
nothing to the score (default: the value of the table's worst entry). Configurations without a row are invalid.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.base.plain import read_plain
from harness.base.toml import load_toml
from harness.benchmark.columns import RESERVED
from harness.benchmark.goals import MEAN, Goal
from harness.errors import OverBudget
from harness.sources.tables.errors import BadDeclaration, NoFidelity
from harness.suites.entries import Entries
from harness.suites.names import check_name, check_task
from harness.suites.values import (
    MAX_BUDGET,
    MAX_COLUMNS,
    MAX_PATH,
    MAX_REFERENCE,
    MAX_SEEDS,
    MIN_BUDGET,
    levels_problem,
    shown,
    text_problem,
)

MAX_BYTES = 4 * 2**20


@dataclass(frozen=True)
class Declaration:
    """The content of a declaration.

    ``parameters``: name -> levels, empty to take all levels that the table has; ``continues``: the fidelity along which
    training resumes, if any; ``task``: the name of the only task, or ``task_column``: the column with the names of
    tasks; ``goals``: one or two; ``tests``: the metrics whose means the goals report; ``score``: the label of the first
    goal's regret; ``also``: further metrics to record; ``seeds``: the number of seeds of an entry.
    """

    name: str
    title: str
    table: Path
    parameters: Mapping[str, tuple[Any, ...]]
    fidelities: tuple[str, ...]
    continues: str | None
    trials: str | None
    task: str | None
    task_column: str | None
    goals: tuple[Goal, ...]
    tests: tuple[str, ...]
    score: str
    price: str
    also: tuple[str, ...]
    budget: float
    seeds: int

    @property
    def metrics(self) -> tuple[str, ...]:
        """The columns that are metrics, each once."""
        return tuple(dict.fromkeys((*(goal.told for goal in self.goals), *self.tests, self.price, *self.also)))


def read_declaration(path: Path, taken: Mapping[str, str]) -> Declaration:
    """Reads a declaration. ``taken``: names that the suite may not have -> the reason.

    BadDeclaration names the file and the entry that is wrong.
    """
    try:
        data = load_toml(read_plain(path, MAX_BYTES))
    except FileNotFoundError:
        raise BadDeclaration(f"there is no file {path}; give the declaration of a suite") from None
    except (ValueError, OverBudget) as error:
        raise BadDeclaration(f"{path} is no declaration of a suite: {error}") from None
    try:
        found = _declaration(Entries(data), path)
        check_name(found.name, taken)
    except BadDeclaration as error:
        raise type(error)(f"{path}: {error}") from None
    return found


def _declaration(data: Entries, path: Path) -> Declaration:
    if not data.entries.keys() & {"fidelity", "fidelities"}:
        raise NoFidelity(
            f"it declares no fidelity{data.near('fidelity')}; give the column, such as "
            'fidelity = { column = "epochs" }, or fidelities = [] if every training is a full one'
        )
    fidelities, objectives = data.several("fidelity", "fidelities"), data.several("objective", "objectives")
    price, trials, task = data.table("price"), data.table("trials", {}), data.table("task")
    budget, parameters = data.table("budget", {}), data.table("parameters")
    axes = [(one.get("column", str), one.get("continues", bool, False)) for one in fidelities]
    goals = [_goal(one, len(objectives)) for one in objectives]
    regret = "Test regret" if goals and goals[0][1] != goals[0][0].told else "Regret"
    unit = objectives[0].get("unit", str, "") if goals else ""
    found = Declaration(
        name=data.get("name", str), title=data.get("title", str, ""),
        table=path.parent / data.get("table", str, longest=MAX_PATH),
        parameters={name: tuple(parameters.get(name, list)) for name in list(parameters.entries)},
        fidelities=tuple(name for name, _ in axes), continues=next((name for name, goes_on in axes if goes_on), None),
        trials=trials.get("column", str, None), task=task.get("name", str, None),
        task_column=task.get("column", str, None),
        goals=tuple(goal for goal, _ in goals), tests=tuple(dict.fromkeys(test for _, test in goals)),
        score=f"{regret} [{unit}]" if unit else regret,
        price=price.get("metric", str), also=data.texts("also"),
        budget=float(budget.get("evaluations", float, 100.0)), seeds=budget.get("seeds", int, 10),
    )  # fmt: skip
    for table in (data, *fidelities, *objectives, price, trials, task, budget):
        table.end()
    if any(goes_on for _, goes_on in axes[1:]):
        raise BadDeclaration("fidelities: only the first fidelity may continue, because setting mf varies it")
    _check(found)
    return found


def _goal(entries: Entries, count: int) -> tuple[Goal, str]:
    """A goal, and the metric whose mean is its report."""
    metric = entries.get("metric", str)
    test = entries.get("test", str, metric)
    reference = entries.get("reference", float, None) if count > 1 else None
    return Goal(metric, entries.get("maximize", bool), MEAN.format(test), reference), test


def _check(found: Declaration) -> None:
    if (found.task is None) == (found.task_column is None):
        raise BadDeclaration(
            'task needs either a name, as in { name = "digits" }, or the column with the names of tasks'
        )
    if not found.parameters:
        raise BadDeclaration("parameters is empty; name at least one column to search")
    if not found.budget >= MIN_BUDGET or found.seeds < 1:
        raise BadDeclaration(f"budget needs evaluations of at least {MIN_BUDGET:g}, and seeds of at least 1")
    if found.budget > MAX_BUDGET or found.seeds > MAX_SEEDS:
        raise BadDeclaration(
            f"budget has {found.budget:g} evaluations and {found.seeds:,} seeds; at most {MAX_BUDGET:,.0f} evaluations "
            f"and {MAX_SEEDS:,} seeds are allowed"
        )
    for name, levels in found.parameters.items():
        full = f"parameters.{shown(name)[1:-1]}"
        kinds = {type(level) for level in levels}
        if len(kinds) > 1 or not kinds <= {bool, int, float, str}:
            raise BadDeclaration(f"{full} must be a list of different values of one kind, or empty")
        if problem := levels_problem(levels):
            raise BadDeclaration(f"{full} {problem}")
        if len(set(levels)) < len(levels):
            twice = Counter(levels).most_common(1)[0][0]
            raise BadDeclaration(f"{full} has level {shown(twice)} twice; give every level once")
    if not 1 <= len(found.goals) <= 2 or len({goal.told for goal in found.goals}) < len(found.goals):
        raise BadDeclaration("objectives must be one or two, of different metrics")
    if len({goal.report for goal in found.goals}) < len(found.goals):
        raise BadDeclaration("two objectives must have different test metrics")
    for goal in found.goals:
        if goal.reference is None:
            continue
        if not math.isfinite(goal.reference):
            raise BadDeclaration("objectives: a reference must be a finite number")
        if abs(goal.reference) > MAX_REFERENCE:
            raise BadDeclaration(f"objectives: reference = {goal.reference:g} is beyond {MAX_REFERENCE:g}")
    inputs = [*found.parameters, *found.fidelities]
    columns = [
        *inputs,
        *found.metrics,
        *map(MEAN.format, found.tests),
        *(name for name in (found.task_column, found.trials) if name is not None),
    ]
    if len(columns) > MAX_COLUMNS:
        raise BadDeclaration(f"it declares {len(columns):,} columns; at most {MAX_COLUMNS:,} are allowed")
    for name in columns:
        if problem := text_problem(name) or ("is empty; give it a name" if not name else ""):
            raise BadDeclaration(f"column {shown(name)} {problem}")
    doubled = next((name for name in columns if columns.count(name) > 1), None)
    if doubled is not None:
        raise BadDeclaration(
            f"column {doubled!r} is declared twice; declare it as one thing, such as a parameter or a metric"
        )
    reserved = next((name for name in (*inputs, *found.metrics) if name in RESERVED), None)
    if reserved is not None:
        raise BadDeclaration(f"a record has a column {reserved!r} of its own; rename the column of the table")
    if found.task is not None:
        check_task(found.task)
