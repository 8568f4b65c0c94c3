"""Normalised regret over time, and how much sooner a method is where a reference ends: kinds of ``harness plot``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from harness.base.seeding import derive_generator
from harness.errors import TooFewSeeds
from harness.reports.plots.curves import Curve, Panel, curves_figure
from harness.reports.plots.dots import Dot, dot_figure
from harness.reports.plots.figures import Look
from harness.reports.plots.kinds import BANDED, RESAMPLES, Group, _reference, boards_of, look_of, over, pooled
from harness.reports.plots.panels import Line
from harness.reports.plots.trajectories import title_of
from harness.scores.metrics import Floats
from harness.statistics import Interval, bootstrap, mean_speedup, normalized_regret, regret_area

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GEOMETRIC = "Geometric mean"
FLOOR = 1e-3
"""The least regret drawn on a logarithmic axis."""


def regret(panels: Sequence[Sequence[Line]], group: Group) -> Figure:
    """Mean normalised regret over time, over seeds and tasks, with a bootstrap band and its area in the names.

    On each task 0 is the best final score of these runs and 1 the score before a run's first evaluation.
    """
    boards = boards_of(panels)
    methods = pooled(boards, group)
    scales = []
    for lines, board in zip(panels, boards, strict=True):
        ends = [board.of(name)[:, -1] for name in methods]
        best = float((np.max if board.maximize else np.min)(np.concatenate(ends)))
        scales.append((best, lines[0].start, board.maximize))
    curves: dict[str, Curve] = {}
    names: dict[str, str] = {}
    banded, short = len(methods) <= BANDED, None
    for name in methods:
        runs = [
            normalized_regret(board.of(name), best=best, reference=start, maximize=maximize)
            for board, (best, start, maximize) in zip(boards, scales, strict=True)
        ]
        areas = [
            float(regret_area(one, boards[0].grid, best=0.0, reference=1.0, maximize=False).mean()) for one in runs
        ]
        names[name] = f"{name} ({np.mean(areas):.4f})"
        low: Floats | None = None
        high: Floats | None = None
        try:
            if banded:
                rng = derive_generator("plot", "regret", group.surrogates, group.objective, group.setting, name)
                interval = bootstrap(_mean, runs, rng, resamples=RESAMPLES)
                low, high = np.asarray(interval.low), np.asarray(interval.high)
        except TooFewSeeds as error:
            short = error
        curves[name] = Curve(_mean(runs), low, high)
    band = "Bands are left out where there are so many methods."
    if banded:
        band = "Bands: 95 % bootstrap intervals over seeds."
    if short is not None:
        band = f"No bands: {short.what} needs at least {short.need} seeds."
    look = look_of(methods, group, bands=banded and short is None)
    look = Look(look.slots, names, look.linear, look.width, look.bands, direct=look.direct)
    note = (
        f"{group.said} Mean over {over(boards, methods)}; on each task 0 is the best final score of these runs, 1 that "
        f"before an evaluation. In parentheses the area under the curve over linear time, divided by the time shown. "
        f"{band}"
    )
    later = np.concatenate([curve.y[len(curve.y) // 4 :] for curve in curves.values()])
    log = not group.linear
    limits = (
        (max(float(later.min()) / 1.2, FLOOR), float(later.max()) * 1.2) if log else (0.0, float(later.max()) * 1.1)
    )
    title = "All tasks" if len(boards) > 1 else title_of(panels[0][0].curves.board)
    return curves_figure(
        {title: Panel(boards[0].grid, curves, log=log)}, look, x_label=panels[0][0].curves.board.time_label,
        y_label="Normalised regret", note=note if group.note else "", y_limits=limits, wide=True, log_y=log,
    )  # fmt: skip


def _mean(strata: Sequence[Floats]) -> Floats:
    return np.asarray(np.mean([runs.mean(axis=0) for runs in strata], axis=0), np.float64)


def speedup(panels: Sequence[Sequence[Line]], group: Group) -> Figure:
    """How many times sooner each method is where the reference ends: a panel per task, and their geometric mean."""
    boards = boards_of(panels)
    methods = pooled(boards, group)
    reference = _reference(methods, group, panels[0][0].curves.board)
    others = [name for name in methods if name != reference]
    parts = {title_of(lines[0].curves.board): [board] for lines, board in zip(panels, boards, strict=True)}
    if len(boards) > 1:
        parts[GEOMETRIC] = boards
    found: dict[str, dict[str, Dot]] = {}
    short: TooFewSeeds | None = None
    for title, chosen in parts.items():
        grid, maximize = chosen[0].grid, chosen[0].maximize
        found[title] = {}
        for name in others:
            rng = derive_generator("plot", "speedup", group.surrogates, group.setting, title, name, reference)
            pairs = [(board.of(reference), board.of(name)) for board in chosen]
            try:
                factor = mean_speedup(pairs, grid, maximize=maximize, rng=rng, resamples=RESAMPLES).factor
                found[title][name] = _dot(factor, grid)
            except TooFewSeeds as error:  # each run twice: the same means, and no interval worth drawing
                short, twice = error, [(np.repeat(a, 2, axis=0), np.repeat(b, 2, axis=0)) for a, b in pairs]
                factor = mean_speedup(twice, grid, maximize=maximize, rng=rng, resamples=2).factor
                found[title][name] = Dot(_dot(factor, grid).value)
    overall = {name: np.nan_to_num([dots[name].value for dots in found.values()]).tolist()[::-1] for name in others}
    others.sort(key=lambda name: overall[name], reverse=True)
    rows = {title: {name: {name: dots[name]} for name in others} for title, dots in found.items()}
    look = look_of(others, group, bands=False, lines=False)
    look = Look(look.slots, {}, group.linear, group.width, bands=False, lines=False)
    bars = "Bars: 95 % bootstrap intervals, cut at 1." if short is None else f"No bars: they need {short.need} seeds."
    note = (
        f"{group.said} Budget divided by the time after which a method's mean score is where that of {reference} ends, "
        f"over {over(boards, methods)}; no dot: not within the budget. {bars}"
    )
    return dot_figure(rows, look, x_label=f"Speedup over {reference}", note=note if group.note else "", zero=1.0)


def _dot(factor: Interval, grid: Floats) -> Dot:
    """NaN where the reference's end is not reached; the interval cut to what budget and grid can tell."""
    if not factor.estimate:
        return Dot(float("nan"))
    most = float(grid[-1] / grid[grid > 0][0])
    return Dot(*(min(max(float(end), 1.0), most) for end in (factor.estimate, factor.low, factor.high)))
