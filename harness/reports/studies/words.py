"""Sentences that several studies contain."""

from __future__ import annotations

from collections.abc import Sequence

from harness.reports.studies.scores import Comparison, seeds_needed
from harness.reports.studies.study import Evidence


def names(labels: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join(filter(None, [", ".join(labels[:-1]), *labels[-1:]]))


def too_few(comparisons: Sequence[Comparison], what: str) -> str:
    """A sentence saying that no comparison of ``what`` has enough seeds for a test, and how many are needed; empty if
    one has enough.
    """
    tasks = {c.task for c in comparisons}
    needed = max((seeds_needed(sum(c.task == task for c in comparisons)) for task in tasks), default=0)
    most = max((c.seeds for c in comparisons), default=0)
    if any(c.seeds >= seeds_needed(sum(o.task == c.task for o in comparisons)) for c in comparisons):
        return ""
    return (
        f"{what} was not tested: there {'is 1 seed' if most == 1 else f'are {most} seeds'}, and a paired test can "
        f"find a difference with at least {needed} (`--seeds {needed}`)."
    )


def able(comparisons: Sequence[Comparison], evidence: Evidence) -> tuple[list[Comparison], str]:
    """The comparisons with enough seeds for the corrected test to find a difference, and a sentence about the others.

    The sentence is empty if there are no others, or if no comparison has enough seeds (see ``too_few``).
    """
    needed = {c.task: seeds_needed(sum(other.task == c.task for other in comparisons)) for c in comparisons}
    tested = [c for c in comparisons if c.seeds >= needed[c.task]]
    short = [
        f"{c.arm.label} on {evidence.title(c.task)} ({c.seeds} of {needed[c.task]})"
        for c in comparisons
        if c.seeds < needed[c.task]
    ]
    return tested, f" Too few seeds for a test: {names(short)}." if short and tested else ""


def where(evidence: Evidence, comparisons: Sequence[Comparison]) -> str:
    """``W on CIFAR-10 (p = 0.004) and N on Fashion-MNIST (p = 0.02)``."""
    return names([f"{c.arm.label} on {evidence.title(c.task)} (p = {c.p:.2g})" for c in comparisons])
