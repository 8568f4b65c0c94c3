"""MO-ASHA: asynchronous successive halving for several objectives (Schmucker et al., arXiv:2106.12639).

It is the promotion variant of ASHA. A rung's records are ordered by non-dominated front, and within a front by crowding
distance, or as an epsilon net: each next record is the farthest from the records before it.
"""

from __future__ import annotations

import numpy as np

from harness.benchmark.ladder import rungs
from harness.benchmark.method import Observation, Problem, Proposal
from harness.benchmark.space import Configuration
from optimizers.hyperband import promotion_factor
from optimizers.pareto import Fronts, Point, crowding_distances, epsilon_net

WITHIN = ("crowding", "epsilon-net")


class FrontRung:
    """The losses recorded at a resource level, and which of their configurations were promoted."""

    def __init__(self, eta: int, within: str) -> None:
        self._eta, self._within = eta, within
        self._fronts = Fronts()
        self._configurations: list[Configuration] = []
        self._promoted: set[int] = set()
        self._exhausted = True  # no promotion is left until the next record

    def record(self, losses: tuple[float, ...], configuration: Configuration) -> None:
        """Adds an ended evaluation."""
        self._fronts.add(losses, len(self._configurations))
        self._configurations.append(configuration)
        self._exhausted = False

    def promote(self) -> Configuration | None:
        """The best configuration among the best 1/eta of all records that was not promoted before, else None."""
        if self._exhausted:
            return None
        left = len(self._configurations) // self._eta
        for front in self._fronts.levels:
            if left <= 0:
                break
            if not self._promoted.issuperset(map(_number, front)):
                for number in self._ordered(front, left):
                    if number not in self._promoted:
                        self._promoted.add(number)
                        return self._configurations[number]
            left -= len(front)
        self._exhausted = True
        return None

    def _ordered(self, front: list[Point], count: int) -> list[int]:
        """The numbers of the first ``count`` points of a front."""
        members = sorted(front, key=_number)
        values = np.array([point[:2] for point in members])
        if self._within == "epsilon-net":
            order = epsilon_net(values, count)
        else:
            order = np.argsort(-crowding_distances(values), kind="stable")[:count].tolist()
        return [members[at][2] for at in order]


class MOASHA:
    """Promotes a configuration as soon as it is among the best 1/eta of its rung, else starts a random one.

    ``eta``: as in ``Hyperband``. ``within``: the order within a front, "crowding" or "epsilon-net".
    """

    def __init__(
        self, problem: Problem, seed: int, *, eta: int | None = None, within: str = "epsilon-net"
    ) -> None:  # fmt: skip
        if within not in WITHIN:
            raise ValueError(f"within = {within!r} must be one of {', '.join(WITHIN)}")
        factor = promotion_factor(problem, eta)
        self._levels = rungs(problem, eta)
        self._rungs = [FrontRung(factor, within) for _ in self._levels]
        self._samples = problem.space.samples(np.random.default_rng(seed))

    def ask(self) -> Proposal:
        """The best configuration that can be promoted, from the highest rung that has one, else a new one."""
        for rung in reversed(range(len(self._levels) - 1)):
            promoted = self._rungs[rung].promote()
            if promoted is not None:
                return Proposal(promoted, self._levels[rung + 1])
        return Proposal(next(self._samples), self._levels[0])

    def tell(self, observation: Observation) -> None:
        """Records the losses at their rung."""
        number = self._levels.index({axis: observation.fidelity[axis] for axis in self._levels[0]})
        self._rungs[number].record(observation.losses, observation.configuration)


def _number(point: Point) -> int:
    return point[2]
