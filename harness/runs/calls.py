"""Calls into a method's code: whatever it raises is a failure of the method, never of the harness."""

from __future__ import annotations

import contextlib
import os
import traceback
from collections.abc import Callable, Iterator
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")


class MethodFailed(Exception):
    """A method raised or broke the rules; ``trace`` is the traceback of what it raised, as text."""

    def __init__(self, reason: str, trace: str | None = None) -> None:
        super().__init__(reason)
        self.trace = trace


@contextlib.contextmanager
def held_back() -> Iterator[None]:
    """Inside the block a method that calls ``os._exit`` ends its run, as by ``sys.exit``, and not this process with
    every other run; processes that it forks may end.
    """
    leave, owner = os._exit, os.getpid()

    def stay(status: int) -> NoReturn:
        if os.getpid() != owner:
            leave(status)
        raise SystemExit(status)

    os._exit = stay
    try:
        yield
    finally:
        os._exit = leave


def called(name: str, function: Callable[..., T], *arguments: Any) -> T:
    """The answer of a function of method ``name``. MethodFailed if it raises."""
    try:
        return function(*arguments)
    except (Exception, SystemExit) as error:
        reason = f"{name} raised {type(error).__name__}: {error}"
        raise MethodFailed(reason, traceback.format_exc()) from error
