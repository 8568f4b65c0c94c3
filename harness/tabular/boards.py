"""Leaderboards of tables: what every suite of trainings has in common, so that a suite only says what is its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.leaderboard import Leaderboard, Score, Setting
from harness.method import Objective
from harness.space import Space
from harness.tabular.regret import REPORT, TEST_REGRET
from harness.tabular.tables import REPEAT

SETTINGS = {
    "bb": Setting("bb", axes="none", tells_cost=False),
    "mf": Setting("mf", axes="one", tells_cost=True),
}
SEEDS = 500
"""Runs of an entry (NAS-Bench-101, Section 4.1)."""


def leaderboards(
    suite: str,
    tasks: Mapping[str, Mapping[str, Any]],
    space: Space,
    fidelities: Space,
    full: Mapping[str, Any],
    objective: Objective,
    metrics: tuple[str, ...],
    *,
    report: str,
    price: str = "runtime",
    continues: str | None = None,
    budget: float = 100.0,
    seeds: int = SEEDS,
    score: Score = TEST_REGRET,
    failures: Mapping[str, float] | None = None,
) -> dict[str, Leaderboard]:
    """Leaderboard id -> leaderboard, for every task in settings ``bb`` and, if there is more than one fidelity, ``mf``.

    ``tasks``: name -> facts, the title at least; ``metrics``: those recorded, without ``repeat``; ``failures``: task ->
    the objective that stands for an invalid configuration (None: there is no such configuration), whose other metrics
    are 0 and whose ``repeat`` is -1.
    """
    levels = sum(len(getattr(parameter, "choices", (0, 0))) - 1 for parameter in fidelities.values())
    recorded = (*metrics, REPEAT)
    boards = (
        Leaderboard(
            suite, task, "single", setting, space, fidelities, full, (objective,), recorded, score, price=price,
            continues=continues, budget=budget, seeds=seeds, facts={**facts, REPORT: report}, place=suite,
            failure={} if failures is None else
            {**dict.fromkeys(metrics, 0.0), objective.metric: failures[task], REPEAT: -1.0},
        )
        for task, facts in tasks.items()
        for setting in SETTINGS.values()
        if setting.name == "bb" or levels
    )  # fmt: skip
    return {board.id: board for board in boards}
