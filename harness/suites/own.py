"""A user's own suite as a Python module.

A module can do what a declaration cannot: give several configurations the same entry, have another rule for the
incumbent, another score or another protocol.

The module has

- ``read_plan(folder)``: the table, a ``harness.suites.Plan``, from files in the folder that the module is in,
- ``SUITE``: a ``harness.suites.Suite`` with the plan's name; ``harness.suites.table_suite`` makes one.

``harness data import`` runs ``read_plan`` once and copies the module into the folder of the source. The source's hash
covers the module, so a record determines its code. From then on the copy is imported wherever the suite is used.
Modules that it imports must be installed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.base.modules import load_module
from harness.benchmark.columns import REPEAT, RESERVED
from harness.benchmark.goals import MEAN
from harness.benchmark.leaderboard import Leaderboard
from harness.benchmark.suite import Suite
from harness.errors import UsageError
from harness.scores.again import rescore as rescore_tables
from harness.scores.hypervolume import HYPERVOLUME
from harness.scores.regret import TEST_REGRET
from harness.sources.store import read_file
from harness.sources.tables.errors import BadModule
from harness.sources.tables.plan import Plan
from harness.suites.names import check_name, check_task

FILE = "suite.py"


def read_module(path: Path, taken: Mapping[str, str]) -> Plan:
    """The table of the suite in the module at ``path``, as a plan that includes the module itself.

    ``taken``: names that the suite may not have -> the reason. UsageError if the module cannot be imported, BadModule
    if it has no suite, or if its ``read_plan`` raises anything but an error of the harness.
    """
    module = load_module(path)
    read = getattr(module, "read_plan", None)
    if not callable(read):
        raise BadModule(f"{path} has no function read_plan(folder), which returns the table as a harness.suites.Plan")
    try:
        plan = read(path.resolve().parent)
    except UsageError:
        raise
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise BadModule(f"{path}: read_plan(folder) failed with {reason}") from error
    if not isinstance(plan, Plan):
        raise BadModule(f"{path}: read_plan(folder) must return a harness.suites.Plan, not {plan!r:.80}")
    check_name(plan.suite, taken)
    suite = _suite(module, plan.suite, path)
    for protocol in suite.protocols.values():
        for board in protocol.leaderboards.values():
            wrong = next(_problems(board, plan, suite), None)
            if wrong is not None:
                raise BadModule(f"{path}: {board.id}: {wrong}")
    return replace(plan, files={FILE: path.read_bytes()})


def load_suite(manifest: Mapping[str, Any], path: Path) -> Suite:
    """The suite whose module lies in the source's folder ``path``.

    SurrogateError if the module was altered, UsageError if it cannot be imported or has no such suite.
    """
    read_file(path, manifest, FILE)
    return _suite(load_module(path / FILE), manifest["name"], path / FILE)


def _suite(module: ModuleType, name: str, path: Path) -> Suite:
    suite = getattr(module, "SUITE", None)
    if not isinstance(suite, Suite):
        raise BadModule(
            f"{path} has no SUITE, a harness.suites.Suite; harness.suites.table_suite(name, boards) makes one"
        )
    if suite.name != name:
        raise BadModule(f"{path}: its SUITE has the name {suite.name!r}, its plan {name!r}; both must be the same")
    for protocol in suite.protocols.values():
        for key in protocol.leaderboards:
            if not key.startswith(f"{name}/"):
                raise BadModule(f"{path}: leaderboard {key!r} must have an id that starts with {name!r} and a slash")
    return suite


def _problems(board: Leaderboard, plan: Plan, suite: Suite) -> Iterator[str]:
    """The reasons why a leaderboard cannot be played on a table."""
    check_task(board.task)
    if board.task not in plan.tasks:
        yield f"the plan has no task {board.task!r}, but {', '.join(plan.tasks)}"
        return
    task = plan.tasks[board.task]
    metrics = {*task.metrics, *map(MEAN.format, task.means), REPEAT}
    missing = [name for name in (*board.metrics, board.price) if name not in metrics]
    if missing:
        yield f"the plan has no metric {missing[0]!r}, but {', '.join(sorted(metrics))}"
    taken = [name for name in (*board.space, *board.fidelities, *board.metrics) if name in RESERVED - {REPEAT}]
    if taken:
        yield f"a record has a column {taken[0]!r} of its own; give this parameter, fidelity or metric another name"
    if REPEAT not in board.metrics:
        yield f"its metrics lack {REPEAT!r}, the number of the drawn trial; add it"
    if dict(board.full) != dict(plan.full) or set(board.fidelities) != set(plan.full):
        yield f"its full fidelity is {dict(board.full)}, but the plan's is {dict(plan.full)}; both must be the same"
    columns = {column["name"] for column in plan.columns}
    unknown = [name for name in board.space if name not in columns]
    if unknown and suite.keys is None:
        yield f"the plan has no column {unknown[0]!r}; without keys(task) it needs one for every parameter"
    if board.score.name not in (TEST_REGRET.name, HYPERVOLUME.name) and suite.rescore is rescore_tables:
        yield f"its score {board.score.name!r} is its own, so the suite needs a rescore(...) of its own to verify it"
