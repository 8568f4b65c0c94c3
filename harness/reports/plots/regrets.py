"""The kind of figure ``regret``: normalised regret over time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from harness.base.seeding import derive_generator
from harness.errors import TooFewSeeds
from harness.reports.plots import mpl
from harness.reports.plots.comparing import BANDED, RESAMPLES, bands_said, boards_of, look_of, over, pooled, title_over
from harness.reports.plots.curves import Curve, Panel, VerticalAxis, curves_figure
from harness.reports.plots.panels import Line
from harness.reports.plots.subject import Subject
from harness.scores.metrics import Floats
from harness.statistics import Scores, bootstrap, normalized_regret, regret_area

FLOOR = 1e-3
"""The least regret drawn on a logarithmic axis."""


def regret(panels: Sequence[Sequence[Line]], subject: Subject) -> mpl.Figure:
    """Mean normalised regret over time, over seeds and tasks, with a bootstrap band and its area in the legend.

    On each task 0 is the best final score of these runs and 1 the score before a run's first evaluation.
    """
    boards = boards_of(panels)
    methods = pooled(boards, subject)
    regrets = _regrets(panels, boards, methods)
    grid = boards[0].grid
    curves: dict[str, Curve] = {}
    banded, short = len(methods) <= BANDED, None
    for name, runs in regrets.items():
        curves[name] = Curve(_mean(runs))
        if banded:
            rng = derive_generator("plot", "regret", subject.surrogates, subject.objective, subject.setting, name)
            try:
                interval = bootstrap(_mean, runs, rng, resamples=RESAMPLES)
                curves[name] = Curve(_mean(runs), np.asarray(interval.low), np.asarray(interval.high))
            except TooFewSeeds as error:
                short = error
    look = look_of(methods, subject, bands=banded and short is None)
    look = replace(look, names={name: f"{name} ({_area(runs, grid):.4f})" for name, runs in regrets.items()})
    note = subject.small_print(
        f"Mean over {over(boards, methods)}; on each task 0 is the best final score of these runs, 1 that "
        f"before an evaluation. In parentheses the area under the curve over linear time, divided by the time shown. "
        f"{bands_said(banded, short)}"
    )
    log = not subject.options.linear
    return curves_figure(
        {title_over(panels): Panel(grid, curves, log=log)}, look, x_label=panels[0][0].curves.board.time_label,
        y=VerticalAxis("Normalised regret", _limits(curves.values(), log), log=log), note=note, wide=True,
    )  # fmt: skip


def _regrets(
    panels: Sequence[Sequence[Line]], boards: Sequence[Scores], methods: Sequence[str]
) -> dict[str, list[Floats]]:
    """Method -> per task its normalised regrets, shape (seeds, grid)."""
    found: dict[str, list[Floats]] = {name: [] for name in methods}
    for lines, board in zip(panels, boards, strict=True):
        ends = np.concatenate([board.of(name)[:, -1] for name in methods])
        best = float(ends.max() if board.maximize else ends.min())
        for name, runs in found.items():
            runs.append(normalized_regret(board.of(name), best=best, reference=lines[0].start, maximize=board.maximize))
    return found


def _mean(strata: Sequence[Floats]) -> Floats:
    """The mean over seeds, then over tasks."""
    return np.asarray(np.mean([runs.mean(axis=0) for runs in strata], axis=0), np.float64)


def _area(tasks: Sequence[Floats], grid: Floats) -> float:
    """The mean over tasks of the area under the mean regret."""
    areas = [float(regret_area(one, grid, best=0.0, reference=1.0, maximize=False).mean()) for one in tasks]
    return float(np.mean(areas))


def _limits(curves: Iterable[Curve], log: bool) -> tuple[float, float]:
    """The range of y: the curves without their first quarter, with a margin."""
    later = np.concatenate([curve.y[len(curve.y) // 4 :] for curve in curves])
    low, high = float(later.min()), float(later.max())
    return (max(low / 1.2, FLOOR), high * 1.2) if log else (0.0, high * 1.1)
