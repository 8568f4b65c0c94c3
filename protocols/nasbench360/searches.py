"""Search methods on a score table (paper, Section 5.2.2): what one knows after so many trainings.

The methods are those of the harness, unchanged, told one loss per cell. The precompute has no training times, so that a
run is a number of trainings, and a single fidelity, so that Hyperband and BOHB have nothing to work with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness import registry
from harness.errors import HarnessError
from harness.method import Objective, Observation, Problem, Proposal
from harness.metrics import Floats, incumbent_indices
from harness.seeding import derive_seed
from harness.space import Categorical, Space
from protocols.nasbench360.cells import EDGES, OPERATIONS

METHODS = ("random-search", "regularized-evolution", "reinforce", "local-search")
"""The paper's methods that train and need one fidelity, and local search."""
SPACE = Space(tuple(Categorical(f"edge {edge}", OPERATIONS) for edge in EDGES))


@dataclass(frozen=True)
class Searched:
    """``shown``: the score table that methods are told of; ``judged``: the one that their choice is judged by."""

    shown: Floats
    judged: Floats


def search(method: str, tables: Searched, seed: int, trainings: int, name: str) -> Floats:
    """The regret of the incumbent after each of ``trainings`` evaluations: shape (trainings,), in units of the score.

    The incumbent is the cell with the best shown score so far (the first of equals), its regret the best judged score
    of the table minus its own. ``name``: the task's, for the random stream alone. A cell asked for again counts again.
    HarnessError if the method stops before the end.
    """
    entry = registry.method(method)
    objective = Objective("score", maximize=True)
    problem = Problem(
        SPACE, (objective,), "bb", Space(()), {}, (), budget=float(trainings), full_cost=1.0, workers=1,
        continuation=False,
    )  # fmt: skip
    player = entry.load()(problem, derive_seed("nasbench360", name, method, seed), **entry.preset)
    places: list[tuple[int, ...]] = []
    trials: dict[tuple[int, ...], int] = {}
    for number in range(trainings):
        asked = player.ask()
        if asked is None:
            raise HarnessError(f"{method} stopped after {number} of {trainings} trainings")
        configuration = SPACE.check(asked.configuration if isinstance(asked, Proposal) else asked)
        at = _place(configuration)
        places.append(at)
        loss = objective.loss(float(tables.shown[at]))
        player.tell(Observation(trials.setdefault(at, len(trials)), configuration, {}, (loss,), None))
    index = tuple(np.array(places).T)
    incumbents = incumbent_indices(-tables.shown[index])
    return np.asarray(tables.judged.max() - tables.judged[index][incumbents], dtype=np.float64)


def _place(configuration: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(OPERATIONS.index(configuration[name]) for name in SPACE)
