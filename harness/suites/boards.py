"""Makes leaderboards and suites for tables. A suite states only what differs from other tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.benchmark.columns import REPEAT
from harness.benchmark.goals import Goal
from harness.benchmark.leaderboard import Leaderboard, Score, Setting
from harness.benchmark.source import Keys
from harness.benchmark.space import Space
from harness.benchmark.suite import Presets, Protocol, Rescore, Suite
from harness.scores.again import rescore as rescore_tables
from harness.scores.hypervolume import HYPERVOLUME, REPORTS
from harness.scores.regret import REPORT, TEST_REGRET

SETTINGS = {
    "bb": Setting("bb", axes="none", tells_cost=False),
    "mf": Setting("mf", axes="one", tells_cost=True),
    "multi-mf": Setting("multi-mf", axes="all", tells_cost=True),
}
RULES = "1.0"
"""Version of the rules of a user's own suites."""
SEEDS = 500
"""The number of seeds of an entry (NAS-Bench-101, Section 4.1)."""


def leaderboards(
    suite: str,
    tasks: Mapping[str, Mapping[str, Any]],
    space: Space,
    fidelities: Space,
    full: Mapping[str, Any],
    goals: Sequence[Goal],
    metrics: tuple[str, ...],
    *,
    price: str = "runtime",
    continues: str | None = None,
    budget: float = 100.0,
    seeds: int = SEEDS,
    score: Score = TEST_REGRET,
    failures: Mapping[str, Mapping[str, float]] | None = None,
) -> dict[str, Leaderboard]:
    """Leaderboard id -> leaderboard, for every task, objective and setting.

    Objective ``single`` is the first goal, scored by ``score``. With two goals there is also objective ``multi``,
    scored by the hypervolume. Setting ``bb`` is always there, ``mf`` if a fidelity has several levels, ``multi-mf`` if
    two or more fidelities have.

    ``tasks``: name -> facts, with a title; ``metrics``: the recorded metrics, without ``repeat``; ``failures``: task ->
    told metric -> its value for invalid configurations, whose other metrics are recorded as 0 and whose ``repeat`` is
    recorded as -1. None means that every configuration is valid.
    """
    axes = sum(len(getattr(parameter, "choices", (0, 0))) > 1 for parameter in fidelities.values())
    recorded = (*metrics, REPEAT)
    kinds: list[tuple[str, Sequence[Goal], Score, dict[str, Any]]] = [
        ("single", goals[:1], score, {REPORT: goals[0].report})
    ]
    if len(goals) > 1:
        kinds.append(("multi", goals, HYPERVOLUME, {REPORTS: tuple(goal.report for goal in goals)}))
    boards = (
        Leaderboard(
            suite, task, objective, setting, space, fidelities, full, tuple(goal.objective for goal in chosen),
            recorded, judged, price=price, continues=continues, budget=budget, seeds=seeds,
            facts={**facts, **reports}, place=suite,
            failure={} if failures is None else {**dict.fromkeys(metrics, 0.0), **failures[task], REPEAT: -1.0},
        )
        for task, facts in tasks.items()
        for objective, chosen, judged, reports in kinds
        for needed, setting in enumerate(SETTINGS.values())
        if axes >= needed
    )  # fmt: skip
    return {board.id: board for board in boards}


def table_suite(
    name: str,
    boards: Mapping[str, Leaderboard],
    *,
    title: str = "",
    description: str = "",
    protocols: Mapping[str, Protocol] | None = None,
    tasks: Mapping[str, Mapping[str, Any]] | None = None,
    spaces: Mapping[str, tuple[str, ...]] | None = None,
    rescore: Rescore = rescore_tables,
    rules: str = RULES,
    presets: Presets | None = None,
    keys: Callable[[str], Keys] | None = None,
) -> Suite:
    """A suite whose source is the table with the suite's name.

    ``boards``: its leaderboards by id; the other arguments as in ``Suite``.

    SuiteError says which part does not fit.
    """
    if protocols is None:
        labels = dict.fromkeys(board.score.label.partition(" [")[0].lower() for board in boards.values())
        budget = next((board.budget for board in boards.values()), 0.0)
        summary = f"{' and '.join(labels)} after {budget:g} mean full evaluations"
        protocols = {"leaderboards": Protocol("leaderboards", summary, boards)}
    if tasks is None:
        tasks = {board.task: {"title": board.title} for board in boards.values()}
    return Suite(
        name, title or f"the suite {name}", description, tasks, protocols, spaces or {name: ()}, rescore, rules,
        source=name, presets=presets or {}, keys=keys,
    )  # fmt: skip
