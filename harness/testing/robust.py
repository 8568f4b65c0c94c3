"""Checks that a method copes with what a run may bring: several workers, any order, odd values and prices."""

from __future__ import annotations

from typing import Any

from harness.testing.play import Terms, Watch
from harness.testing.subject import Failed, NotApplicable, Subject, well

TIED = Terms(quality="tied")


def several_pending(subject: Subject) -> None:
    """Works with as many pending evaluations as it declares (tried with up to 4)."""
    terms = Terms(workers=subject.workers)
    for case, outcome in subject.must_play(terms):
        if outcome.watch.most_pending < 2:
            declared = subject.capabilities.workers or "any number of"
            raise Failed(f"{case}: it declares {declared} workers, but never has two evaluations pending")


def out_of_order(subject: Subject) -> None:
    """Accepts results in another order than it proposed them."""
    terms = Terms(workers=subject.workers)
    subject.must_play(
        Terms(workers=subject.workers, price="spread"),
        gate=lambda case: subject.sound(case, terms, "a run with several workers"),
    )


class _Insistent(Watch):
    """Asks once more when told "nothing now"."""

    def ask(self) -> Any:
        """The second answer counts."""
        answer = super().ask()
        return super().ask() if answer is None and not self.ended and self.pending else answer


def nothing_now(subject: Subject) -> None:
    """May be asked again after it said "nothing now"."""
    terms, tried = Terms(workers=subject.workers), 0
    for case in subject.few:
        subject.sound(case)
        tried += subject.sound(case, terms, "a run with several workers").watch.nothings
        well(case, subject.play(case, terms, watch=_Insistent))
    if not tried:
        raise NotApplicable("it never says so")


def equal_values(subject: Subject) -> None:
    """Copes with many evaluations of equal value."""
    subject.must_play(TIED)


def constant_objective(subject: Subject) -> None:
    """Copes with an objective that never changes."""
    subject.must_play(Terms(quality="constant"), gate=lambda case: subject.sound(case, TIED, "a run with equal values"))


def extreme_costs(subject: Subject) -> None:
    """Copes with costs from a billionth to three times a mean full evaluation, in no order."""
    subject.must_play(Terms(price="extreme"))


def from_scratch(subject: Subject) -> None:
    """Runs without checkpoint continuation too."""
    if not subject.capabilities.continuation:
        raise NotApplicable("it declares no continuation, so every run is without")
    if subject.capabilities.proceeds:
        raise NotApplicable("its trials run on, so there is nothing to start from scratch")
    subject.must_play(Terms(from_scratch=True))
