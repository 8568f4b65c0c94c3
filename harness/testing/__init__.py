"""Conformance suites: promises that every method keeps, and every source, as checks for pytest and ``harness check``.

In a test file of your own, one line::

    from harness.testing import conformance
    test_my_method = conformance("my_method.py:MyMethod")

Or without pytest: ``harness check my_method.py:MyMethod``, or in Python::

    subject = Subject("my_method.py:MyMethod")
    results = [check.result(subject) for check in CHECKS]
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from harness.testing.checks import CHECKS, Check, Result
from harness.testing.sources import SOURCE_CHECKS
from harness.testing.subject import Failed, NotApplicable, Subject

if TYPE_CHECKING:
    from harness.testing.suite import conformance, source_conformance

__all__ = [
    "CHECKS", "SOURCE_CHECKS", "Check", "Failed", "NotApplicable", "Result", "Subject", "conformance",
    "source_conformance",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Imports the two functions that make tests on first use, because only they need pytest."""
    if name not in ("conformance", "source_conformance"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module("harness.testing.suite"), name)
