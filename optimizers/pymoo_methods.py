"""pymoo's genetic algorithms (Blank and Deb, IEEE Access 2020) on mixed variables, through their ask and tell.

pymoo makes a whole generation at once. Its configurations are proposed one at a time, and pymoo is told the results
when the generation is complete. While the last evaluations of a generation are pending, ``ask`` returns None. All
evaluations are at full fidelity. pymoo knows no logarithmic variables, so a continuous parameter is searched by its
position in its (logarithmic) range.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymoo.algorithms.moo import moead, nsga2, sms
from pymoo.config import Config
from pymoo.core.duplicate import NoDuplicateElimination
from pymoo.core.evaluator import Evaluator
from pymoo.core.mixed import (
    MixedVariableDuplicateElimination,
    MixedVariableGA,
    MixedVariableMating,
    MixedVariableSampling,
)
from pymoo.core.population import Population
from pymoo.core.problem import Problem as PymooProblem
from pymoo.core.termination import NoTermination
from pymoo.operators.selection.tournament import TournamentSelection
from pymoo.problems.static import StaticProblem

from harness.benchmark.method import Observation, Problem
from harness.benchmark.space import Configuration
from optimizers.pending import Pending


class _Generations:
    """A pymoo algorithm whose generations are evaluated one configuration at a time."""

    def __init__(self, problem: Problem, seed: int, algorithm: Any) -> None:
        self._space = problem.space
        self._algorithm = algorithm
        self._global = _GlobalState(seed)
        self._pending: Pending[int] = Pending(problem.space)
        self._problem = PymooProblem(vars=self._space.to_pymoo(), n_obj=len(problem.objectives))
        with self._global.own():
            algorithm.setup(self._problem, termination=NoTermination(), seed=seed, verbose=False)
        self._new_generation()

    def ask(self) -> Configuration | None:
        """The next configuration of this generation; None while the last are pending, or if pymoo can breed no new
        one.
        """
        if self._asked == len(self._generation):
            return None
        configuration = self._space.from_pymoo(self._generation[self._asked].X)
        self._pending.add(configuration, self._asked)
        self._asked += 1
        return configuration

    def tell(self, observation: Observation) -> None:
        """Adds a result. When the generation is complete, pymoo is told its losses and breeds the next generation."""
        self._losses[self._pending.take(observation.configuration)] = observation.losses
        self._told += 1
        if self._told < len(self._generation):
            return
        with self._global.own():
            Evaluator().eval(StaticProblem(self._problem, F=self._losses), self._generation)
            self._algorithm.tell(infills=self._generation)
        self._new_generation()

    def _new_generation(self) -> None:
        with self._global.own():
            bred = self._algorithm.ask()
        self._generation: Any = [] if bred is None else bred
        self._losses: NDArray[np.float64] = np.empty((len(self._generation), self._problem.n_obj))
        self._asked = self._told = 0


class GA(_Generations):
    """``MixedVariableGA`` with its defaults: random mating, survival of the fittest, duplicates eliminated.

    ``pop_size``: with the library's default of 50, a budget of 100 full evaluations allows two generations.
    """

    def __init__(self, problem: Problem, seed: int, *, pop_size: int = 50) -> None:
        super().__init__(problem, seed, MixedVariableGA(pop_size=_at_least_two(pop_size)))


class NSGA2(_Generations):
    """``NSGA2`` (Deb et al., 2002; binary tournament, rank and crowding) with pymoo's sampling, mating and elimination
    of duplicates for mixed variables. One objective or two, without scalarisation.

    ``pop_size``: with the library's default of 100, the random first generation spends a budget of 100 full
    evaluations.
    """

    def __init__(self, problem: Problem, seed: int, *, pop_size: int = 100) -> None:
        duplicates = MixedVariableDuplicateElimination()
        selection = TournamentSelection(func_comp=nsga2.binary_tournament)
        algorithm = nsga2.NSGA2(
            pop_size=_at_least_two(pop_size),
            sampling=MixedVariableSampling(),
            mating=MixedVariableMating(selection=selection, eliminate_duplicates=duplicates),
            eliminate_duplicates=duplicates,
        )
        super().__init__(problem, seed, algorithm)


class SMSEMOA(_Generations):
    """``SMSEMOA`` (Beume et al., 2007) for two objectives: the configuration that adds least hypervolume is replaced.
    After the first generation it makes as many configurations at once as there are workers, so one by one with one
    worker, as in the paper.

    ``pop_size``: with the library's default of 100, the random first generation would spend a budget of 100 full
    evaluations.
    """

    def __init__(self, problem: Problem, seed: int, *, pop_size: int = 20) -> None:
        duplicates = MixedVariableDuplicateElimination()
        algorithm = sms.SMSEMOA(
            pop_size=_at_least_two(pop_size), n_offsprings=problem.workers, sampling=MixedVariableSampling(),
            mating=MixedVariableMating(
                selection=TournamentSelection(func_comp=sms.cv_and_dom_tournament), eliminate_duplicates=duplicates
            ),
            eliminate_duplicates=duplicates,
        )  # fmt: skip
        super().__init__(problem, seed, algorithm)


class MOEAD(_Generations):
    """``MOEAD`` (Zhang and Li, 2007) for two objectives: one configuration for each of ``pop_size`` weightings of the
    objectives, improved one by one from the configurations of its ``n_neighbors`` nearest weightings.

    Beyond its first generation it waits for each result, whatever the number of workers.
    """

    def __init__(self, problem: Problem, seed: int, *, pop_size: int = 20, n_neighbors: int = 20) -> None:
        if n_neighbors < 2:
            raise ValueError(f"n_neighbors = {n_neighbors} must be at least 2")
        weights = np.linspace(0.0, 1.0, _at_least_two(pop_size))
        algorithm = _MOEAD(np.column_stack([weights, 1.0 - weights]), n_neighbors, sampling=MixedVariableSampling())
        algorithm.mating = _NeighboursMating(eliminate_duplicates=NoDuplicateElimination())
        super().__init__(problem, seed, algorithm)


class _MOEAD(moead.MOEAD):  # type: ignore[misc]
    """The library's MOEA/D, which proposes an individual, with a generation of one in its place."""

    def _infill(self) -> Any:
        bred = super()._infill()
        return bred if bred is None else Population.create(bred)

    def _advance(self, infills: Any = None, **given: Any) -> Any:
        return super()._advance(None if infills is None else infills[0], **given)


