"""Names of submissions. No two submissions of a surrogate set may have names that look alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from harness import registry
from harness.base.lookalike import skeleton
from harness.verify.submissions.manifest import Submission, shown

Where = TypeVar("Where")


def shipped_like(name: str) -> str | None:
    """The method of the harness whose name looks like this one."""
    return next((known for known in registry.methods() if skeleton(known) == skeleton(name)), None)


def alike(submissions: Iterable[tuple[Where, Submission]]) -> Iterator[tuple[Where, str]]:
    """Where a submission has the name of an earlier one, with a sentence that says so."""
    known: dict[tuple[str, str], Submission] = {}
    for where, one in submissions:
        other = known.setdefault((one.surrogates, skeleton(one.name)), one)
        if other is not one:
            same = "is" if other.name == one.name else "looks like"
            told = f"its name {shown(one.name)} {same} the name of another submission"
            yield where, f"{told}, {shown(other.name)}; choose another name"
