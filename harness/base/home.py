"""Keeps a stranger's code from leaving the process that it runs in, and puts the working folder back after it."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator

_inside: set[tuple[int, int]] = set()
"""The process and thread of every run that is being done."""
_leave = os._exit


def _stay(status: int) -> None:
    """Stands in for ``os._exit``: a method that leaves would take every other run along, without a word."""
    if (os.getpid(), threading.get_ident()) in _inside:
        raise SystemExit(f"os._exit({status})")
    _leave(status)


@contextlib.contextmanager
def at_home() -> Iterator[None]:
    """While a method runs in this thread it cannot leave the process; afterwards the folder is what it was before."""
    me = os.getpid(), threading.get_ident()
    if me in _inside:  # a run within a run
        yield
        return
    folder = _folder()
    _inside.add(me)
    os._exit = _stay  # type: ignore[assignment]
    try:
        yield
    finally:
        _inside.discard(me)
        if not _inside:
            os._exit = _leave
        if folder is not None and folder != _folder():
            with contextlib.suppress(OSError):
                os.chdir(folder)


def _folder() -> str | None:
    try:
        return os.getcwd()
    except OSError:  # it was removed
        return None
