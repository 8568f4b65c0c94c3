"""The limits of a run: a proposal must lie in the space, and may vary only the fidelity axes that the setting opens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.benchmark.leaderboard import Leaderboard
from harness.benchmark.method import Observation, Problem, Proposal
from harness.benchmark.space import Configuration
from harness.errors import SpaceError
from harness.runs.calls import MethodFailed


class Limits:
    """The limits of the run of method ``name`` on a leaderboard. MethodFailed for a proposal that breaks them."""

    def __init__(self, name: str, board: Leaderboard, problem: Problem) -> None:
        self._name, self._board = name, board
        self._space, self._axes = problem.space, problem.axes
        self._full = {axis: board.full[axis] for axis in board.fidelities}

    def legal(self, answer: Proposal | Mapping[str, Any]) -> tuple[Configuration, dict[str, Any]]:
        """The configuration and the fidelity of a method's answer; without a fidelity it is at full fidelity."""
        asked, wanted = (answer.configuration, answer.fidelity) if isinstance(answer, Proposal) else (answer, None)
        fidelity = self._full.copy()
        try:
            configuration = self._space.check(asked)
            if wanted:
                fidelity = self._board.fidelities.check({**fidelity, **wanted})
        except (SpaceError, TypeError, ValueError) as error:
            raise MethodFailed(f"{self._name} proposed an illegal evaluation: {error}") from error
        if wanted:
            self._check_axes(fidelity)
        return configuration, fidelity

    def further(self, seen: Observation, reached: Mapping[str, Any], answer: Mapping[str, Any]) -> Proposal:
        """The proposal of a method that lets the trial of ``seen`` go on from fidelity ``reached`` to ``answer``."""
        try:
            fidelity = self._board.fidelities.check({**seen.fidelity, **answer})
        except (SpaceError, TypeError, ValueError) as error:
            raise MethodFailed(f"{self._name} lets a trial go on to an illegal fidelity: {error}") from error
        if not self._board.rises(reached, fidelity):
            raise MethodFailed(f"{self._name} lets a trial go on from {reached} to {fidelity}, which is not higher")
        return Proposal(seen.configuration, fidelity)

    def _check_axes(self, fidelity: Mapping[str, Any]) -> None:
        """Only declared axes may leave their full value."""
        for axis, value in fidelity.items():
            if axis not in self._axes and value != self._board.full[axis]:
                allowed = ", ".join(self._axes) or "no fidelity"
                raise MethodFailed(
                    f"{self._name} proposed {axis} = {value}, but may vary {allowed} in setting "
                    f"{self._board.setting.name} as declared"
                )
