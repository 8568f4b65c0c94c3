"""The end of a command in whose process a stranger's code ran: that code must not keep the process from ending.

Python waits at its end for threads that are no daemons, and for functions that were registered to be called then.
"""

from __future__ import annotations

import os
import sys
import threading

from harness.base.timing import pause

GRACE = 5.0
"""Real seconds for threads and functions that end by themselves."""
TICK = 0.25
_leave = os._exit
_came = threading.Event()
_watched = threading.Event()


def strangers_came() -> None:
    """Says that a stranger's code runs in this process."""
    _came.set()


def end_in_time(code: int) -> None:
    """Once Python is ending, lets it take ``GRACE`` seconds, then ends the process with this exit code."""
    if _came.is_set() and not _watched.is_set():
        _watched.set()
        threading.Thread(target=_watch, args=(code,), daemon=True).start()


def _watch(code: int) -> None:
    while threading.main_thread().is_alive():
        pause(TICK)
    pause(GRACE)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    _leave(code)
