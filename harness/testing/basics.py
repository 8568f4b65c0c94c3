"""Checks that a method's declarations are true and its proposals legal, in every case that it declares.

All of them look at the same plays, under ordinary conditions. Each looks for one kind of failure.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness import registry
from harness.testing.play import Case, PlayOutcome
from harness.testing.subject import Failed, NotApplicable, Subject

AXES = ("any", "all", None)


def declared(subject: Subject) -> None:
    """Runs without an error in every space, setting and objective it declares."""
    suite, can = registry.suite(), subject.capabilities
    declarations = (("settings", can.settings, suite.settings), ("objectives", can.objectives, suite.objectives))
    for kind, names, valid in declarations:
        if not names or any(name not in valid for name in names):
            raise Failed(f"it declares {kind} {names!r}; valid: {', '.join(valid)}")
    if can.axis not in AXES:
        raise Failed(f"it declares axis={can.axis!r}; valid: {', '.join(map(repr, AXES))}")
    if can.workers is not None and can.workers < 1:
        raise Failed(f"it declares workers={can.workers!r}; valid: None or a number of at least 1")
    _no_failure(subject, "raised")


def legal(subject: Subject) -> None:
    """Proposes nothing outside the space."""
    _no_failure(subject, "illegal")


def axes(subject: Subject) -> None:
    """Varies only the fidelity axes that the setting and its declaration allow."""
    _no_failure(subject, "strayed")


def goes_on(subject: Subject) -> None:
    """Proposes something as long as there is budget and nothing is pending."""
    _no_failure(subject, "stalled")


def _no_failure(subject: Subject, kind: str) -> None:
    failures = {case: subject.played(case) for case in subject.cases}
    for case, outcome in failures.items():
        if outcome.failure == kind:
            better = _narrower(failures, kind)
            raise Failed(f"{case}: {outcome.reason}{f'; {better}' if better else ''}", outcome.traceback)
    if failures and all(outcome.failure is not None for outcome in failures.values()):
        raise NotApplicable("it fails every ordinary run in another way")


def _narrower(outcomes: Mapping[Case, PlayOutcome], kind: str) -> str:
    """Advice for a method that fails in some cases only: the declaration under which it would pass; "" for none."""
    bad = {case for case, outcome in outcomes.items() if outcome.failure == kind}
    for field, of in (("objectives", "objective"), ("settings", "setting")):
        every = list(dict.fromkeys(getattr(case, of) for case in outcomes))
        good = tuple(name for name in every if name not in {getattr(case, of) for case in bad})
        if good and len(good) < len(every):
            return f"mend it, or declare Capabilities({field}={good!r})"
    return ""
