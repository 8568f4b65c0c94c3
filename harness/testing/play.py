"""One play: a run of a method on one synthetic leaderboard, by the real runner, with every call of the method watched.

The runner decides what is legal, so the checks and a benchmark run cannot disagree. A ``Watch`` stands between runner
and method. A check that disturbs the method derives a small class from it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from harness import registry
from harness.benchmark.leaderboard import Leaderboard
from harness.benchmark.method import Observation, Problem, Proposal
from harness.benchmark.methods import MethodEntry
from harness.errors import UsageError
from harness.runs.pairing import Choices, pair
from harness.runs.runner import run
from harness.testing.problems import UNIT, landscape
from harness.testing.sandbox import fenced, sandbox

MULTI_FIDELITY_FACTOR = 5
"""A multi-fidelity play has this many times more proposals, because evaluations of lower fidelity are cheap. They are
enough for Hyperband to promote configurations; its first bracket over epochs starts 81. A play with a declared axis
does without, for the other axes have few levels.
"""


@dataclass(frozen=True)
class Case:
    """The leaderboard of a play: setting, objective and space. ``axis``: the declared fidelity axis, None for the
    default.
    """

    setting: str
    objective: str
    space: str = "jahs"
    axis: str | None = None

    def __str__(self) -> str:
        """The case in words, for messages."""
        return f"{self.objective}/{self.setting}, space {self.space}" + (f", axis {self.axis}" if self.axis else "")

    @property
    def board(self) -> Leaderboard:
        """The leaderboard of the suite's first task. Any task would do, because its source is replaced."""
        return registry.leaderboard(next(iter(registry.suite().tasks)), self.objective, self.setting)


@dataclass(frozen=True)
class Conditions:
    """The conditions of a play. ``quality`` and ``price`` are names of formulas in ``harness.testing.problems``."""

    quality: str = "smooth"
    price: str = "even"
    workers: int = 1
    from_scratch: bool = False


class Watch:
    """Stands in for the method, notes its proposals and failures, and ends the play after ``limit`` proposals.

    ``trace``: the proposals in order; ``told``: the observations; ``nothings``: how often it proposed nothing;
    ``raised``: whether it raised an exception; ``strayed``: the fidelity axes that it varied without permission;
    ``stalled``: whether it proposed nothing while nothing was pending.
    """

    def __init__(self, problem: Problem, limit: int) -> None:
        # A method that spoils its inputs must not spoil them for the next play.
        self.problem: Problem = replace(copy.deepcopy(problem), full_cost=UNIT)
        self.limit = limit
        self.trace: list[str] = []
        self.told: list[Observation] = []
        self.nothings = self.most_pending = 0
        self.raised = self.stalled = self.ended = False
        self.strayed: set[str] = set()
        self.method: Any = None

    def begin(self, make: Callable[[Problem], Any]) -> None:
        """Makes the method, with a problem of its own."""
        self.method = self.call(make, self.problem)

    def ask(self) -> Any:
        """The method's answer; None once the play is over."""
        if len(self.trace) >= self.limit:
            self.ended = True
            return None
        answer = self.call(self.method.ask)
        if answer is None:
            self.nothings += 1
            self.stalled |= self.pending == 0
        else:
            self._note(answer)
        return answer

    def tell(self, observation: Observation) -> None:
        """Tells the method."""
        self.told.append(observation)
        self.call(self.method.tell, observation)

    def proceed(self, observation: Observation) -> Any:
        """The method's answer; None, so that the trial stops, once the play is over."""
        if len(self.trace) >= self.limit:
            self.ended = True
            return None
        answer = self.call(self.method.proceed, observation)
        if isinstance(answer, Mapping):
            self._note(Proposal(observation.configuration, {**observation.fidelity, **answer}))
        return answer

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Calls the method. Every call of it goes through here."""
        try:
            return function(*arguments)
        except BaseException:
            self.raised = True
            raise

    def close(self) -> None:
        """Ends the play and forgets the method. Files that the method left are still there."""
        self.method = None

    @property
    def pending(self) -> int:
        """The number of proposals that are being evaluated."""
        return len(self.trace) - len(self.told)

    def _note(self, answer: Any) -> None:
        proposal = answer if isinstance(answer, Proposal) else Proposal(answer)
        parts = [dict(p) if isinstance(p, Mapping) else {"": p} for p in (proposal.configuration, proposal.fidelity)]
        self.trace.append("; ".join(", ".join(f"{k}={part[k]!r}" for k in sorted(part, key=str)) for part in parts))
        self.most_pending = max(self.most_pending, self.pending)
        full = self.problem.full
        varied = {name for name, value in parts[1].items() if name in full and value != full[name]}
        self.strayed |= varied - set(self.problem.axes)


@dataclass(frozen=True)
class PlayOutcome:
    """The outcome of a play. ``failure``: None, ``raised``, ``strayed``, ``stalled`` or ``illegal``; ``reason`` says
    why.
    """

    failure: str | None
    reason: str
    traceback: str
    watch: Any = field(repr=False)


@dataclass(frozen=True)
class _Watched(MethodEntry):
    watched: Callable[..., Any] = field(default=object)

    def load(self) -> Any:
        """A function that makes the watch, in place of the method's class."""
        return self.watched

    def settle(self, method: Any) -> None:
        """As without a watch."""
        method.call(super().settle, method.method)

    def release(self, method: Any) -> None:
        """As without a watch."""
        super().release(None if method is None else method.method)


def play(
    entry: MethodEntry, case: Case, conditions: Conditions, seed: int, evaluations: int, watch: type[Watch] = Watch
) -> PlayOutcome:
    """Plays a seed to the end of a budget of ``evaluations`` mean full evaluations, or to a limit of proposals, so that
    a method that proposes only cheap evaluations comes to an end too.
    """
    crowds = case.board.setting.axes != "none" and entry.capabilities.axis is not None and case.axis is None
    limit = evaluations * (MULTI_FIDELITY_FACTOR if crowds else 1)
    watches: list[Watch] = []

    def make(problem: Problem, method_seed: int, **settings: Any) -> Watch:
        loaded = entry.load()
        watches.append(watch(problem, limit))
        watches[0].begin(lambda given: loaded(given, method_seed, **settings))
        return watches[0]

    given = {f.name: getattr(entry, f.name) for f in fields(MethodEntry)}
    source = landscape(case.board, conditions.quality, conditions.price, evaluations)
    choices = Choices(
        axis=case.axis, from_scratch=conditions.from_scratch, space=case.space, workers=conditions.workers
    )
    with sandbox(), fenced(seed):
        try:
            pairing = pair(case.board, source, entry, choices)
        except UsageError as error:
            return PlayOutcome("raised", str(error), "", None)
        result = run(replace(pairing, method=_Watched(**given, watched=make)), seed)
        seen = watches[0] if watches else None
        if seen is not None:
            seen.close()
    return PlayOutcome(_failure(seen, result.status), *_explained(seen, result.reason, result.traceback), seen)


def _failure(watch: Watch | None, status: str) -> str | None:
    if watch is None or watch.raised:
        return "raised"
    if watch.strayed:
        return "strayed"
    if watch.stalled:
        return "stalled"
    return "illegal" if status != "complete" and not watch.ended else None


def _explained(watch: Watch | None, reason: str | None, trace: str | None) -> tuple[str, str]:
    if watch is not None and watch.stalled and not watch.raised:
        done = len(watch.trace)
        gap = "none pending and budget left; go on until the run ends"
        return f"it proposes nothing more after {done} evaluations, {gap}", ""
    return reason or "", trace or ""
