"""What a process shares is as before after a stranger's code has changed it."""

from __future__ import annotations

import builtins
import decimal
import gc
import io
import json
import locale
import os
import signal
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.base.household import Household


def replaces_a_builtin() -> None:
    builtins.len = lambda _: 3
    builtins.all = builtins.map = builtins.dict = None  # type: ignore[misc, assignment]


def replaces_functions() -> None:
    np.asarray = np.random.default_rng = json.dumps = io.open = time.monotonic = None  # type: ignore[assignment]


def deletes_a_function() -> None:
    del os.replace


def loses_the_streams() -> None:
    sys.stdout = sys.stderr = sys.stdin = None
    sys.excepthook = lambda *_: None


def goes_away() -> None:
    os.chdir("/")


def hides_files() -> None:
    os.umask(0o777)


def forbids_depth() -> None:
    sys.setrecursionlimit(200)


def traces() -> None:
    sys.setprofile(lambda *_: None)


def raises_on_underflow() -> None:
    np.seterr(all="raise")


def rounds_decimals() -> None:
    decimal.getcontext().prec = 1
    decimal.getcontext().traps[decimal.Inexact] = True


def speaks_otherwise() -> None:
    locale.setlocale(locale.LC_CTYPE, "C" if locale.setlocale(locale.LC_CTYPE) != "C" else "C.UTF-8")


def makes_warnings_errors() -> None:
    warnings.filterwarnings("error", "a message that nobody gives")


def stops_the_collector() -> None:
    gc.disable()


def is_deaf() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def sets_an_alarm() -> None:
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 600.0)


def clears_the_environment() -> None:
    os.environ.clear()


def forgets_modules() -> None:
    sys.path.clear()
    for name in [name for name in sys.modules if name.startswith("harness")]:
        del sys.modules[name]


def allows_few_files() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (5, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def closes_the_streams() -> None:
    os.close(1)
    os.dup2(0, 2)


HARM: list[tuple[Callable[[], None], str]] = [
    (replaces_a_builtin, "builtins.len"), (replaces_functions, "numpy.asarray"), (deletes_a_function, "os.replace"),
    (loses_the_streams, "sys.stdout"), (goes_away, "the working folder"), (hides_files, "the mode of new files"),
    (forbids_depth, "the recursion limit"), (traces, "the profile function"),
    (raises_on_underflow, "NumPy's answer to errors"), (rounds_decimals, "decimal arithmetic"),
    (speaks_otherwise, "the locale"), (makes_warnings_errors, "warnings that are errors"),
    (stops_the_collector, "the collection of garbage"), (is_deaf, "signal handlers"), (sets_an_alarm, "timers"),
    (clears_the_environment, "variables of the environment"), (forgets_modules, "sys.modules"),
    (allows_few_files, "the limits of the process"), (closes_the_streams, "file descriptor 1"),
]  # fmt: skip


def state() -> dict[str, Any]:
    """What the tests compare, read without the harness."""
    import resource

    return {
        "functions": (len, all, map, dict, np.asarray, np.random.default_rng, json.dumps, io.open, time.monotonic),
        "streams": (sys.stdin, sys.stdout, sys.stderr, sys.excepthook), "folder": Path.cwd(),
        "recursion": sys.getrecursionlimit(), "profile": sys.getprofile(), "errors": np.geterr(),
        "decimals": repr(decimal.getcontext()), "locale": locale.setlocale(locale.LC_ALL), "gc": gc.isenabled(),
        "errors of warnings": [each for each in warnings.filters if each[0] == "error"],
        "handlers": [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)],
        "timer": signal.getitimer(signal.ITIMER_REAL), "environment": dict(os.environ), "path": [*sys.path],
        "modules": {name: id(each) for name, each in sys.modules.items() if name.startswith("harness")},
        "limits": resource.getrlimit(resource.RLIMIT_NOFILE), "replace": os.replace,
        "files": [(os.fstat(number).st_dev, os.fstat(number).st_ino) for number in range(3)],
    }  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals and limits like these")
@pytest.mark.parametrize(("harm", "said"), HARM, ids=lambda each: getattr(each, "__name__", ""))
def test_what_was_changed_is_named_and_put_back(harm: Callable[[], None], said: str) -> None:
    before, mask = state(), os.umask(0o022)
    household = Household()
    try:
        harm()
    finally:
        changed = household.put_back()
        kept = os.umask(mask)
    assert said in changed
    assert state() == before
    assert kept == 0o022
    assert Household().put_back() == []


def test_what_is_new_stays() -> None:
    household = Household()
    try:
        os.environ["ADDED_BY_A_LIBRARY"] = "1"
        np.added_by_a_library = 1  # type: ignore[attr-defined]
        warnings.filterwarnings("ignore", "a message of a library")
        assert household.put_back() == []
        assert os.environ["ADDED_BY_A_LIBRARY"] == "1"
        assert np.added_by_a_library == 1  # type: ignore[attr-defined]
        assert any(each[0] == "ignore" and each[1] and "of a library" in each[1].pattern for each in warnings.filters)
    finally:
        del os.environ["ADDED_BY_A_LIBRARY"], np.added_by_a_library  # type: ignore[attr-defined]


def test_a_stream_that_was_closed_can_be_written_to(capfd: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - the household is to open it again
    try:
        household = Household()
        sys.stdout.close()
        assert "sys.stdout" in household.put_back()
        print("again")
        sys.stdout.flush()
        assert capfd.readouterr().out == "again\n"
    finally:
        sys.stdout = before
