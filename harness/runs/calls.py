"""Calls of a method's code: an exception that it raises is a failure of the method, never of the harness.

The reason and the traceback of a failure are bounded: an exception's text may have any length, or raise itself.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from harness.base.ending import strangers_came
from harness.base.household import Household
from harness.benchmark.method import Proposal
from harness.benchmark.space import Configuration, Space

T = TypeVar("T")
LONGEST = 2_000
"""Characters of a reason."""
TRACE = 20_000
"""Characters of a traceback: its first and its last half."""
NAMED = 5
"""Names in a reason."""


class MethodFailed(Exception):
    """A method raised an exception or broke the rules; ``trace`` is the traceback of its exception, as text."""

    def __init__(self, reason: str, trace: str | None = None) -> None:
        super().__init__(reason)
        self.trace = trace


def called(name: str, function: Callable[..., T], *arguments: Any) -> T:
    """Calls a function of method ``name`` and returns its answer. MethodFailed if it raises."""
    try:
        return function(*arguments)
    except MethodFailed:
        raise
    except BaseException as error:
        if _is_the_users(error):
            raise
        raise MethodFailed(f"{name} raised {_kind(error)}: {text_of(error)}", _trace()) from None


def legal(
    name: str, answer: Proposal | Mapping[str, Any], space: Space, fidelities: Space, full: Mapping[str, Any]
) -> tuple[Configuration, dict[str, Any], bool]:
    """A proposal as checked configuration and fidelity, and whether it named a fidelity. MethodFailed if illegal."""
    try:
        asked, wanted = (answer.configuration, answer.fidelity) if isinstance(answer, Proposal) else (answer, None)
        configuration = space.check(asked)
        fidelity = {**full}
        if wanted:
            fidelity = fidelities.check({**fidelity, **wanted})
    except BaseException as error:  # a mapping of the method's own may raise anything
        if _is_the_users(error):
            raise
        raise MethodFailed(f"{name} proposed an illegal evaluation: {text_of(error) or _kind(error)}") from None
    return configuration, fidelity, bool(wanted)


def risen(name: str, answer: Mapping[str, Any], seen: Mapping[str, Any], fidelities: Space) -> dict[str, Any]:
    """The fidelity to which a trial goes on, checked. MethodFailed if there is no such fidelity."""
    try:
        return fidelities.check({**seen, **answer})
    except BaseException as error:
        if _is_the_users(error):
            raise
        raise MethodFailed(
            f"{name} lets a trial go on to an illegal fidelity: {text_of(error) or _kind(error)}"
        ) from None


def text_of(error: BaseException) -> str:
    """The text of an exception, in one line, cut where it is too long; what cannot be printed is written out."""
    try:
        text = str.__getitem__(str(error), slice(0, 10 * LONGEST))
    except BaseException as other:
        return f"(its text cannot be had: {_kind(other)})"
    return one_line(text)


def one_line(text: str, longest: int = LONGEST) -> str:
    """The text in one line, cut where it is too long; what cannot be printed is written out."""
    text = " ".join(text[: 10 * longest].split())
    if not text.isprintable():
        text = "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def bounded(trace: str) -> str:
    """A traceback, its middle left out where it is too long."""
    trace = trace.encode("utf-8", "backslashreplace").decode()
    if len(trace) <= TRACE:
        return trace
    half = TRACE // 2 - 50
    return f"{trace[:half]}\n[{len(trace) - 2 * half:,} characters are left out]\n{trace[-half:]}"


def _kind(error: BaseException) -> str:
    """The name of its class, which a metaclass cannot forge."""
    name: str = type.__dict__["__name__"].__get__(type(error))
    return one_line(name, 100)


def _trace() -> str:
    try:
        return bounded(traceback.format_exc())
    except BaseException as other:
        return f"(its traceback cannot be had: {_kind(other)})"


def _is_the_users(error: BaseException) -> bool:
    """Ctrl-C, and leaving a debugger."""
    debugger = sys.modules.get("bdb")
    return isinstance(error, KeyboardInterrupt) or (debugger is not None and isinstance(error, debugger.BdbQuit))


_inside: set[tuple[int, int]] = set()
"""The process and thread of every run that is being done."""
_leave = os._exit


def _stay(status: int) -> None:
    """Stands in for ``os._exit``: a method that leaves would take every other run along, without a word."""
    if (os.getpid(), threading.get_ident()) in _inside:
        raise SystemExit(f"os._exit({status})")
    _leave(status)


@contextlib.contextmanager
def at_home(name: str = "the method", *, strange: bool = True) -> Iterator[None]:
    """While a method runs in this process it cannot leave it. If its code is ``strange`` to the harness, everything
    that the process shares is put back afterwards, and an error that comes of what it had changed is its failure.
    """
    me = os.getpid(), threading.get_ident()
    if me in _inside:  # a run within a run
        yield
        return
    _inside.add(me)
    os._exit = _stay  # type: ignore[assignment]
    household = Household() if strange else None
    if strange:
        strangers_came()
    try:
        yield
    except Exception as error:
        changed, household = household.put_back() if household else [], None
        if not changed or isinstance(error, MethodFailed):
            raise
        raise MethodFailed(
            f"{name} changed {_listed(changed)}; then {_kind(error)}: {text_of(error)}", _trace()
        ) from None
    finally:
        if household is not None:
            household.put_back()
        _inside.discard(me)
        if not _inside:
            os._exit = _leave


def _listed(changed: Sequence[str]) -> str:
    more = f" and {len(changed) - NAMED} more" if len(changed) > NAMED else ""
    return f"{', '.join(changed[:NAMED])}{more}"
