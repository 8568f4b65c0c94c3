"""The method under test: what is played with it, and the plays already done, so that no check repeats another's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from harness import registry
from harness.benchmark.method import Capabilities
from harness.benchmark.methods import MethodEntry
from harness.errors import UsageError
from harness.testing.play import Case, Outcome, Terms, Watch, play

EVALUATIONS = 24
"""Mean full evaluations in the budget of a play."""
MOST_WORKERS = 4

Testable = str | type | MethodEntry


class Failed(AssertionError):
    """A check does not hold; the message says in which case and how. ``detail``: the method's traceback, if any."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.detail = detail


class NotApplicable(Exception):
    """A check that says nothing about this method, and why."""


@dataclass(frozen=True)
class ClassEntry(MethodEntry):
    """The entry of a class that is at hand and need not be imported."""

    made: Any = field(default=object)

    def load(self) -> Any:
        """The class."""
        return self.made


def entry_of(method: Testable) -> MethodEntry:
    """The entry of a registered name, a ``path/to/file.py:ClassName``, a class, or an entry itself."""
    if isinstance(method, MethodEntry):
        return method
    if isinstance(method, str):
        return registry.method(method)
    declared = getattr(method, "capabilities", Capabilities(axis="all"))
    if not isinstance(declared, Capabilities):
        raise UsageError(f"the 'capabilities' of {method!r} must be a harness.Capabilities, not {declared!r}")
    return ClassEntry(method.__name__, f"{method.__module__}:{method.__qualname__}", declared, made=method)


class Subject:
    """A method, given as ``entry_of`` takes it, and the size of a play. Nothing is imported before it is needed."""

    def __init__(self, method: Testable, evaluations: int = EVALUATIONS) -> None:
        self.method, self.evaluations = method, evaluations
        self._done: dict[tuple[Case, Terms, int], Outcome] = {}
        self._again: dict[Case, Outcome] = {}

    def __str__(self) -> str:
        """Its name, known without importing it."""
        return getattr(self.method, "name", None) or getattr(self.method, "__name__", None) or str(self.method)

    @cached_property
    def entry(self) -> MethodEntry:
        """UsageError if there is no such method."""
        return entry_of(self.method)

    @property
    def capabilities(self) -> Capabilities:
        """What it declares."""
        return self.entry.capabilities

    @cached_property
    def pairings(self) -> list[Case]:
        """A case for every setting and objective it declares (those that exist), on the joint space."""
        suite, can = registry.suite(), self.capabilities
        settings = [s for s in suite.settings if s in can.settings]
        return [Case(s, o) for s in settings for o in suite.objectives if o in can.objectives]

    @cached_property
    def cases(self) -> list[Case]:
        """Every pairing on every space, and on the joint space with every axis that it may be given."""
        everywhere = [Case(c.setting, c.objective, s) for c in self.pairings for s in registry.suite().spaces]
        one_axis = [c for c in self.pairings if c.board.setting.axes == "one" and self.capabilities.axis is not None]
        return everywhere + [Case(c.setting, c.objective, c.space, a) for c in one_axis for a in c.board.fidelities]

    @cached_property
    def few(self) -> list[Case]:
        """A case per setting, the objectives taking turns: for the checks where one setting is as good as another."""
        settings = list(dict.fromkeys(c.setting for c in self.pairings))
        chosen = []
        for turn, setting in enumerate(settings):
            own = [c for c in self.pairings if c.setting == setting]
            chosen.append(own[turn % len(own)])
        return chosen

    @property
    def workers(self) -> int:
        """Pending evaluations it is tried with; NotApplicable if it declares one worker."""
        most = MOST_WORKERS if self.capabilities.workers is None else min(self.capabilities.workers, MOST_WORKERS)
        if most < 2:
            raise NotApplicable("it declares one worker")
        return most

    def play(self, case: Case, terms: Terms | None = None, seed: int = 0, watch: type[Watch] = Watch) -> Outcome:
        """A new play."""
        return play(self.entry, case, terms or Terms(), seed, self.evaluations, watch)

    def played(self, case: Case, terms: Terms | None = None, seed: int = 0) -> Outcome:
        """A play that is done once."""
        key = (case, terms or Terms(), seed)
        if key not in self._done:
            self._done[key] = self.play(*key)
        return self._done[key]

    def repeated(self, case: Case) -> Outcome:
        """A second ordinary play of the same seed, done once."""
        if case not in self._again:
            self._again[case] = self.play(case)
        return self._again[case]

    def sound(self, case: Case, terms: Terms | None = None, what: str = "an ordinary run") -> Outcome:
        """A play that must have gone well for a further check to mean anything; NotApplicable if it did not."""
        outcome = self.played(case, terms)
        if outcome.failure is not None:
            raise NotApplicable(f"it fails in {what} already: {case}")
        return outcome

    def must_play(self, terms: Terms, gate: Callable[[Case], object] | None = None) -> list[tuple[Case, Outcome]]:
        """Plays a few cases on these terms; Failed if one goes wrong that goes well on ordinary ones."""
        outcomes = []
        for case in self.few:
            self.sound(case)
            if gate is not None:
                gate(case)
            outcomes.append((case, well(case, self.played(case, terms))))
        return outcomes


def well(case: Case, outcome: Outcome) -> Outcome:
    """The outcome, or Failed."""
    if outcome.failure is not None:
        raise Failed(f"{case}: {outcome.reason}", outcome.traceback)
    return outcome
