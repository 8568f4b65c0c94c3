"""The asynchronous protocol: many simulated workers, judged by immediate regret over simulated wall-clock time.

After Klein, Tiao, Lienart, Archambeau and Seeger, "Model-based Asynchronous Hyperparameter and Neural Architecture
Search" (2020), Section 4: the same tasks, single objective, settings ``bb`` and ``mf``, with 1 to 16 workers.

async        the wall-clock time of 100 mean full evaluations divided by the number of workers: the same work for any
             number of workers
async-fixed  the wall-clock time of 12.5 mean full evaluations, for any number of workers. async gives 8 workers the
same time. The paper also shows 1 to 16 workers over one axis of time.

Immediate regret is r_t = y_t - y*, in points of validation error: the incumbent's error at time t minus the best error
known for the surrogate set (``optimum``). Before the first evaluation has ended, y_t is the error of guessing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from harness.benchmark.leaderboard import Leaderboard, Score
from harness.benchmark.source import Source
from harness.benchmark.suite import Protocol
from protocols.jahs.leaderboards import LEADERBOARDS, OBJECTIVES
from protocols.jahs.optimum import best_known

WORKERS = (1, 2, 4, 8, 16)
SETTINGS = ("bb", "mf")
WORK = 100.0
"""Mean full evaluations of a run's budget in ``async``, over all workers."""
FIXED = 12.5
"""Mean full evaluations of wall-clock time in ``async-fixed``."""
BEST = "best_error"
"""The constant y*, in percent."""
METHODS = {"bb": "async-random-search", "mf": "asha-stopping"}

_ERROR = OBJECTIVES["single"][1]


def _regrets(
    columns: Mapping[str, NDArray[Any]], leaderboard: Leaderboard, constants: Mapping[str, Any]
) -> dict[str, NDArray[Any]]:
    found = _ERROR.function(columns, leaderboard, constants)
    return {**found, "value": found["value"] - constants[BEST]}


def _regret_of_guessing(leaderboard: Leaderboard, constants: Mapping[str, Any]) -> dict[str, float]:
    found = _ERROR.start(leaderboard, constants)
    return {**found, "value": found["value"] - constants[BEST]}


def _best(surrogates: Source, leaderboard: Leaderboard) -> dict[str, float]:
    return {BEST: best_known(surrogates, leaderboard.task)}


REGRET = Score(
    "regret", "Immediate regret [% points]", maximize=False, function=_regrets, start=_regret_of_guessing,
    companions=_ERROR.companions, digits=3, extra=_best,
)  # fmt: skip


def _leaderboards(family: str) -> dict[str, Leaderboard]:
    boards = (
        replace(
            LEADERBOARDS[name],
            score=REGRET,
            workers=workers,
            budget=WORK / workers if family == "async" else FIXED,
            place=f"{family}-w{workers}",
        )
        for workers in WORKERS
        for name, board in LEADERBOARDS.items()
        if board.objective == "single" and board.setting.name in SETTINGS
    )
    return {board.id: board for board in boards}


PROTOCOLS = {
    name: Protocol(name, summary, _leaderboards(name), METHODS)
    for name, summary in (
        ("async", "several workers, regret over wall-clock time of 100 mean full evaluations / workers"),
        ("async-fixed", "several workers, regret over wall-clock time of 12.5 mean full evaluations"),
    )
}
