"""Kinds of figures that are curves: average ranks, median and quartiles, performance profiles, runtime distributions.

Every function takes the lines of one figure (a list per task) and draws them. Runs are compared seed by seed, and the
small print says over how many seeds. If there are too few seeds for an interval, the small print says how many seeds an
interval needs, and the figure is drawn without it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.base.seeding import derive_generator
from harness.errors import TooFewSeeds
from harness.reports.plots import mpl
from harness.reports.plots.comparing import BANDED, RESAMPLES, bands_said, boards_of, look_of, over, pooled, title_over
from harness.reports.plots.curves import FRACTIONS, Curve, Panel, VerticalAxis, curves_figure
from harness.reports.plots.panels import Line
from harness.reports.plots.subject import Subject
from harness.reports.plots.trajectories import quartile_figure
from harness.scores.metrics import Floats
from harness.statistics import (
    average_ranks,
    performance_profile,
    rank_interval,
    runtime_distribution,
    runtimes,
)

TARGETS = 51
"""Targets of a runtime distribution, per task."""
LEVELS = 201
"""Scores at which a profile is drawn, per task."""


def ranks(panels: Sequence[Sequence[Line]], subject: Subject) -> mpl.Figure:
    """Average ranks over time, over seeds and tasks, with a bootstrap band."""
    boards = boards_of(panels)
    methods = pooled(boards, subject)
    values = [board.paired(methods) for board in boards]
    directions = [board.maximize for board in boards]
    mean = average_ranks(values, maximize=directions)
    low: list[Floats | None] = [None] * len(methods)
    high: list[Floats | None] = [None] * len(methods)
    banded, short = len(methods) <= BANDED, None
    if banded:
        rng = derive_generator("plot", "ranks", subject.surrogates, subject.objective, subject.setting, subject.view)
        try:
            interval = rank_interval(values, rng, maximize=directions, resamples=RESAMPLES)
            low, high = list(interval.low), list(interval.high)
        except TooFewSeeds as error:
            short = error
    curves = {name: Curve(mean[i], low[i], high[i]) for i, name in enumerate(methods)}
    note = subject.small_print(
        f"Ranks of {len(methods)} methods over {over(boards, methods)}, 1 is best. {bands_said(banded, short)}"
    )
    return curves_figure(
        {title_over(panels): Panel(boards[0].grid, curves, log=not subject.options.linear)},
        look_of(methods, subject, bands=low[0] is not None), x_label=panels[0][0].curves.board.time_label,
        y=VerticalAxis("Average rank", (len(methods) + 0.2, 0.8), range(1, len(methods) + 1, -(-len(methods) // 8))),
        note=note, wide=True,
    )  # fmt: skip


def quartiles(panels: Sequence[Sequence[Line]], subject: Subject) -> mpl.Figure:
    """The median over seeds over time, with a band from the lower to the upper quartile, a panel per task."""
    labels = [line.label for panel in panels for line in panel]
    return quartile_figure(panels, subject, look_of(labels, subject))


def profile(panels: Sequence[Sequence[Line]], subject: Subject) -> mpl.Figure:
    """The fraction of runs whose final score is at least as good as τ, a panel per task."""
    found: dict[str, Panel] = {}
    for lines in panels:
        finals = {line.label: line.curves.values[:, -1] for line in lines}
        board = lines[0].curves.board
        worst, best = _range(list(finals.values()), board.score.maximize)
        log = not subject.options.linear and not board.score.maximize and min(worst, best) > 0
        space = np.geomspace if log else np.linspace
        taus = np.asarray(space(min(worst, best), max(worst, best), LEVELS), np.float64)
        taus[0], taus[-1] = min(worst, best), max(worst, best)
        curves = {
            label: Curve(performance_profile([values], taus, maximize=board.score.maximize))
            for label, values in finals.items()
        }
        found[board.title] = Panel(taus, curves, log)
    score = panels[0][0].curves.board.score
    labels = [line.label for lines in panels for line in lines]
    sign = "≥" if score.maximize else "≤"
    note = subject.small_print(
        f"Fraction of runs with a final score {sign} τ; τ from the best to the worst final score of these "
        f"runs on each task."
    )
    return curves_figure(
        found, look_of(labels, subject, bands=False), x_label=f"τ: {score.label[0].lower()}{score.label[1:]}",
        y=VerticalAxis("Fraction of runs", FRACTIONS), note=note, where="pre" if score.maximize else "post",
    )  # fmt: skip


def runtime(panels: Sequence[Sequence[Line]], subject: Subject) -> mpl.Figure:
    """The empirical distribution of runtimes to targets, a panel per task."""
    found: dict[str, Panel] = {}
    for lines in panels:
        board, grid = lines[0].curves.board, lines[0].curves.grid
        worst, best = _range([line.curves.values[:, -1] for line in lines], board.score.maximize)
        targets = np.linspace(worst, best, TARGETS)
        curves = {}
        for line in lines:
            reached = runtimes(line.curves.values, grid, targets, maximize=board.score.maximize)
            curves[line.label] = Curve(runtime_distribution([reached], grid))
        found[board.title] = Panel(grid, curves, log=not subject.options.linear)
    labels = [line.label for lines in panels for line in lines]
    note = subject.small_print(
        f"Pairs of a seed and one of {TARGETS} targets, evenly from the worst to the best final score of "
        f"these runs on each task."
    )
    return curves_figure(
        found, look_of(labels, subject, bands=False), x_label=panels[0][0].curves.board.time_label,
        y=VerticalAxis("Fraction of pairs reached", FRACTIONS), note=note,
    )  # fmt: skip


def _range(finals: Sequence[Floats], maximize: bool) -> tuple[float, float]:
    """The worst and the best of some scores, a little apart if they are equal."""
    low, high = float(min(map(np.min, finals))), float(max(map(np.max, finals)))
    if low == high:
        low, high = low * 0.999 - 1e-9, high * 1.001 + 1e-9
    return (low, high) if maximize else (high, low)
