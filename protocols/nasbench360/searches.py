"""Search methods on a score table (paper, Section 5.2.2): the regret of their choice after a number of trainings.

The methods of the harness are used unchanged and are told one loss per cell. The precomputed tables have no training
times, so the length of a run is a number of trainings. They have one fidelity. Only CIFAR-100 also has trainings of 12
epochs, which count as 12/200 of a training; so Hyperband and BOHB run on CIFAR-100.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness import registry
from harness.base.seeding import derive_seed
from harness.benchmark.method import Objective, Observation, Problem, Proposal
from harness.benchmark.space import Categorical, Space
from harness.errors import HarnessError
from harness.scores.metrics import Floats, incumbent_indices, step_function
from protocols.nasbench360.cells import EDGES, OPERATIONS

METHODS = ("random-search", "regularized-evolution", "reinforce", "local-search")
"""Local search, and the paper's methods that train cells at a single fidelity."""
SEVERAL = ("hyperband", "bohb")
"""The paper's methods that need several fidelities."""
EPOCHS = 200
FIDELITIES = Space((Categorical("epoch", (12, EPOCHS), ordered=True),))
FULL = {"epoch": EPOCHS}
SPACE = Space(tuple(Categorical(f"edge {edge}", OPERATIONS) for edge in EDGES))


@dataclass(frozen=True)
class Searched:
    """Three score tables of a task. ``shown``: the scores that methods are told. ``judged``: the scores by which their
    choice is judged. ``short``: the scores that methods are told for trainings of few epochs, None without such
    trainings.
    """

    shown: Floats
    judged: Floats
    short: Floats | None = None


def search(method: str, tables: Searched, seed: int, trainings: int, name: str) -> Floats:
    """The regret of the incumbent after each of ``trainings``: shape (trainings,), in units of the score.

    The incumbent is the fully trained cell with the best shown score so far (the first of equals). Its regret is the
    best judged score of the table minus its own judged score. Before there is an incumbent, the regret is the worst
    cell's. ``name``: the name of the task, which seeds the random stream. A cell that is asked for again counts again.
    HarnessError if the method stops before the end.
    """
    entry = registry.method(method)
    objective = Objective("score", maximize=True)
    several = method in SEVERAL
    fidelities, full, axes = (FIDELITIES, FULL, ("epoch",)) if several else (Space(()), {}, ())
    problem = Problem(
        SPACE, (objective,), "mf" if several else "bb", fidelities, full, axes, budget=float(trainings), full_cost=1.0,
        workers=1, continuation=False,
    )  # fmt: skip
    player = entry.load()(problem, derive_seed("nasbench360", name, method, seed), **entry.preset)
    places: list[tuple[int, ...]] = []
    ends: list[float] = []
    trials: dict[tuple[int, ...], int] = {}
    epochs = 0  # whole numbers, so that their sum has no rounding error
    while epochs < trainings * EPOCHS:
        asked = player.ask()
        if asked is None:
            raise HarnessError(f"{method} stopped after {epochs // EPOCHS} of {trainings} trainings")
        proposal = asked if isinstance(asked, Proposal) else Proposal(asked)
        configuration = SPACE.check(proposal.configuration)
        fidelity = fidelities.check({**full, **proposal.fidelity})
        own = int(fidelity.get("epoch", EPOCHS))
        epochs += own
        if epochs > trainings * EPOCHS:
            break
        at = _place(configuration)
        whole = own == EPOCHS
        if whole:
            places.append(at)
            ends.append(epochs / EPOCHS)
        told = tables.shown if whole or tables.short is None else tables.short
        loss, cost = objective.loss(float(told[at])), own / EPOCHS if several else None
        player.tell(Observation(trials.setdefault(at, len(trials)), configuration, fidelity, (loss,), cost))
    worst = float(tables.judged.max() - tables.judged.min())
    if not places:
        return np.full(trainings, worst)
    index = tuple(np.array(places).T)
    incumbents = incumbent_indices(-tables.shown[index])
    regrets = np.asarray(tables.judged.max() - tables.judged[index][incumbents], dtype=np.float64)
    return step_function(np.array(ends), regrets, worst, np.arange(1.0, trainings + 1))


def _place(configuration: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(OPERATIONS.index(configuration[name]) for name in SPACE)
