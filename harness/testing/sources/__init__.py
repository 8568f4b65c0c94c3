"""The conformance suite for sources: the promises that every source keeps, of whatever kind.

In a test file of your own::

    from harness.testing import source_conformance
    test_my_source = source_conformance(my_source)

Without pytest::

    for check in SOURCE_CHECKS:
        check(source)                       # raises Failed, or NotApplicable
"""

from __future__ import annotations

from collections.abc import Callable

from harness.benchmark.source import Source
from harness.testing.sources import answers, copying, naming
from harness.testing.sources.asking import sample

SOURCE_CHECKS: tuple[Callable[[Source], None], ...] = (
    naming.named, naming.cards, answers.one_like_many, answers.order, answers.repeats, answers.some_metrics,
    naming.bounds, naming.missing, naming.unknown_names, copying.copies, copying.another_process, copying.intact,
)  # fmt: skip

__all__ = ["SOURCE_CHECKS", "sample"]