class _NeighboursMating(MixedVariableMating):  # type: ignore[misc]
    """The library's mating for mixed variables, for parents that MOEA/D has selected."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.crossover: Any = _Crossovers(self.crossover)

    def _do(self, problem: Any, pop: Any, n_offsprings: int, parents: Any = None, **given: Any) -> Any:  # noqa: ARG002
        return super()._do(problem, parents, n_offsprings, parents=True, **given)


class _Crossovers(dict[Any, Any]):
    """The crossover of each kind of variable. ``n_parents``: of all of them, which MOEA/D asks for."""

    n_parents = 2


class _GlobalState:
    """Gives pymoo a global random state of its own, so that pymoo and the user's code do not change each other's draws.

    pymoo before 0.6.1.5 draws from NumPy's global generator and seeds it and Python's.
    """

    def __init__(self, seed: int) -> None:
        self._python = random.Random(seed).getstate()
        self._numpy = np.random.RandomState(seed).get_state()

    @contextmanager
    def own(self) -> Iterator[None]:
        """Inside this context, the global random state is pymoo's. Warnings of missing compiled modules, of deprecated
        names that pymoo itself uses, and of arithmetic with infinite losses are silenced.
        """
        python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
        notice = Config.warnings["not_compiled"]
        random.setstate(self._python)
        np.random.set_state(self._numpy)  # noqa: NPY002
        Config.warnings["not_compiled"] = False
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.filterwarnings("ignore", "The ``feasible`` property|`row_stack` alias", DeprecationWarning)
                yield
        finally:
            self._python, self._numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
            random.setstate(python)
            np.random.set_state(numpy)  # noqa: NPY002
            Config.warnings["not_compiled"] = notice


def _at_least_two(pop_size: int) -> int:
    if pop_size < 2:
        raise ValueError(f"pop_size = {pop_size} must be at least 2")
    return pop_size
