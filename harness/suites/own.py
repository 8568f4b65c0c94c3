"""A suite of a user's own as a Python module, for what a declaration cannot say: several configurations that are one
entry, an incumbent or a score of one's own, a protocol of its own.

The module has

- ``read_plan(folder)``: the table, a ``harness.suites.Plan``, from files in the folder that the module is in,
- ``LEADERBOARDS``: dict of leaderboard id -> ``Leaderboard``, all ids beginning with the plan's ``suite``,

and, where it needs them, ``table_keys(task)``, ``rescore``, ``PROTOCOLS``, ``TASKS`` and ``DERIVED_SPACES``, as
``protocols`` describes them. ``harness data import`` runs ``read_plan`` once and puts the module into the set beside
its table, under the set's hash, so that records are of this very code; from then on the module is imported wherever the
suite is used. A module that imports others must find them installed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from harness.base.modules import load_module
from harness.benchmark.goals import MEAN
from harness.benchmark.leaderboard import Leaderboard
from harness.errors import UsageError
from harness.scores.hypervolume import HYPERVOLUME
from harness.scores.regret import TEST_REGRET
from harness.sources.store import read_file
from harness.sources.tables.errors import BadModule
from harness.sources.tables.making import Plan
from harness.sources.tables.table import REPEAT
from harness.suites.declaration import RESERVED, check_name, check_task
from harness.suites.declared import suite_of

FILE = "suite.py"
OPTIONAL = ("PROTOCOLS", "TASKS", "DERIVED_SPACES", "RULES", "rescore", "table_keys")


def read_module(path: Path) -> Plan:
    """The table of the suite in the module at ``path``, the module with it. UsageError if it cannot be imported,
    BadModule if it is no suite; what its ``read_plan`` raises that is no error of the harness is a BadModule, too.
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
    check_name(plan.suite)
    suite = _suite(module, plan.suite, path)
    for rules in suite.PROTOCOLS.values():
        for board in rules.leaderboards.values():
            wrong = next(_problems(board, plan, hasattr(module, "rescore"), hasattr(module, "table_keys")), None)
            if wrong is not None:
                raise BadModule(f"{path}: {board.id}: {wrong}")
    return Plan(**{**vars(plan), "files": {FILE: path.read_bytes()}})


def load_suite(manifest: Mapping[str, Any], path: Path) -> SimpleNamespace:
    """The suite whose module lies in the set at ``path``. SurrogateError if it was altered, UsageError if it fails."""
    read_file(path, manifest, FILE)
    return _suite(load_module(path / FILE), manifest["name"], path / FILE)


def _suite(module: ModuleType, name: str, path: Path) -> SimpleNamespace:
    boards = getattr(module, "LEADERBOARDS", None)
    if not isinstance(boards, Mapping) or not boards or not all(isinstance(b, Leaderboard) for b in boards.values()):
        raise BadModule(f"{path} has no LEADERBOARDS, a dict of ids and leaderboards; harness.suites makes them")
    own = {key: getattr(module, key) for key in OPTIONAL if hasattr(module, key)}
    title = (module.__doc__ or f"the suite {name}").strip()
    found = suite_of(name, title, boards, **own)
    for rules in found.PROTOCOLS.values():
        for key, board in rules.leaderboards.items():
            if key != board.id or board.suite != name or not key.startswith(f"{name}/"):
                raise BadModule(
                    f"{path}: leaderboard {key!r} has the id {board.id!r} of suite {board.suite!r}; ids and suites of "
                    f"its leaderboards must begin with the name that its plan has, {name!r}"
                )
    return found


def _problems(board: Leaderboard, plan: Plan, rescores: bool, has_keys: bool) -> Iterator[str]:
    """Why a leaderboard cannot be played on a table."""
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
        yield f"a record has a column {taken[0]!r} of its own; give what it has another name"
    if REPEAT not in board.metrics:
        yield f"its metrics lack {REPEAT!r}, which says which trial was drawn"
    if dict(board.full) != dict(plan.full) or set(board.fidelities) != set(plan.full):
        yield f"its full fidelity is {dict(board.full)}, that of the plan {dict(plan.full)}"
    columns = {column["name"] for column in plan.columns}
    unknown = [name for name in board.space if name not in columns]
    if unknown and not has_keys:
        yield f"the plan has no column {unknown[0]!r}; without table_keys(task) it needs one for every parameter"
    if board.score.name not in (TEST_REGRET.name, HYPERVOLUME.name) and not rescores:
        yield f"its score {board.score.name!r} is its own, so the module needs rescore(...) to be verified by"
