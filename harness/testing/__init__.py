"""The conformance suite: promises that every method keeps, as checks for pytest and for ``harness check``.

In a test file of your own, one line::

    from harness.testing import conformance
    test_my_method = conformance("my_method.py:MyMethod")

Or without pytest: ``harness check my_method.py:MyMethod``, or in Python::

    subject = Subject("my_method.py:MyMethod")
    results = [check.result(subject) for check in CHECKS]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.testing.checks import CHECKS, Check, Result
from harness.testing.subject import Failed, NotApplicable, Subject

if TYPE_CHECKING:
    from harness.testing.suite import conformance

__all__ = ["CHECKS", "Check", "Failed", "NotApplicable", "Result", "Subject", "conformance"]


def __getattr__(name: str) -> Any:
    """``conformance`` alone needs pytest."""
    if name != "conformance":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from harness.testing.suite import conformance

    return conformance
