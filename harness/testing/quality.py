"""The check that on a smooth problem a method is not worse than random search."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.benchmark.method import Capabilities, Observation, Problem
from harness.benchmark.methods import MethodEntry
from harness.benchmark.own import Given
from harness.benchmark.space import Configuration
from harness.scores.metrics import mean_and_error, running_hypervolume
from harness.testing.play import Case, Conditions, PlayOutcome, play
from harness.testing.problems import qualities
from harness.testing.subject import Failed, Subject, well

SEEDS = 8
TOLERANCE = 3.0
"""Standard errors of the paired difference; a method as good as random search passes all but one time in a hundred."""
LARGER = 2
"""The budget of these plays, as a multiple of the budget of other plays."""


class _Uniform:
    """Uniform random configurations at full fidelity: the yardstick."""

    def __init__(self, problem: Problem, seed: int) -> None:
        self._space, self._rng = problem.space, np.random.default_rng(seed)

    def ask(self) -> Configuration:
        """The next configuration."""
        return self._space.sample(self._rng)

    def tell(self, observation: Observation) -> None:
        """Learns nothing."""


YARDSTICK: MethodEntry = Given("uniform", "", Capabilities(), made=_Uniform)


def beats_random(subject: Subject) -> None:
    """Is at least as good as random search on a smooth problem, for the same budget."""
    for case in subject.few:
        subject.sound(case)
        own, random = (
            np.array([_regret(case, _long_play(entry, case, seed, subject)) for seed in range(SEEDS)])
            for entry in (subject.entry, YARDSTICK)
        )
        difference, error = mean_and_error(own - random)
        if difference > TOLERANCE * error:
            raise Failed(
                f"{case}: its regret is {own.mean():.3f}, and random search has {random.mean():.3f} "
                f"(means of {SEEDS} seeds, the difference more than {TOLERANCE:g} standard errors)"
            )


def _long_play(entry: MethodEntry, case: Case, seed: int, subject: Subject) -> PlayOutcome:
    return well(case, play(entry, case, Conditions(), seed, LARGER * subject.evaluations))


def _regret(case: Case, outcome: PlayOutcome) -> float:
    """The best quality at full fidelity, from 0 to 1 (the worst). With two objectives, the area that no evaluation
    dominates.
    """
    told: list[Observation] = outcome.watch.told
    full: dict[str, Any] = outcome.watch.problem.full
    points = [qualities(case.board, o.losses) for o in told if o.fidelity == full]
    if not points:
        return 1.0
    if len(points[0]) == 1:
        return min(point[0] for point in points)
    return 1.0 - float(running_hypervolume(np.array(points), np.ones(2), np.zeros(2))[-1])
