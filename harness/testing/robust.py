"""Checks that a method copes with several workers, any order of results, and odd values and prices."""

from __future__ import annotations

from typing import Any

from harness.testing.play import Conditions, Watch
from harness.testing.subject import Failed, NotApplicable, Subject, well

TIED = Conditions(quality="tied")


def several_pending(subject: Subject) -> None:
    """Works with as many pending evaluations as it declares (tried with up to 4)."""
    conditions = Conditions(workers=subject.workers)
    for case, outcome in subject.must_play(conditions):
        if outcome.watch.most_pending < 2:
            declared = subject.capabilities.workers or "any number of"
            raise Failed(
                f"{case}: it declares {declared} workers, but never has two evaluations pending; declare "
                f"Capabilities(workers=1), or in a function evaluate several at once with objective.batch"
            )


def out_of_order(subject: Subject) -> None:
    """Accepts results in another order than it proposed them."""
    conditions = Conditions(workers=subject.workers)
    subject.must_play(
        Conditions(workers=subject.workers, price="spread"),
        gate=lambda case: subject.sound(case, conditions, "a run with several workers"),
    )


class _Insistent(Watch):
    """Asks once more when told "nothing now"."""

    def ask(self) -> Any:
        """The method's answer; if that is "nothing now", its second answer."""
        answer = super().ask()
        return super().ask() if answer is None and not self.ended and self.pending else answer


def nothing_now(subject: Subject) -> None:
    """May be asked again after it said "nothing now"."""
    conditions, tried = Conditions(workers=subject.workers), 0
    for case in subject.few:
        subject.sound(case)
        tried += subject.sound(case, conditions, "a run with several workers").watch.nothings
        well(case, subject.play(case, conditions, watch=_Insistent))
    if not tried:
        raise NotApplicable("it never says so")


def equal_values(subject: Subject) -> None:
    """Copes with many evaluations of equal value."""
    subject.must_play(TIED)


def constant_objective(subject: Subject) -> None:
    """Copes with an objective that never changes."""
    subject.must_play(
        Conditions(quality="constant"), gate=lambda case: subject.sound(case, TIED, "a run with equal values")
    )


def extreme_costs(subject: Subject) -> None:
    """Copes with costs from a billionth to three times a mean full evaluation, in no order."""
    subject.must_play(Conditions(price="extreme"))


def from_scratch(subject: Subject) -> None:
    """Runs without checkpoint continuation too."""
    if not subject.capabilities.continuation:
        raise NotApplicable("it declares no continuation, so every run is without")
    if subject.capabilities.proceeds:
        raise NotApplicable("its trials run on, so there is nothing to start from scratch")
    try:
        subject.must_play(Conditions(from_scratch=True))
    except Failed as error:
        raise Failed(f"{error}; or declare Capabilities(continuation=False)", error.detail) from None
