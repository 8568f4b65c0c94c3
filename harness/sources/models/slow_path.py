"""Warns that predictions take the slow path: once in a process, and once in a command that starts many processes.

The slow path is the NumPy reference. It is taken if the compiled core (``_native``) is missing or ``HARNESS_SLOW_PATH``
is set. Worker processes keep silent and report ``taken()`` to the process that started them, which calls ``warn``.
"""

from __future__ import annotations

import os
import threading
import warnings

from harness.errors import SlowPathWarning

FORCE = "HARNESS_SLOW_PATH"
"""An environment variable. If it is not empty, the slow path is taken even with a compiled core."""
COST = "predictions take the slow path: the same numbers, about 15 times slower"

_lock = threading.Lock()
_said = False
_taken = False


def forced() -> bool:
    """Whether the environment asks for the slow path."""
    return bool(os.environ.get(FORCE))


def message() -> str:
    """The text of the warning: why the slow path is taken, and how to get the fast path."""
    if forced():
        return f"{FORCE} is set, so {COST}; unset it for the fast path"
    return (
        f"the compiled core of the harness is missing, so {COST}; for the fast path install a C compiler, then install "
        f"the harness again (pip install --force-reinstall --no-deps .), or install a wheel of it, which has the core"
    )


def warn() -> None:
    """Gives the SlowPathWarning, unless this process has given it before or keeps silent."""
    global _said, _taken
    with _lock:
        _taken = True
        if _said:
            return
        _said = True
    warnings.warn(message(), SlowPathWarning, stacklevel=3)


def keep_silent() -> None:
    """Called in a worker process: the process that started it gives the warning."""
    global _said
    with _lock:
        _said = True


def taken() -> bool:
    """Whether this process has made a ``Program`` that takes the slow path."""
    return _taken
