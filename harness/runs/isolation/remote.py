"""The stand-in for a method that lives in another process. Asking is a question and its answer; what the method is told
goes with the next question, and so does what it raises then.
"""

from __future__ import annotations

from typing import Any

from harness.base.children import Child, Lost
from harness.benchmark.method import Observation, Problem, Proposal
from harness.runs.calls import MethodFailed, bounded, one_line
from harness.runs.isolation import wire

ASK = ["ask"]


class Remote:
    """Waits for the method to be made. Every failure of the method, or of its process, is a MethodFailed. ``ends``:
    whether it is a function, which is to come to its end after the run.
    """

    def __init__(self, name: str, problem: Problem, seconds: float, child: Child, ends: bool = False) -> None:
        self._name, self._seconds, self._child, self._ends = name, seconds, child, ends
        space = problem.space
        self._untold: list[list[Any]] = []
        self._names, self._axes = [*space, *space.constants], list(problem.fidelities)
        try:
            self._answer()
        except BaseException:
            self.close()
            raise

    def ask(self) -> Proposal | None:
        """As the method."""
        answer = self._asked(ASK)
        if answer[0] == wire.NOTHING:
            return None
        try:
            _, configuration, fidelity = answer
            values = wire.scalars(configuration, len(self._names))
            named = wire.named(fidelity)
        except ValueError as error:
            raise self._strange(error) from None
        return Proposal(dict(zip(self._names, values, strict=True)), named)

    def tell(self, observation: Observation) -> None:
        """As the method."""
        self._untold.append(["tell", *wire.observation_out(observation)])

    def proceed(self, observation: Observation) -> dict[str, Any] | None:
        """As the method."""
        answer = self._asked(["proceed", *wire.observation_out(observation)])
        if answer[0] == wire.NOTHING:
            return None
        try:
            return dict(zip(self._axes, wire.scalars(answer[1], len(self._axes)), strict=True))
        except (ValueError, IndexError) as error:
            raise self._strange(error) from None

    def settle(self) -> None:
        """Tells what is not told yet: nothing more is asked."""
        if self._ends:
            self._asked(["settle"])
        elif self._untold:
            self._asked()

    def close(self) -> None:
        """Ends its process."""
        self._child.close()

    def _asked(self, *question: list[Any]) -> list[Any]:
        told, self._untold = self._untold, []
        self._child.send(wire.packed([*told, *question]))
        return self._answer()

    def _answer(self) -> list[Any]:
        try:
            answer = wire.unpacked(self._child.receive(self._seconds, wire.LARGEST))
            if not self._child.idle:
                raise wire.NotSaid("it said more than it was asked")
            if answer[0] != wire.FAILED:
                return answer
            _, reason, trace = answer
            told = MethodFailed(one_line(wire.text(reason)), None if trace is None else bounded(wire.text(trace)))
        except Lost as error:
            raise MethodFailed(f"{self._name}: its process {error}") from None
        except ValueError as error:
            raise self._strange(error) from None
        raise told

    def _strange(self, error: Exception) -> MethodFailed:
        return MethodFailed(f"{self._name}: its process does not keep to the protocol: {error}")
