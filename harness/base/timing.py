"""The only module that reads real time: what a method spends thinking, and how long a command takes."""

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
    """Says at most once in ``seconds`` that it is time: for displays and signs of life."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._last = seconds, -float("inf")

    def due(self) -> bool:
        """Whether it is time again."""
        now = time.monotonic()
        if now - self._last < self._seconds:
            return False
        self._last = now
        return True


def elapsed() -> float:
    """Seconds since some moment; only differences mean something."""
    return time.monotonic()


def timestamp() -> float:
    """Seconds since 1970, as files have: for how long ago a sign of life was."""
    return time.time()


def pause(seconds: float) -> None:
    """Waits, between attempts to reach a server; nothing simulated ever waits."""
    time.sleep(seconds)


def cpu_seconds() -> float:
    """CPU seconds of this process so far, all threads together; only differences mean something."""
    return time.process_time()
