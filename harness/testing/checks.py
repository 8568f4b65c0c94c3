"""The list of checks of methods. A check is a function of a ``Subject`` that raises Failed or NotApplicable, or
returns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.testing import basics, manners, quality, robust, seeded
from harness.testing.subject import Failed, NotApplicable, Subject


@dataclass(frozen=True)
class Check:
    """One promise that every method keeps. ``function(subject)`` raises Failed or NotApplicable; ``slow``: whether it
    takes more than a few seconds even for a fast method.
    """

    function: Callable[[Subject], None]
    slow: bool = False

    @property
    def name(self) -> str:
        """The name of the check, such as ``same-seed``."""
        return self.function.__name__.replace("_", "-")

    @property
    def promise(self) -> str:
        """The promise in one line."""
        return (self.function.__doc__ or "").partition("\n")[0]

    def __call__(self, subject: Subject) -> None:
        """Runs the check. Failed if the promise is broken, NotApplicable if it says nothing about this method."""
        self.function(subject)

    def result(self, subject: Subject) -> Result:
        """Runs the check and returns its result instead of raising it."""
        try:
            self(subject)
        except Failed as error:
            return Result(self.name, "failed", str(error), error.detail)
        except NotApplicable as error:
            return Result(self.name, "not applicable", str(error))
        return Result(self.name, "ok", self.promise)


@dataclass(frozen=True)
class Result:
    """The result of a check. ``status``: ``ok``, ``failed`` or ``not applicable``; ``text``: the promise or reason."""

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
"""In the order in which they run. A failure in an early check makes later ones not applicable."""
