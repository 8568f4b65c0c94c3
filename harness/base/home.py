"""Keeps a stranger's code from leaving the process that it runs in."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator

_inside: set[tuple[int, int]] = set()
"""The process and thread of every run that is being done."""
_leave = os._exit


def is_inside() -> bool:
    """Whether this thread does a run."""
    return (os.getpid(), threading.get_ident()) in _inside


def _stay(status: int) -> None:
    """Stands in for ``os._exit``: a method that leaves would take every other run along, without a word."""
    if is_inside():
        raise SystemExit(f"os._exit({status})")
    _leave(status)


@contextlib.contextmanager
def staying() -> Iterator[None]:
    """In this thread, nobody leaves the process meanwhile."""
    me = os.getpid(), threading.get_ident()
    _inside.add(me)
    os._exit = _stay  # type: ignore[assignment]
    try:
        yield
    finally:
        _inside.discard(me)
        if not _inside:
            os._exit = _leave
