"""Calls of a method's code: an exception that it raises is a failure of the method, never of the harness."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class MethodFailed(Exception):
    """A method raised an exception or broke the rules; ``trace`` is the traceback of its exception, as text."""

    def __init__(self, reason: str, trace: str | None = None) -> None:
        super().__init__(reason)
        self.trace = trace


def called(name: str, function: Callable[..., T], *arguments: Any) -> T:
    """Calls a function of method ``name`` and returns its answer. MethodFailed if it raises."""
    try:
        return function(*arguments)
    except (Exception, SystemExit) as error:
        reason = f"{name} raised {type(error).__name__}: {error}"
        raise MethodFailed(reason, traceback.format_exc()) from error
