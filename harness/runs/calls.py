"""Calls into a method's code: whatever it raises is a failure of the method, never of the harness."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class MethodFailed(Exception):
    """A method raised or broke the rules; ``trace`` is the traceback of what it raised, as text."""

    def __init__(self, reason: str, trace: str | None = None) -> None:
        super().__init__(reason)
        self.trace = trace


def called(name: str, function: Callable[..., T], *arguments: Any) -> T:
    """The answer of a function of method ``name``. MethodFailed if it raises."""
    try:
        return function(*arguments)
    except (Exception, SystemExit) as error:
        reason = f"{name} raised {type(error).__name__}: {error}"
        raise MethodFailed(reason, traceback.format_exc()) from error
