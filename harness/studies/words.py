"""Sentences that several studies say."""

from __future__ import annotations

from collections.abc import Sequence

from harness.studies.scores import Comparison, seeds_needed
from harness.studies.study import Evidence


def names(labels: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join(filter(None, [", ".join(labels[:-1]), *labels[-1:]]))


def too_few(comparisons: Sequence[Comparison], what: str) -> str:
    """Says that a test of ``what`` cannot find anything with so few seeds, and how many could; empty if it can."""
    tasks = {c.task for c in comparisons}
    needed = max((seeds_needed(sum(c.task == task for c in comparisons)) for task in tasks), default=0)
    fewest = min((c.seeds for c in comparisons), default=0)
    if fewest >= needed:
        return ""
    return (
        f"{what} was not tested: there {'is 1 seed' if fewest == 1 else f'are {fewest} seeds'}, and a paired test can "
        f"find a difference with at least {needed} (`--seeds {needed}`)."
    )


def where(evidence: Evidence, comparisons: Sequence[Comparison]) -> str:
    """``W on CIFAR-10 (p = 0.004) and N on Fashion-MNIST (p = 0.02)``."""
    return names([f"{c.arm.label} on {evidence.title(c.task)} (p = {c.p:.2g})" for c in comparisons])
