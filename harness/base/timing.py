"""Real time: the seconds spent inside methods and commands, and pauses. The simulated clock is not read here."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Stopwatch:
    """Adds up the real seconds spent inside ``with`` blocks; ``take`` returns them and starts anew."""

    def __init__(self) -> None:
        self._total = 0.0

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._total += time.perf_counter() - self._began

    def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """The answer of a function, its time added."""
        began = time.perf_counter()
        try:
            return function(*arguments)
        finally:
            self._total += time.perf_counter() - began

    def take(self) -> float:
        """Seconds since the last ``take``."""
        total, self._total = self._total, 0.0
        return total


class Every:
    """Limits an action, such as the update of a display, to once in ``seconds``."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._last = seconds, -float("inf")

    def due(self) -> bool:
        """Whether ``seconds`` have passed since the action was last due."""
        now = time.monotonic()
        if now - self._last < self._seconds:
            return False
        self._last = now
        return True


def elapsed() -> float:
    """Seconds since an arbitrary moment; only differences have a meaning."""
    return time.monotonic()


def timestamp() -> float:
    """Seconds since 1970, to compare with the times at which files were changed."""
    return time.time()


def pause(seconds: float) -> None:
    """Waits: between attempts to reach a server, and for a method's threads when a command ends. A simulation never
    waits.
    """
    time.sleep(seconds)


def cpu_seconds() -> float:
    """CPU seconds of this process, all threads together; only differences have a meaning."""
    return time.process_time()


def thread_seconds() -> float:
    """CPU seconds of this thread so far; only differences mean something. A busy machine does not make them more."""
    return time.thread_time()
