"""CatCMA from the library cmaes: one search distribution for numbers and choices together.

Real and whole numbers follow a multivariate normal distribution, each choice a categorical distribution. Both move
towards the better half of a generation. A real number is its position from 0 to 1 in its (logarithmic) range.

The library has two versions. ``CatCMA`` (Hamano et al., GECCO 2024) needs two real parameters and a choice, and knows
no whole numbers. ``CatCMAwM``, with margin (Hamano et al., GECCO 2025), takes any space.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from harness.benchmark.method import Observation, Problem
from harness.benchmark.space import Categorical, Configuration, Float, Integer, Space
from optimizers.fence import Fence
from optimizers.pending import Pending

with Fence(0).own():
    import cmaes

SIGMA = 1 / 6
"""The first standard deviation of real numbers, as a part of their range. Optuna's CMA-ES, by the same authors, begins
with this value; cmaes has no default for CatCMA.
"""


class CatCMA:
    """CatCMA, or CatCMA with margin. A generation is evaluated one configuration at a time.

    ``margin``: True takes CatCMA with margin, which is otherwise taken only for spaces that CatCMA refuses.
    ``population_size``: configurations in a generation, by default 4 + 3 ln(number of parameters), rounded down.
    """

    def __init__(
        self, problem: Problem, seed: int, *, margin: bool = False, population_size: int | None = None
    ) -> None:
        if population_size is not None and population_size < 4:
            raise ValueError(f"population_size = {population_size} must be at least 4")
        self._searched = _Searched(problem.space)
        self._pending: Pending[int] = Pending(problem.space)
        self._fence = Fence(seed)
        with self._fence.own():
            self._library = self._searched.library(margin, population_size=population_size, seed=seed)
        self._drawn: list[Any] = []
        self._results: list[tuple[Any, float]] = []

    def ask(self) -> Configuration | None:
        """A configuration drawn from the distribution; None while the last results of a generation are pending."""
        if len(self._drawn) == self._library.population_size:
            return None
        with self._fence.own():
            drawn = self._library.ask()
        configuration = self._searched.configuration(drawn)
        self._pending.add(configuration, len(self._drawn))
        self._drawn.append(drawn)
        return configuration

    def tell(self, observation: Observation) -> None:
        """Adds a result. When the generation is complete, the distribution moves."""
        drawn = self._drawn[self._pending.take(observation.configuration)]
        loss = observation.losses[0]
        self._results.append((drawn, math.inf if math.isnan(loss) else loss))
        if len(self._results) == self._library.population_size:
            with self._fence.own():
                self._library.tell(self._results)
            self._drawn, self._results = [], []


class _Searched:
    """The parameters with several values, as the library has them: real numbers, whole numbers, choices."""

    def __init__(self, space: Space) -> None:
        self._space = space
        several = [space[name] for name in space.movable]
        self._reals = [p.name for p in several if isinstance(p, Float)]
        self._wholes = [p for p in several if isinstance(p, Integer)]
        self._choices = [p for p in several if isinstance(p, Categorical)]

    def library(self, margin: bool, **given: Any) -> Any:
        """The library's object. ``margin``: whether to take CatCMA with margin where CatCMA would do."""
        sizes = [len(p.choices) for p in self._choices]
        if not margin and len(self._reals) >= 2 and not self._wholes and sizes:
            n = len(self._reals)
            return cmaes.CatCMA(
                mean=np.full(n, 0.5), sigma=SIGMA, bounds=np.tile((0.0, 1.0), (n, 1)), cat_num=np.array(sizes), **given
            )
        return cmaes.CatCMAwM(
            x_space=[[0.0, 1.0]] * len(self._reals) or None,
            z_space=[list(range(p.low, p.high + 1)) for p in self._wholes] or None,
            c_space=sizes or None,
            **given,
        )

    def configuration(self, drawn: Any) -> Configuration:
        """The configuration that the library drew."""
        reals, wholes, choices = (drawn[0], None, drawn[1]) if isinstance(drawn, tuple) else (drawn.x, drawn.z, drawn.c)
        at = dict.fromkeys(self._space, 0.0)
        if reals is not None:
            at.update(zip(self._reals, reals.tolist(), strict=True))
        if wholes is not None:
            at.update(
                (p.name, _middle(int(z) - p.low, p.high - p.low + 1)) for p, z in zip(self._wholes, wholes, strict=True)
            )
        if choices is not None:
            at.update(
                (p.name, _middle(int(c.argmax()), len(p.choices))) for p, c in zip(self._choices, choices, strict=True)
            )
        return self._space.from_unit_cube(at.values())


def _middle(number: int, of: int) -> float:
    """The coordinate in the middle of the part of the unit interval that belongs to the value of this number."""
    return (number + 0.5) / of
