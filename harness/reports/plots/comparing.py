"""Helpers of the figures that compare methods: which methods can be compared, and the words that say so."""

from __future__ import annotations

from collections.abc import Sequence

from harness import registry
from harness.benchmark.leaderboard import Leaderboard
from harness.errors import TooFewSeeds, UnknownName, UsageError
from harness.reports.plots import styles
from harness.reports.plots.panels import Line
from harness.reports.plots.styles import Look
from harness.reports.plots.subject import Subject
from harness.statistics import Scores, shared_methods

RESAMPLES = 200
"""Bootstrap resamples behind a drawn band or bar; intervals in tables take more."""
BANDED = 7
"""The most methods whose bands can still be told apart."""


def boards_of(panels: Sequence[Sequence[Line]]) -> list[Scores]:
    """The scores of every panel, as ``harness.statistics`` takes them."""
    found = []
    for lines in panels:
        first = lines[0].curves
        found.append(
            Scores(
                first.board.id, first.record.spec.surrogates, first.view, first.board.score.maximize, first.grid,
                {line.label: line.curves.seeds for line in lines}, {line.label: line.curves.values for line in lines},
            )
        )  # fmt: skip
    return found


def pooled(boards: Sequence[Scores], subject: Subject) -> tuple[str, ...]:
    """The methods that every board has; a method that is left out is reported. UsageError for fewer than two."""
    shared = shared_methods(boards)
    for name in dict.fromkeys(name for board in boards for name in board.methods if name not in shared):
        where = ", ".join(board.leaderboard for board in boards if name not in board.methods)
        subject.options.report(f"{name} has no complete seed on {where} and is left out where tasks are pooled")
    if len(shared) < 2:
        raise UsageError(
            f"{subject}: comparing needs at least two methods with runs on "
            f"the same tasks, and there {'is' if len(shared) == 1 else 'are'} {len(shared)}; run more with --method"
        )
    return shared


def reference_of(methods: Sequence[str], subject: Subject, board: Leaderboard) -> str:
    """The method that the others are compared with: the method asked for, the board's default method, or the first.

    UnknownName if the method asked for is not among ``methods``.
    """
    asked = subject.options.reference
    if asked is not None:
        if asked not in methods:
            raise UnknownName("reference among these methods", asked, methods)
        return asked
    usual = registry.default_method(board)
    return usual if usual in methods else methods[0]


def look_of(labels: Sequence[str], subject: Subject, *, bands: bool = True, lines: bool = True) -> Look:
    """Every label in the colour it has in every figure."""
    slots = styles.slots(labels, list(registry.methods()))
    options = subject.options
    return Look(slots, {label: label for label in slots}, options.linear, options.width, bands, lines, options.direct)


def title_over(panels: Sequence[Sequence[Line]]) -> str:
    """The title of the one panel over all tasks."""
    return "All tasks" if len(panels) > 1 else panels[0][0].curves.board.title


def seeds_of(boards: Sequence[Scores], methods: Sequence[str]) -> str:
    """``10 seeds``, or ``10 seeds each`` for several boards, or ``10, 10 and 5 seeds`` where boards differ."""
    counts = [len(board.shared_seeds(methods)) for board in boards]
    if len(set(counts)) == 1:
        return f"{counts[0]} seed{'' if counts[0] == 1 else 's'}{' each' if len(counts) > 1 else ''}"
    return f"{', '.join(map(str, counts[:-1]))} and {counts[-1]} seeds"


def over(boards: Sequence[Scores], methods: Sequence[str]) -> str:
    """``3 tasks and 10 seeds each``."""
    tasks = f"{len(boards)} task{'' if len(boards) == 1 else 's'}"
    return f"{tasks} and {seeds_of(boards, methods)}"


def bands_said(banded: bool, short: TooFewSeeds | None) -> str:
    """The small print about bands over seeds: drawn, left out for too many methods, or impossible with so few seeds."""
    if short is not None:
        return f"No bands: {short.what} needs at least {short.need} seeds."
    return "Bands: 95 % bootstrap intervals over seeds." if banded else TOO_MANY


TOO_MANY = "Bands are left out where there are so many methods."
