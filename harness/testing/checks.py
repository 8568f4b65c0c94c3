"""The list of checks, and what it is to run one: a function of a ``Subject`` that returns, or says why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.testing import basics, manners, quality, robust, seeded
from harness.testing.subject import Failed, NotApplicable, Subject


@dataclass(frozen=True)
class Check:
    """One promise that every method keeps. ``function(subject)`` raises Failed or NotApplicable; ``slow``: it takes
    more than a few seconds even for a method that takes none.
    """

    function: Callable[[Subject], None]
    slow: bool = False

    @property
    def name(self) -> str:
        """For example ``same-seed``."""
        return self.function.__name__.replace("_", "-")

    @property
    def promise(self) -> str:
        """What holds if the check does."""
        return (self.function.__doc__ or "").partition("\n")[0]

    def __call__(self, subject: Subject) -> None:
        """Failed if the promise is broken, NotApplicable if it says nothing about this method."""
        self.function(subject)

    def result(self, subject: Subject) -> Result:
        """The same as a value."""
        try:
            self(subject)
        except Failed as error:
            return Result(self.name, "failed", str(error), error.detail)
        except NotApplicable as error:
            return Result(self.name, "not applicable", str(error))
        return Result(self.name, "ok", self.promise)


@dataclass(frozen=True)
class Result:
    """How a check went: ``ok``, ``failed`` or ``not applicable``, with the promise or the reason, in one line."""

    check: str
    status: str
    text: str
    detail: str = ""


CHECKS: tuple[Check, ...] = (
    Check(basics.declared),
    Check(basics.legal),
    Check(basics.axes),
    Check(basics.goes_on),
    Check(robust.several_pending),
    Check(robust.out_of_order),
    Check(robust.nothing_now),
    Check(robust.equal_values),
    Check(robust.constant_objective),
    Check(robust.extreme_costs),
    Check(robust.from_scratch),
    Check(seeded.same_seed),
    Check(seeded.processes),
    Check(seeded.different_seeds),
    Check(seeded.global_random),
    Check(manners.inputs),
    Check(manners.quiet),
    Check(manners.no_files),
    Check(quality.beats_random, slow=True),
)
"""In the order in which they are best met: what fails in the first makes later ones not applicable."""
