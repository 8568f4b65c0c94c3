"""A run whose method is outside: the run goes on in a thread of its own, and the two sides take turns.

The *outside* is a program with a loop of its own that calls for evaluations. To the run it is a method: where the run
asks it, the run waits until the outside wants evaluations; where the outside wants some, it waits until the run has
told the last of them. Never do both go on at the same time, so the order of everything is fixed, as with coroutines.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from harness.benchmark.method import Observation, Problem, Proposal
from harness.runs.run import Run


class Turns:
    """Both sides of a run: a method for the run, and ``evaluated`` and ``end`` for the outside."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._runs_turn, self._outsides_turn = threading.Semaphore(0), threading.Semaphore(0)
        self._wanted: deque[int] = deque()
        self._proposals: list[Proposal] = []
        self._answers: dict[int, Observation] = {}
        self._pending: list[int] = []
        self._ending = False
        self._failure: Exception | None = None
        self.outcome: Run | None = None
        self.error: BaseException | None = None

    # the run's side

    def ask(self) -> Proposal | None:
        """The next evaluation that the outside wants; None while others are pending, and after its end. Raises the
        exception that ended the outside.
        """
        if not self._wanted and not self._pending and not self._ending:
            self._outsides_turn.release()
            self._runs_turn.acquire()
        if self._failure is not None:
            raise self._failure
        if not self._wanted:
            return None
        number = self._wanted.popleft()
        self._pending.append(number)
        return self._proposals[number]

    def tell(self, observation: Observation) -> None:
        """Keeps the answer until the outside has all that it wants at once."""
        number = self._pending.pop(self._place_of(observation)) if len(self._pending) > 1 else self._pending.pop()
        self._answers[number] = observation

    def play(self, run: Callable[[], Run]) -> None:
        """Plays the run to its end, in this thread."""
        try:
            self.outcome = run()
        except BaseException as error:
            self.error = error
        finally:
            self._outsides_turn.release()

    # the outside

    @property
    def over(self) -> bool:
        """Whether the run has ended."""
        return self.outcome is not None or self.error is not None

    def begin(self) -> None:
        """Waits until the run is ready for the first evaluation."""
        self._outsides_turn.acquire()

    def evaluated(self, wanted: Sequence[Proposal]) -> list[Observation]:
        """The answers that the run gives, in the order of ``wanted``: fewer if it ends before the last of them."""
        self._proposals, self._answers = list(wanted), {}
        self._wanted.extend(range(len(wanted)))
        self._runs_turn.release()
        try:
            self._outsides_turn.acquire()
        except BaseException:  # Ctrl-C: the sides are no longer in turn, so there can be no further evaluation
            self.abandon()
            raise
        return [self._answers[number] for number in sorted(self._answers)]

    def end(self, failure: Exception | None = None) -> None:
        """There are no further evaluations; waits until the run has ended. ``failure``: the exception that ended the
        outside, for which the run fails.
        """
        if not self.over:
            self._ending, self._failure = True, failure
            self._runs_turn.release()
            self._outsides_turn.acquire()

    def abandon(self) -> None:
        """As ``end``, without waiting: nobody is left who could."""
        self._ending = True
        self._runs_turn.release()

    def _place_of(self, seen: Observation) -> int:
        """The place among the pending evaluations of the first that an observation answers."""
        problem = self._problem
        for place, number in enumerate(self._pending):
            proposal = self._proposals[number]
            fidelity: dict[str, Any] = {**problem.full, **proposal.fidelity}
            if (
                problem.space.check(proposal.configuration) == seen.configuration
                and problem.fidelities.check(fidelity) == seen.fidelity
            ):
                return place
        raise LookupError(f"no evaluation of {seen.configuration} at {seen.fidelity} is pending")
