"""What passes between a run and a function that runs in a thread of its own: never do both go on at the same time."""

from __future__ import annotations

import contextvars
import ctypes
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NoReturn

from harness.base.home import staying
from harness.benchmark.method import Observation, Proposal
from harness.errors import BudgetExhausted

LATE = 10_000
"""Calls of the objective after the end of the run, after which a function counts as endless."""

Asked = Proposal | Mapping[str, Any]
"""An evaluation that a function wants: a configuration, or a proposal with its fidelity."""


class Exchange:
    """What passes between a run and its function. Each side waits at its lock until it is its turn."""

    def __init__(self) -> None:
        self.runs_turn, self.functions_turn = threading.Lock(), threading.Lock()
        self.runs_turn.acquire()
        self.functions_turn.acquire()
        self.wanted: list[Asked] = []
        self.answers: list[Observation] = []
        self.error: BaseException | None = None
        self.over = self.ended = self.parked = False
        self.late = 0

    def evaluated(self, wanted: list[Asked]) -> list[Observation]:
        """The function's side of an evaluation. Raises BudgetExhausted once the run is over."""
        if self.over:
            self._refuse()
        self.wanted = wanted
        self.runs_turn.release()
        self.functions_turn.acquire()
        if self.over:
            self._refuse()
        answers, self.answers = self.answers, []
        return answers

    def end(self) -> None:
        """The run is over; the function goes on to its end."""
        self.over = True
        with suppress(RuntimeError):  # it does not wait
            self.functions_turn.release()

    def ran(self, error: BaseException | None) -> None:
        """The function has come to its end."""
        self.error, self.ended = error, True
        with suppress(RuntimeError):  # the run does not wait
            self.runs_turn.release()

    def _refuse(self) -> NoReturn:
        self.late += 1
        if self.late == LATE:
            with suppress(RuntimeError):
                self.runs_turn.release()
        while self.parked:
            threading.Event().wait()
        raise BudgetExhausted("the run is over; the function that called the objective ends here")


def started(call: Callable[[], object], exchange: Exchange) -> threading.Thread:
    """The thread of a function, which has begun. It has the context variables and the debugger of this thread."""
    context = contextvars.copy_context()
    thread = threading.Thread(
        target=context.run, args=(_work, call, exchange, _debugger()), name="harness-function-method", daemon=True
    )
    thread.start()
    return thread


def _work(call: Callable[[], object], exchange: Exchange, trace: Any) -> None:
    if trace is not None:
        sys.settrace(trace)
    error: BaseException | None = None
    try:
        with staying():
            call()
    except BaseException as raised:
        error = raised
    finally:
        exchange.ran(error)


def _debugger() -> Any:
    """The debugger of this thread, so that its breakpoints hold in the function too. Others look after new threads
    themselves.
    """
    trace, bdb = sys.gettrace(), sys.modules.get("bdb")
    if bdb is None or threading.gettrace() is not None or not isinstance(getattr(trace, "__self__", None), bdb.Bdb):
        return None
    return trace


def raise_in(thread: threading.Thread) -> None:
    """Raises BudgetExhausted in a thread that computes; one that waits outside Python gets it later."""
    with suppress(AttributeError):  # another Python than CPython
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(BudgetExhausted))
