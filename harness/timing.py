"""The only module that reads real time: what a method spends thinking, and how long a command takes."""

from __future__ import annotations

import time


class Stopwatch:
    """Adds up the real seconds spent inside ``with`` blocks; ``take`` returns them and starts anew."""

    def __init__(self) -> None:
        self._total = 0.0

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._total += time.perf_counter() - self._began

    def take(self) -> float:
        """Seconds since the last ``take``."""
        total, self._total = self._total, 0.0
        return total


def pause(seconds: float) -> None:
    """Waits, between attempts to reach a server; nothing simulated ever waits."""
    time.sleep(seconds)


def cpu_seconds() -> float:
    """CPU seconds of this process so far, all threads together; only differences mean something."""
    return time.process_time()
