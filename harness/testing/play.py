"""One play: a method on one synthetic leaderboard, driven by the real runner and watched from within.

The runner decides what is legal, so the checks and a benchmark run cannot disagree. A watch stands between runner and
method; every perturbation of a check is a small class derived from it.
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
"""Evaluations of lower fidelity are cheap and come in crowds: a play has this many times more of them, enough for
Hyperband to promote (81 configurations start its first bracket over epochs). Axes of few levels do without.
"""


@dataclass(frozen=True)
class Case:
    """What is played: a setting, an objective and a space, with the declared fidelity axis (None: the default one)."""

    setting: str
    objective: str
    space: str = "jahs"
    axis: str | None = None

    def __str__(self) -> str:
        """For messages."""
        return f"{self.objective}/{self.setting}, space {self.space}" + (f", axis {self.axis}" if self.axis else "")

    @property
    def board(self) -> Leaderboard:
        """The leaderboard of the suite's first task; which one does not matter, its surrogates are replaced."""
        return registry.leaderboard(next(iter(registry.suite().tasks)), self.objective, self.setting)


@dataclass(frozen=True)
class Terms:
    """What a play is like: a quality and a price of ``harness.testing.problems``, workers, continuation."""

    quality: str = "smooth"
    price: str = "even"
    workers: int = 1
    from_scratch: bool = False


class Watch:
    """Stands in for the method: notes what it proposes and how it fails, and ends the play after ``limit`` proposals.

    ``trace``: the proposals in order; ``told``: the observations; ``raised``, ``strayed`` (the fidelity axes it varied
    without permission), ``stalled`` (nothing proposed with nothing pending): what went wrong.
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
        """Makes the method."""
        self.method = self.call(make, self.problem)

    def ask(self) -> Any:
        """As the method; None once the play is over."""
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
        """As the method."""
        self.told.append(observation)
        self.call(self.method.tell, observation)

    def proceed(self, observation: Observation) -> Any:
        """As the method; the trial stops once the play is over."""
        if len(self.trace) >= self.limit:
            self.ended = True
            return None
        answer = self.call(self.method.proceed, observation)
        if isinstance(answer, Mapping):
            self._note(Proposal(observation.configuration, {**observation.fidelity, **answer}))
        return answer

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Every call of the method goes through here."""
        try:
            return function(*arguments)
        except BaseException:
            self.raised = True
            raise

    def close(self) -> None:
        """The play is over: the method may go; the files that it left are still there."""
        self.method = None

    @property
    def pending(self) -> int:
        """Proposals that are being evaluated."""
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
class Outcome:
    """How a play went. ``failure``: None, ``raised``, ``strayed``, ``stalled`` or ``illegal``; ``reason`` says why."""

    failure: str | None
    reason: str
    traceback: str
    watch: Any = field(repr=False)


@dataclass(frozen=True)
class _Watched(MethodEntry):
    watched: Callable[..., Any] = field(default=object)

    def load(self) -> Any:
        """The watch instead of the method's class."""
        return self.watched


def play(
    entry: MethodEntry, case: Case, terms: Terms, seed: int, evaluations: int, watch: type[Watch] = Watch
) -> Outcome:
    """Plays a seed to the end of a budget of ``evaluations`` mean full evaluations, or to so many proposals that a
    method that takes only cheap ones comes to an end too.
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
    source = landscape(case.board, terms.quality, terms.price, evaluations)
    choices = Choices(axis=case.axis, from_scratch=terms.from_scratch, space=case.space, workers=terms.workers)
    with sandbox(), fenced(seed):
        try:
            pairing = pair(case.board, source, entry, choices)
        except UsageError as error:
            return Outcome("raised", str(error), "", None)
        result = run(replace(pairing, method=_Watched(**given, watched=make)), seed)
        seen = watches[0] if watches else None
        if seen is not None:
            seen.close()
    return Outcome(_failure(seen, result.status), *_explained(seen, result.reason, result.traceback), seen)


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
        return f"it proposes nothing more after {done} evaluations, none pending and budget left", ""
    return reason or "", trace or ""
