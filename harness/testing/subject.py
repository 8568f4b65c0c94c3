"""The method under test, with its cases and the plays already done, so that two checks can share a play."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from harness import registry
from harness.benchmark.method import Capabilities
from harness.benchmark.methods import MethodEntry
from harness.testing.play import Case, Conditions, PlayOutcome, Watch, play

EVALUATIONS = 24
"""Mean full evaluations in the budget of a play."""
MOST_WORKERS = 4

Testable = str | type | Callable[..., Any] | MethodEntry


class Failed(AssertionError):
    """A promise is broken; the message says in which case and how. ``detail``: a traceback or output, if any."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.detail = detail


class NotApplicable(Exception):
    """A check says nothing about this method or source; the message says why."""


def entry_of(method: Testable) -> MethodEntry:
    """The entry of a method's name, a ``path/to/file.py:ClassName``, a class or function, or an entry itself."""
    return method if isinstance(method, MethodEntry) else registry.method(method)


class Subject:
    """A method (as ``entry_of`` takes it) and the size of its plays. The method is imported when it is first needed."""

    def __init__(self, method: Testable, evaluations: int = EVALUATIONS) -> None:
        self.method, self.evaluations = method, evaluations
        self._done: dict[tuple[Case, Conditions, int], PlayOutcome] = {}
        self._again: dict[Case, PlayOutcome] = {}

    def __str__(self) -> str:
        """The method's name, without importing the method."""
        return getattr(self.method, "name", None) or getattr(self.method, "__name__", None) or str(self.method)

    @cached_property
    def entry(self) -> MethodEntry:
        """The method's entry. UsageError if there is no such method, or it has settings without a default."""
        entry = entry_of(self.method)
        entry.check_required({})
        return entry

    @property
    def capabilities(self) -> Capabilities:
        """The capabilities that the method declares."""
        return self.entry.capabilities

    @cached_property
    def pairings(self) -> list[Case]:
        """A case for every existing setting and objective that the method declares, on the joint space."""
        suite, can = registry.suite(), self.capabilities
        settings = [s for s in suite.settings if s in can.settings]
        return [Case(s, o) for s in settings for o in suite.objectives if o in can.objectives]

    @cached_property
    def cases(self) -> list[Case]:
        """Every pairing on every space, and on the joint space with every axis that may be declared."""
        everywhere = [Case(c.setting, c.objective, s) for c in self.pairings for s in registry.suite().spaces]
        one_axis = [c for c in self.pairings if c.board.setting.axes == "one" and self.capabilities.axis is not None]
        return everywhere + [Case(c.setting, c.objective, c.space, a) for c in one_axis for a in c.board.fidelities]

    @cached_property
    def few(self) -> list[Case]:
        """One case for each setting, with objectives in turn, for checks that need not see every pairing."""
        settings = list(dict.fromkeys(c.setting for c in self.pairings))
        chosen = []
        for turn, setting in enumerate(settings):
            own = [c for c in self.pairings if c.setting == setting]
            chosen.append(own[turn % len(own)])
        return chosen

    @property
    def workers(self) -> int:
        """The number of workers in plays with several; NotApplicable if the method declares one worker."""
        most = MOST_WORKERS if self.capabilities.workers is None else min(self.capabilities.workers, MOST_WORKERS)
        if most < 2:
            raise NotApplicable("it declares one worker")
        return most

    def play(
        self, case: Case, conditions: Conditions | None = None, seed: int = 0, watch: type[Watch] = Watch
    ) -> PlayOutcome:
        """A new play."""
        return play(self.entry, case, conditions or Conditions(), seed, self.evaluations, watch)

    def played(self, case: Case, conditions: Conditions | None = None, seed: int = 0) -> PlayOutcome:
        """The play of this case, conditions and seed, which is done on the first call only."""
        key = (case, conditions or Conditions(), seed)
        if key not in self._done:
            self._done[key] = self.play(*key)
        return self._done[key]

    def repeated(self, case: Case) -> PlayOutcome:
        """A second play of the case under ordinary conditions with seed 0, done on the first call only."""
        if case not in self._again:
            self._again[case] = self.play(case)
        return self._again[case]

    def sound(self, case: Case, conditions: Conditions | None = None, what: str = "an ordinary run") -> PlayOutcome:
        """The outcome of a play that a check needs. NotApplicable if the play failed. ``what``: the play in words."""
        outcome = self.played(case, conditions)
        if outcome.failure is not None:
            raise NotApplicable(f"it fails in {what} already: {case}")
        return outcome

    def must_play(
        self, conditions: Conditions, gate: Callable[[Case], object] | None = None
    ) -> list[tuple[Case, PlayOutcome]]:
        """Plays a few cases under these conditions. Failed if a case fails that succeeds under ordinary conditions.
        ``gate`` is called before each play and may raise NotApplicable.
        """
        outcomes = []
        for case in self.few:
            self.sound(case)
            if gate is not None:
                gate(case)
            outcomes.append((case, well(case, self.played(case, conditions))))
        return outcomes


def well(case: Case, outcome: PlayOutcome) -> PlayOutcome:
    """The outcome; Failed if the play failed."""
    if outcome.failure is not None:
        raise Failed(f"{case}: {outcome.reason}", outcome.traceback)
    return outcome
