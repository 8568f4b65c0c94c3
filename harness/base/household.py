"""What everything in a process shares: noted before a stranger's code runs, and put back afterwards.

What was there is put back; what is new stays, for libraries add much when they are imported. Beyond reach are objects
that the code changed from within, threads that it left behind, and what a library in C keeps.
"""

from __future__ import annotations

import contextlib
import decimal
import gc
import locale
import operator
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

import numpy as np

MODULES = (
    "builtins", "os", "io", "json", "math", "time", "pathlib", "hashlib", "threading", "numpy", "numpy.random",
    "pyarrow.parquet",
)  # fmt: skip
"""The modules whose functions the harness computes and writes with."""
RESOURCES = ("RLIMIT_NOFILE", "RLIMIT_FSIZE", "RLIMIT_AS", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_CPU", "RLIMIT_NPROC")
TIMERS = ("ITIMER_REAL", "ITIMER_VIRTUAL", "ITIMER_PROF")
HANDLED = ("SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE", "SIGALRM", "SIGCHLD", "SIGUSR1", "SIGUSR2", "SIGVTALRM", "SIGPROF")
STREAMS = (0, 1, 2)
WRITTEN = {"stdout": 1, "stderr": 2}
HOOKS = ("stdin", "stdout", "stderr", "excepthook", "unraisablehook", "displayhook")


_ALL, _MAP, _SAME = all, map, operator.is_
"""Held here, for the method may replace them where they are."""


class _Part(NamedTuple):
    """Something shared: its name in a sentence, how to read it and how to set it."""

    name: str
    read: Callable[[], Any]
    write: Callable[[Any], object]


def _folder() -> str | None:
    try:
        return os.getcwd()
    except OSError:  # it was removed
        return None


def _go_to(folder: str | None) -> None:
    if folder is not None:
        os.chdir(folder)


def _mask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _error_filters() -> list[Any]:
    return [each for each in warnings.filters if each[0] == "error"]


def _set_error_filters(before: list[Any]) -> None:
    kept = [each for each in warnings.filters if each[0] != "error" or each in before]
    warnings.resetwarnings()
    cast(list[Any], warnings.filters)[:] = kept


def _decimals() -> tuple[Any, ...]:
    now = decimal.getcontext()
    return now.prec, now.rounding, now.Emin, now.Emax, now.capitals, now.clamp, [*map(now.traps.get, now.traps)]


def _set_decimals(before: tuple[Any, ...]) -> None:
    now = decimal.getcontext()
    now.prec, now.rounding, now.Emin, now.Emax, now.capitals, now.clamp, traps = before
    for signal_, trapped in zip(now.traps, traps, strict=True):
        now.traps[signal_] = trapped


def _limits() -> dict[int, tuple[int, int]]:
    try:
        import resource
    except ImportError:  # Windows
        return {}
    numbers = [getattr(resource, name) for name in RESOURCES if hasattr(resource, name)]
    return {number: resource.getrlimit(number) for number in numbers}


def _set_limits(before: Mapping[int, tuple[int, int]]) -> None:
    import resource

    for number, (soft, hard) in before.items():
        if resource.getrlimit(number) != (soft, hard):
            with contextlib.suppress(ValueError, OSError):  # only root may raise the hard limit again
                most = resource.getrlimit(number)[1]
                resource.setrlimit(number, (most if soft == resource.RLIM_INFINITY else min(soft, most), most))
                resource.setrlimit(number, (soft, hard))


def _handlers() -> dict[signal.Signals, Any]:
    found = {number: signal.getsignal(number) for name in HANDLED if (number := getattr(signal, name, None))}
    return {number: handler for number, handler in found.items() if handler is not None}


def _set_handlers(before: Mapping[signal.Signals, Any]) -> None:
    for number, handler in before.items():
        if signal.getsignal(number) is not handler:
            signal.signal(number, handler)


def _timers() -> dict[int, bool]:
    if not hasattr(signal, "getitimer"):
        return {}
    numbers = [getattr(signal, name) for name in TIMERS]
    return {number: signal.getitimer(number) != (0.0, 0.0) for number in numbers}


def _stop_timers(before: Mapping[int, bool]) -> None:
    for number, running in before.items():
        if not running:
            signal.setitimer(number, 0.0)


_SHARED = (
    _Part("the recursion limit", sys.getrecursionlimit, sys.setrecursionlimit),
    _Part("the trace function", sys.gettrace, sys.settrace),
    _Part("the profile function", sys.getprofile, sys.setprofile),
    _Part("the limits of the process", _limits, _set_limits),
    _Part("the working folder", _folder, _go_to),
    _Part("the mode of new files", _mask, os.umask),
    _Part("NumPy's answer to errors", np.geterr, lambda before: np.seterr(**before)),
    _Part("decimal arithmetic", _decimals, _set_decimals),
    _Part("the locale", lambda: locale.setlocale(locale.LC_ALL), lambda old: locale.setlocale(locale.LC_ALL, old)),
    _Part("warnings that are errors", _error_filters, _set_error_filters),
    _Part("the collection of garbage", gc.isenabled, lambda on: gc.enable() if on else gc.disable()),
    _Part("the switching of threads", sys.getswitchinterval, sys.setswitchinterval),
)
_OF_THE_MAIN_THREAD = (_Part("signal handlers", _handlers, _set_handlers), _Part("timers", _timers, _stop_timers))


class Household:
    """The state of this process when it was made."""

    def __init__(self) -> None:
        # Everything that is needed to put back is held here: what it would be looked up in may be what was changed.
        self._names = [(name, vars(sys.modules[name]), vars(sys.modules[name]).copy())
                       for name in MODULES if name in sys.modules]  # fmt: skip
        self._hooks = {name: getattr(sys, name) for name in HOOKS}
        self._path, self._modules = [*sys.path], sys.modules.copy()
        self._environment = dict(os.environ)
        main = threading.current_thread() is threading.main_thread()
        self._parts = [(part, part.read()) for part in (*_SHARED, *(_OF_THE_MAIN_THREAD if main else ()))]
        self._streams = {number: _copy(number) for number in STREAMS}

    def put_back(self) -> list[str]:
        """Puts everything back, and says in words what had changed. To be called once."""
        changed = []
        for module, now, before in self._names:  # builtins first; until it is done no function of theirs is called
            if _ALL(_MAP(_SAME, _MAP(now.get, before), before.values())):
                continue
            for name, value in before.items():
                if name not in now or now[name] is not value:
                    now[name] = value
                    if name[:2] != "__":
                        changed.append(f"{module}.{name}")
        for name, value in self._hooks.items():
            if getattr(sys, name, None) is not value:
                setattr(sys, name, value)
                changed.append(f"sys.{name}")
        for part, value in self._parts:
            try:
                if part.read() != value:
                    part.write(value)
                    changed.append(part.name)
            except (OSError, ValueError, locale.Error):  # the system does not let it
                changed.append(part.name)
        return changed + self._imports() + self._variables() + self._files()

    def _imports(self) -> list[str]:
        changed = []
        if not set(sys.path).issuperset(self._path):
            sys.path[:] = self._path
            changed.append("sys.path")
        if lost := self._modules.keys() - sys.modules.keys():
            sys.modules.update((name, self._modules[name]) for name in lost)
            changed.append("sys.modules")
        return changed

    def _variables(self) -> list[str]:
        if not dict(os.environ).items() >= self._environment.items():
            os.environ.update(self._environment)
            return ["variables of the environment"]
        return []

    def _files(self) -> list[str]:
        changed = []
        for number, (copy, before) in self._streams.items():
            if copy is None:
                continue
            if _identity(number) != before:
                os.dup2(copy, number)
                changed.append(f"file descriptor {number}")
            with contextlib.suppress(OSError):
                os.close(copy)
        for name, stream in self._hooks.items():
            if name in WRITTEN and getattr(stream, "closed", False) is True:
                number = WRITTEN[name]  # it stays open, for whoever writes to it
                again = os.fdopen(number, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
                setattr(sys, name, again)
                changed.append(f"sys.{name}")
        return changed


def _copy(number: int) -> tuple[int | None, tuple[int, int] | None]:
    """A second descriptor of a standard stream, None if it is closed; and the identity of its file."""
    identity = _identity(number)
    with contextlib.suppress(OSError):  # a method before this one may have lowered what may be open, for good
        return (None if identity is None else os.dup(number)), identity
    return None, identity


def _identity(number: int) -> tuple[int, int] | None:
    try:
        found = os.fstat(number)
    except OSError:
        return None
    return found.st_dev, found.st_ino
