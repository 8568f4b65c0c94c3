"""The limits of a run: a proposal must lie in the space, and may vary only the fidelity axes that the setting opens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.benchmark.leaderboard import Leaderboard
from harness.benchmark.method import Observation, Problem, Proposal
from harness.benchmark.space import Configuration
from harness.runs.calls import MethodFailed, legal, risen


class Limits:
    """The limits of the run of method ``name`` on a leaderboard. MethodFailed for a proposal that breaks them."""

    def __init__(self, name: str, board: Leaderboard, problem: Problem) -> None:
        self._name, self._board = name, board
        self._space, self._axes = problem.space, problem.axes
        self._full = {axis: board.full[axis] for axis in board.fidelities}

    def legal(self, answer: Proposal | Mapping[str, Any]) -> tuple[Configuration, dict[str, Any]]:
        """The configuration and the fidelity of a method's answer; without a fidelity it is at full fidelity."""
        configuration, fidelity, wanted = legal(self._name, answer, self._space, self._board.fidelities, self._full)
        if wanted:
            self._check_axes(fidelity)
        return configuration, fidelity

    def further(self, seen: Observation, reached: Mapping[str, Any], answer: Mapping[str, Any]) -> Proposal:
        """The proposal of a method that lets the trial of ``seen`` go on from fidelity ``reached`` to ``answer``."""
        fidelity = risen(self._name, answer, seen.fidelity, self._board.fidelities)
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
