"""Function methods: a function that calls its objective, as an object that is asked and told.

A *function method* is ``optimize(objective, problem, seed, **settings)``. It runs in a thread of its own, but never at
the same time as the run: where the function calls ``objective`` it hands control over and waits for the answer, and
where the method is asked the run waits for the function's next call. So the order of everything is fixed, as with
coroutines, and a library that calls the objective from deep inside needs no change. A hand-over takes some
microseconds: each side waits at a lock, and nothing is polled.

Once the run is over, the call in which the function waits raises ``BudgetExhausted``, so the function comes to its
end: its ``finally`` and ``with`` blocks run, and its thread is gone. A function that does not let itself be ended
fails its run.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from harness.benchmark.exchange import Asked, Exchange, raise_in, started
from harness.benchmark.method import Observation, Problem, Proposal
from harness.errors import BudgetExhausted

PATIENCE = 60.0
"""Real seconds that a function may take to end after its run."""
PUSHES = 1000
PUSH = 0.002
"""Attempts to end a thread that goes on, and real seconds between two."""


class ObjectiveFunction:
    """The objective of a function method: it evaluates configurations in the run, and returns what the setting tells.

    Any thread of the function may call it, one at a time. Raises BudgetExhausted once the run is over.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange, self._process, self._busy = exchange, os.getpid(), threading.Lock()

    def __call__(self, configuration: Asked, fidelity: Mapping[str, Any] | None = None) -> Observation:
        """The observation of one evaluation. ``fidelity``: the values of the axes that are not at their full value.

        ``losses`` are minimised, whatever the direction of the metric; ``cost`` is None if the setting tells no costs;
        ``failed`` is True for an invalid configuration.
        """
        if fidelity is not None:
            plain = configuration.configuration if isinstance(configuration, Proposal) else configuration
            configuration = Proposal(plain, fidelity)
        return self._evaluated([configuration])[0]

    def batch(self, configurations: Iterable[Asked]) -> list[Observation]:
        """The observations of several evaluations, in the order given, once all have ended. As many run at once as
        there are workers. Each is a configuration, or a ``Proposal`` with its fidelity.
        """
        wanted = list(configurations)
        return self._evaluated(wanted) if wanted else []

    def _evaluated(self, wanted: list[Asked]) -> list[Observation]:
        if os.getpid() != self._process:
            raise RuntimeError("the objective was called in another process; evaluate several with objective.batch")
        if not self._busy.acquire(blocking=False):
            raise RuntimeError("the objective was called while it was being called; evaluate several with its batch()")
        try:
            return self._exchange.evaluated(wanted)
        finally:
            self._busy.release()

    def __reduce__(self) -> NoReturn:
        raise TypeError("the objective stays in its process; evaluate several configurations with objective.batch")


class FunctionMethod:
    """A function method as a method that is asked and told. ``finish`` ends it after its run, ``abandon`` at once."""

    def __init__(self, function: Callable[..., Any], problem: Problem, seed: int, settings: Mapping[str, Any]) -> None:
        self._problem, self._exchange = problem, Exchange()
        self._call: Callable[[], object] = lambda: function(objective, problem, seed, **settings)
        objective = ObjectiveFunction(self._exchange)
        self._thread: threading.Thread | None = None
        self._wanted: deque[tuple[int, Asked]] = deque()
        self._pending: dict[int, Asked] = {}
        self._answers: dict[int, Observation] = {}

    def ask(self) -> Asked | None:
        """The next evaluation that the function wants; None while it waits for others, and once it has returned. Raises
        the exception of the function.
        """
        if not self._wanted and not self._pending and not self._exchange.ended:
            self._resume()
        if not self._wanted:
            return None
        number, proposal = self._wanted.popleft()
        self._pending[number] = proposal
        return proposal

    def tell(self, observation: Observation) -> None:
        """Keeps the answer until the function has all that it asked for at once."""
        number = self._number_of(observation)
        del self._pending[number]
        self._answers[number] = observation

    def finish(self) -> None:
        """Ends the function. Raises an exception that has nothing to do with this end, and RuntimeError if the function
        goes on.
        """
        exchange = self._exchange
        if self._thread is None or exchange.ended:
            return
        exchange.end()
        exchange.runs_turn.acquire(timeout=PATIENCE)
        if not exchange.ended:
            raise RuntimeError(
                "it goes on after BudgetExhausted, which ends the run; let it pass, and catch Exception, not "
                "BaseException, around the objective"
            )
        self._thread.join()
        error, exchange.error = exchange.error, None
        if error is not None and not _comes_from_the_end(error):
            raise error

    def abandon(self) -> None:
        """Ends the function, whatever it is doing, as far as Python can: without a word if it does not work."""
        if self._thread is None or not self._thread.is_alive():
            return
        self._exchange.end()
        self._thread.join(PATIENCE / 30)
        for _ in range(PUSHES):
            if not self._thread.is_alive():
                return
            raise_in(self._thread)
            self._thread.join(PUSH)
        self._exchange.parked = True

    def _resume(self) -> None:
        """Lets the function go on until it wants evaluations, or comes to its end."""
        exchange = self._exchange
        if self._thread is None:
            self._thread = started(self._call, exchange)
            weakref.finalize(self, exchange.end)  # nobody is left who could end it
        else:
            exchange.answers = [self._answers.pop(number) for number in sorted(self._answers)]
            exchange.functions_turn.release()
        exchange.runs_turn.acquire()
        if not exchange.ended:
            self._wanted.extend(enumerate(exchange.wanted))
            return
        self._thread.join()
        error, exchange.error = exchange.error, None
        if error is not None and not isinstance(error, BudgetExhausted):
            raise error

    def _number_of(self, seen: Observation) -> int:
        """The evaluation that an observation answers; the first of several that are the same."""
        if len(self._pending) == 1:
            return next(iter(self._pending))
        problem = self._problem
        for number, asked in self._pending.items():
            configuration, fidelity = (
                (asked.configuration, asked.fidelity) if isinstance(asked, Proposal) else (asked, {})
            )
            if (
                problem.space.check(configuration) == seen.configuration
                and problem.fidelities.check({**problem.full, **(fidelity or {})}) == seen.fidelity
            ):
                return number
        raise LookupError(f"no evaluation of {seen.configuration} at {seen.fidelity} was asked for")


def _comes_from_the_end(error: BaseException | None) -> bool:
    """Whether an exception is BudgetExhausted, or was raised because of it."""
    seen: set[int] = set()
    left = [error]
    while left:
        found = left.pop()
        if found is None or id(found) in seen:
            continue
        if isinstance(found, BudgetExhausted):
            return True
        seen.add(id(found))
        left += [found.__cause__, found.__context__, *getattr(found, "exceptions", ())]
    return False
