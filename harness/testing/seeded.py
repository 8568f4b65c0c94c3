"""Checks that a method's proposals depend on its seed, and neither on the process nor on global random state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.testing.play import Case, Watch
from harness.testing.processes import HASH_SEEDS, traces_elsewhere
from harness.testing.sandbox import global_state, seed_globals
from harness.testing.subject import Failed, NotApplicable, Subject, well

SEEDS = (0, 1, 2)


def same_seed(subject: Subject) -> None:
    """Proposes the same again for the same seed."""
    for case in subject.few:
        first = subject.sound(case).watch.trace
        _same(f"{case}: in a second run in the same process", first, subject.repeated(case).watch.trace)


def processes(subject: Subject) -> None:
    """Proposes the same in three new processes with different hash seeds."""
    cases = subject.few
    here = [_steady(subject, case) for case in cases]
    for hash_seed, traces in zip(HASH_SEEDS, traces_elsewhere(subject, cases), strict=True):
        for case, expected, trace in zip(cases, here, traces, strict=True):
            _same(f"{case}: in a new process (PYTHONHASHSEED={hash_seed})", expected, trace)


def different_seeds(subject: Subject) -> None:
    """Proposes something else for another seed."""
    for case in subject.few:
        subject.sound(case)
        traces = {seed: subject.played(case, seed=seed).watch.trace for seed in SEEDS}
        for seed in SEEDS[1:]:
            if any(traces[seed] == traces[other] for other in range(seed)):
                raise Failed(f"{case}: seed {seed} gives the same {len(traces[seed])} proposals as a smaller seed")


class _Disturbed(Watch):
    """Sets the global generators to another state before every call, and notes whether the call changes the state."""

    calls = 0
    moved = ""

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Sets the state, calls the method, and compares the state after the call."""
        self.calls += 1
        seed_globals(self.calls)
        before = global_state()
        answer = super().call(function, *arguments)
        if global_state() != before:
            self.moved = self.moved or getattr(function, "__name__", "")
        return answer


def global_random(subject: Subject) -> None:
    """Neither uses nor changes the global random state of ``random`` and NumPy."""
    for case in subject.few:
        expected = _steady(subject, case)
        watch = well(case, subject.play(case, watch=_Disturbed)).watch
        if watch.moved:
            where = "__init__" if watch.moved == "<lambda>" else watch.moved
            raise Failed(f"{case}: {where}() changes the global random state; use numpy.random.default_rng(seed)")
        _same(f"{case}: with the global random state disturbed", expected, watch.trace)


def _steady(subject: Subject, case: Case) -> list[str]:
    """The trace of a play under ordinary conditions. NotApplicable if a second play has another trace."""
    trace: list[str] = subject.sound(case).watch.trace
    if trace != subject.repeated(case).watch.trace:
        raise NotApplicable("it never proposes the same again, as same-seed shows")
    return trace


def _same(where: str, expected: list[str], trace: list[str]) -> None:
    for number, (one, other) in enumerate(zip(expected, trace, strict=False)):
        if one != other:
            raise Failed(f"{where}, proposal {number + 1} is {other} instead of {one}")
    if len(expected) != len(trace):
        raise Failed(f"{where}, it makes {len(trace)} proposals instead of {len(expected)}")
