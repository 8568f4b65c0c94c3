"""The statistics of a results folder as figures: what ``harness plot --kind`` can draw besides trajectories.

Every kind takes the lines of one surrogate set, objective, setting and view (a list per task), compares runs seed by
seed, and says in small print over what. Where there are too few seeds for a test or an interval, that is said with the
number that would do, and the rest is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness import registry
from harness.base.seeding import derive_generator
from harness.benchmark.leaderboard import Leaderboard
from harness.errors import TooFewSeeds, UsageError
from harness.reports.plots import styles
from harness.reports.plots.curves import Curve, Panel, curves_figure
from harness.reports.plots.dots import Dot, dot_figure
from harness.reports.plots.figures import Look
from harness.reports.plots.panels import Line
from harness.reports.plots.trajectories import quartile_figure, title_of
from harness.scores.metrics import Floats
from harness.statistics import (
    Scores,
    average_ranks,
    improvement_interval,
    performance_profile,
    probability_of_improvement,
    rank_interval,
    runtime_distribution,
    runtimes,
    shared_methods,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RESAMPLES = 200
"""Of the bootstrap over time, which draws a band; numbers in tables have more."""
BANDED = 7
"""Methods up to which bands can be told apart."""
TARGETS = 51
"""Of a runtime distribution, per task."""
LEVELS = 201
"""Scores at which a profile is drawn, per task."""


@dataclass(frozen=True)
class Group:
    """What a figure is of, and how it is to look. ``reference``: the label that others are compared with;
    ``direct``: whether lines are named at their ends.
    """

    surrogates: str
    objective: str
    setting: str
    view: str
    linear: bool
    width: str
    note: bool
    reference: str | None = None
    problem: Callable[[str], None] = lambda _: None
    direct: bool = False

    @property
    def said(self) -> str:
        """The beginning of the small print."""
        view = "" if self.view == "full" else f", view {self.view}"
        return f"Setting {self.setting}, surrogates {self.surrogates}{view}."


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


def pooled(boards: Sequence[Scores], group: Group) -> tuple[str, ...]:
    """The methods that every board has, two at least; those that are left out are reported."""
    shared = shared_methods(boards)
    for name in dict.fromkeys(name for board in boards for name in board.methods if name not in shared):
        where = ", ".join(board.leaderboard for board in boards if name not in board.methods)
        group.problem(f"{name} has no complete seed on {where} and is left out where tasks are pooled")
    if len(shared) < 2:
        raise UsageError(
            f"{group.surrogates} {group.objective} {group.setting}: comparing needs at least two methods with runs on "
            f"the same tasks, and there {'is' if len(shared) == 1 else 'are'} {len(shared)}; run more with --method"
        )
    return shared


def look_of(labels: Sequence[str], group: Group, *, bands: bool = True, lines: bool = True) -> Look:
    """Every label in the colour it has in every figure."""
    slots = styles.slots(labels, list(registry.methods()))
    return Look(slots, {label: label for label in slots}, group.linear, group.width, bands, lines, group.direct)


def seeds_of(boards: Sequence[Scores], methods: Sequence[str]) -> str:
    """``10 seeds``, or ``10 seeds each``, or ``10, 10 and 5 seeds`` where tasks differ."""
    counts = [len(board.shared_seeds(methods)) for board in boards]
    if len(set(counts)) == 1:
        return f"{counts[0]} seed{'' if counts[0] == 1 else 's'}{' each' if len(counts) > 1 else ''}"
    return f"{', '.join(map(str, counts[:-1]))} and {counts[-1]} seeds"


def over(boards: Sequence[Scores], methods: Sequence[str]) -> str:
    """``3 tasks and 10 seeds each``."""
    tasks = f"{len(boards)} task{'' if len(boards) == 1 else 's'}"
    return f"{tasks} and {seeds_of(boards, methods)}"


def ranks(panels: Sequence[Sequence[Line]], group: Group) -> Figure:
    """Average ranks over time, over seeds and tasks, with a bootstrap band."""
    boards = boards_of(panels)
    methods = pooled(boards, group)
    values = [board.paired(methods) for board in boards]
    directions = [board.maximize for board in boards]
    mean = average_ranks(values, maximize=directions)
    band = "Bands: 95 % bootstrap intervals over seeds."
    low: list[Floats | None] = [None] * len(methods)
    high: list[Floats | None] = [None] * len(methods)
    try:
        if len(methods) > BANDED:
            band = "Bands are left out where there are so many methods."
        else:
            rng = derive_generator("plot", "ranks", group.surrogates, group.objective, group.setting, group.view)
            interval = rank_interval(values, rng, maximize=directions, resamples=RESAMPLES)
            low, high = list(interval.low), list(interval.high)
    except TooFewSeeds as error:
        band = f"No bands: {error.what} needs at least {error.need} seeds."
    curves = {name: Curve(mean[i], low[i], high[i]) for i, name in enumerate(methods)}
    panel = Panel(boards[0].grid, curves, log=not group.linear)
    note = f"{group.said} Ranks of {len(methods)} methods over {over(boards, methods)}, 1 is best. {band}"
    title = "All tasks" if len(boards) > 1 else title_of(panels[0][0].curves.board)
    return curves_figure(
        {title: panel}, look_of(methods, group, bands=low[0] is not None), x_label=panels[0][0].curves.board.time_label,
        y_label="Average rank", note=note if group.note else "", y_limits=(len(methods) + 0.2, 0.8),
        y_ticks=range(1, len(methods) + 1, -(-len(methods) // 8)), wide=True,
    )  # fmt: skip


def quartiles(panels: Sequence[Sequence[Line]], group: Group) -> Figure:
    """The median over seeds over time, with a band from the lower to the upper quartile, a panel per task."""
    labels = [line.label for panel in panels for line in panel]
    return quartile_figure(panels, group.said, look_of(labels, group), group.note)


def profile(panels: Sequence[Sequence[Line]], group: Group) -> Figure:
    """The fraction of runs whose final score is at least as good as τ, a panel per task."""
    found: dict[str, Panel] = {}
    for lines in panels:
        finals = {line.label: line.curves.values[:, -1] for line in lines}
        board = lines[0].curves.board
        worst, best = _range(list(finals.values()), board.score.maximize)
        log = not group.linear and not board.score.maximize and min(worst, best) > 0
        space = np.geomspace if log else np.linspace
        taus = np.asarray(space(min(worst, best), max(worst, best), LEVELS), np.float64)
        taus[0], taus[-1] = min(worst, best), max(worst, best)
        curves = {
            label: Curve(performance_profile([values], taus, maximize=board.score.maximize))
            for label, values in finals.items()
        }
        found[title_of(board)] = Panel(taus, curves, log)
    score = panels[0][0].curves.board.score
    labels = [line.label for lines in panels for line in lines]
    sign = "≥" if score.maximize else "≤"
    note = (
        f"{group.said} Fraction of runs with a final score {sign} τ; τ from the best to the worst final score of these "
        f"runs on each task."
    )
    return curves_figure(
        found, look_of(labels, group, bands=False), x_label=f"τ: {score.label[0].lower()}{score.label[1:]}",
        y_label="Fraction of runs", note=note if group.note else "", y_limits=(-0.02, 1.04),
        where="pre" if score.maximize else "post",
    )  # fmt: skip


def _range(finals: Sequence[Floats], maximize: bool) -> tuple[float, float]:
    """The worst and the best of some scores, a little apart if they are equal."""
    low, high = float(min(map(np.min, finals))), float(max(map(np.max, finals)))
    if low == high:
        low, high = low * 0.999 - 1e-9, high * 1.001 + 1e-9
    return (low, high) if maximize else (high, low)


def runtime(panels: Sequence[Sequence[Line]], group: Group) -> Figure:
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
        found[title_of(board)] = Panel(grid, curves, log=not group.linear)
    labels = [line.label for lines in panels for line in lines]
    note = (
        f"{group.said} Pairs of a seed and one of {TARGETS} targets, evenly from the worst to the best final score of "
        f"these runs on each task."
    )
    return curves_figure(
        found, look_of(labels, group, bands=False), x_label=panels[0][0].curves.board.time_label,
        y_label="Fraction of pairs reached", note=note if group.note else "", y_limits=(-0.02, 1.04),
    )  # fmt: skip


def improvement(panels: Sequence[Sequence[Line]], group: Group) -> Figure:
    """How likely a run of each method ends better than one of the reference, a panel of dots over all tasks."""
    boards = boards_of(panels)
    methods = pooled(boards, group)
    reference = _reference(methods, group, panels[0][0].curves.board)
    rows: dict[str, Mapping[str, Dot]] = {}
    slots = styles.slots(methods, list(registry.methods()))
    short: TooFewSeeds | None = None
    for name in methods:
        if name == reference:
            continue
        x, y = ([board.of(m)[:, -1] for board in boards] for m in (name, reference))
        maximize = boards[0].maximize
        try:
            rng = derive_generator("plot", "improvement", group.surrogates, group.setting, name, reference)
            found = improvement_interval(x, y, rng, maximize=maximize)
            dot = Dot(float(found.estimate), float(found.low), float(found.high))
        except TooFewSeeds as error:
            short = error
            dot = Dot(probability_of_improvement(x, y, maximize=maximize))
        rows[name] = {name: dot}
    ordered = dict(sorted(rows.items(), key=lambda item: -item[1][item[0]].value))
    look = Look(
        {name: slots[name] for name in ordered}, {}, linear=True, width=group.width, bands=False, lines=False
    )  # fmt: skip
    interval = "Bars: 95 % bootstrap intervals." if short is None else f"No bars: they need {short.need} seeds."
    note = (
        f"{group.said} Probability that a run ends better than one of {reference}, ties counting half, over "
        f"{over(boards, methods)}. {interval}"
    )
    return dot_figure(
        {f"Better than {reference}": ordered}, look, x_label="Probability of improvement",
        note=note if group.note else "", limits=(-0.03, 1.03), zero=0.5,
    )  # fmt: skip


def _reference(methods: Sequence[str], group: Group, board: Leaderboard) -> str:
    if group.reference is not None:
        if group.reference not in methods:
            from harness.errors import UnknownName

            raise UnknownName("reference among these methods", group.reference, methods)
        return group.reference
    usual = registry.default_method(board)
    return usual if usual in methods else methods[0]
