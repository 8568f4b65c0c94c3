"""Kinds of figures that compare every method with a reference: probability of improvement, and speedup.

Both are charts of dots with bars for bootstrap intervals. With too few seeds for an interval the dots are drawn alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from harness import registry
from harness.base.seeding import derive_generator
from harness.errors import TooFewSeeds
from harness.reports.plots import mpl, styles
from harness.reports.plots.comparing import RESAMPLES, boards_of, over, pooled, reference_of
from harness.reports.plots.dots import Dot, dot_figure
from harness.reports.plots.panels import Line
from harness.reports.plots.styles import Look
from harness.reports.plots.subject import Subject
from harness.scores.metrics import Floats
from harness.statistics import Interval, Scores, improvement_interval, mean_speedup, probability_of_improvement

GEOMETRIC = "Geometric mean"
"""The title of the panel over all tasks."""


def improvement(panels: Sequence[Sequence[Line]], subject: Subject) -> mpl.Figure:
    """The probability that a run of a method ends better than a run of the reference: one panel over all tasks."""
    boards = boards_of(panels)
    methods = pooled(boards, subject)
    reference = reference_of(methods, subject, panels[0][0].curves.board)
    rows: dict[str, Mapping[str, Dot]] = {}
    short: TooFewSeeds | None = None
    for name in methods:
        if name == reference:
            continue
        x, y = ([board.of(m)[:, -1] for board in boards] for m in (name, reference))
        maximize = boards[0].maximize
        try:
            rng = derive_generator("plot", "improvement", subject.surrogates, subject.setting, name, reference)
            found = improvement_interval(x, y, rng, maximize=maximize)
            dot = Dot(float(found.estimate), float(found.low), float(found.high))
        except TooFewSeeds as error:
            short = error
            dot = Dot(probability_of_improvement(x, y, maximize=maximize))
        rows[name] = {name: dot}
    ordered = dict(sorted(rows.items(), key=lambda item: -item[1][item[0]].value))
    slots = styles.slots(methods, list(registry.methods()))
    look = Look(
        {name: slots[name] for name in ordered}, {}, linear=True, width=subject.options.width, bands=False, lines=False
    )
    note = subject.small_print(
        f"Probability that a run ends better than one of {reference}, ties counting half, over "
        f"{over(boards, methods)}. {_bars_said(short, 'Bars: 95 % bootstrap intervals.')}"
    )
    return dot_figure(
        {f"Better than {reference}": ordered}, look, x_label="Probability of improvement", note=note,
        limits=(-0.03, 1.03), zero=0.5,
    )  # fmt: skip


def speedup(panels: Sequence[Sequence[Line]], subject: Subject) -> mpl.Figure:
    """How many times sooner each method reaches the reference's final score: a panel per task, and the geometric mean
    over tasks.
    """
    boards = boards_of(panels)
    methods = pooled(boards, subject)
    reference = reference_of(methods, subject, panels[0][0].curves.board)
    others = [name for name in methods if name != reference]
    parts = {lines[0].curves.board.title: [board] for lines, board in zip(panels, boards, strict=True)}
    if len(boards) > 1:
        parts[GEOMETRIC] = boards
    found: dict[str, dict[str, Dot]] = {}
    short: TooFewSeeds | None = None
    for title, chosen in parts.items():
        found[title] = {}
        for name in others:
            rng = derive_generator("plot", "speedup", subject.surrogates, subject.setting, title, name, reference)
            found[title][name], error = _speedup(chosen, name, reference, rng)
            short = error or short
    overall = {name: np.nan_to_num([dots[name].value for dots in found.values()]).tolist()[::-1] for name in others}
    others.sort(key=lambda name: overall[name], reverse=True)
    rows = {title: {name: {name: dots[name]} for name in others} for title, dots in found.items()}
    slots = styles.slots(others, list(registry.methods()))
    look = Look(slots, {}, subject.options.linear, subject.options.width, bands=False, lines=False)
    note = subject.small_print(
        f"Budget divided by the time after which a method's mean score is where that of {reference} ends, "
        f"over {over(boards, methods)}; no dot: not within the budget. "
        f"{_bars_said(short, 'Bars: 95 % bootstrap intervals, cut at 1.')}"
    )
    return dot_figure(rows, look, x_label=f"Speedup over {reference}", note=note, zero=1.0)


def _speedup(
    boards: Sequence[Scores], name: str, reference: str, rng: np.random.Generator
) -> tuple[Dot, TooFewSeeds | None]:
    """The speedup of a method on some boards, and the error if there are too few seeds for its interval."""
    grid, maximize = boards[0].grid, boards[0].maximize
    pairs = [(board.of(reference), board.of(name)) for board in boards]
    try:
        return _dot(mean_speedup(pairs, grid, maximize=maximize, rng=rng, resamples=RESAMPLES).factor, grid), None
    except TooFewSeeds as error:
        # With every run taken twice the means stay the same and there are enough seeds; the interval is not drawn.
        twice = [(np.repeat(a, 2, axis=0), np.repeat(b, 2, axis=0)) for a, b in pairs]
        factor = mean_speedup(twice, grid, maximize=maximize, rng=rng, resamples=2).factor
        return Dot(_dot(factor, grid).value), error


def _dot(factor: Interval, grid: Floats) -> Dot:
    """The dot of a speedup: NaN if the reference's final score is not reached, the interval cut to budget and grid."""
    if not factor.estimate:
        return Dot(float("nan"))
    most = float(grid[-1] / grid[grid > 0][0])
    return Dot(*(min(max(float(end), 1.0), most) for end in (factor.estimate, factor.low, factor.high)))


def _bars_said(short: TooFewSeeds | None, drawn: str) -> str:
    """The small print about bars: ``drawn`` if there are bars."""
    return drawn if short is None else f"No bars: they need {short.need} seeds."
