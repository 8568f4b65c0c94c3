"""Trajectory figures: scores over time of the records of one objective and setting, and the small print below them.

Error or hypervolume over simulated time, as in Figures 1 to 4 of JAHS-Bench-201.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from harness import registry
from harness.benchmark.leaderboard import Leaderboard
from harness.errors import HarnessError
from harness.reports.plots import mpl, styles
from harness.reports.plots.figures import figure
from harness.reports.plots.panels import Line
from harness.reports.plots.styles import Look
from harness.reports.plots.subject import Subject
from harness.runs.curves import curves
from harness.runs.records import Record
from harness.scores.metrics import Floats

GRID_POINTS = 401
"""The number of times at which a trajectory is drawn, evenly spaced along the axis."""
COUNTED = {"full": "evaluations at full fidelity count", "observed": "evaluations at every fidelity count"}


def panels_of(
    entries: Sequence[tuple[Leaderboard, Record]], view: str, linear: bool, on_problem: Callable[[str], None]
) -> list[list[Line]]:
    """A list per panel, which is a task, of its lines. An entry without a complete seed, or that cannot be scored, is
    reported and left out.
    """
    panels: dict[str, list[Line]] = {}
    for (board, record), label in zip(entries, _labels(entries), strict=True):
        try:
            scored = curves(record, view, time_grid(board, linear))
        except HarnessError as error:
            on_problem(str(error))
            continue
        if not scored.seeds:
            on_problem(f"{board.id} {record.spec.label} has no complete seed and is not drawn")
            continue
        panels.setdefault(board.task, []).append(Line(label, scored, scored.start))
    return list(panels.values())


def _labels(entries: Sequence[tuple[Leaderboard, Record]]) -> list[str]:
    """The label of every entry, with its folder if several folders (such as results/local and results/baselines) have
    an entry of that label.
    """
    roots = [os.path.abspath(_root(record)) for _, record in entries]
    often = Counter((board.id, record.spec.label) for board, record in entries)
    doubled = {label for (_, label), count in often.items() if count > 1}
    seen: Counter[tuple[str, str]] = Counter()
    labels = []
    for (board, record), root in zip(entries, roots, strict=True):
        label = record.spec.label
        if label in doubled:
            shared = os.path.commonpath([r for r, (_, e) in zip(roots, entries, strict=True) if e.spec.label == label])
            label += f" ({os.path.relpath(root, shared)})" if root != shared else ""
        seen[board.id, label] += 1
        labels.append(label if seen[board.id, label] == 1 else f"{label} #{seen[board.id, label]}")
    return labels


def _root(record: Record) -> Path:
    """The results folder of a record. The record lies in SET/LEADERBOARD below it; a record in memory has no path."""
    levels = record.spec.leaderboard.count("/") + 3
    return [record.path, *record.path.parents][: levels + 1][-1]


def time_grid(board: Leaderboard, linear: bool) -> Floats:
    """Times (mean full evaluations) from a hundredth of the budget, or on a linear axis from 0, to the budget."""
    if linear:
        return np.linspace(0.0, board.budget, GRID_POINTS)
    grid: Floats = np.geomspace(board.budget / 100, board.budget, GRID_POINTS)
    grid[-1] = board.budget  # a rounding error below it would leave out an evaluation that ends exactly at the budget
    return grid


def trajectory_figure(
    panels: Sequence[Sequence[Line]], subject: Subject, slots: Mapping[str, int] | None = None
) -> mpl.Figure:
    """The mean over seeds over time, with a band of one standard error, a panel per task.

    ``slots``: label -> slot, by default each method's own.
    """
    lines = [line for panel in panels for line in panel]
    if slots is None:
        slots = styles.slots([line.label for line in lines], list(registry.methods()))
    options = subject.options
    names = {label: _legend(label, lines) for label in slots}
    look = Look(slots, names, options.linear, options.width, direct=options.direct)
    titled = {panel[0].curves.board.title: panel for panel in panels}
    counts = {len(line.curves.seeds) for line in lines}
    over = f"over {_count(counts.pop())}" if len(counts) == 1 else "over seeds"
    starts = " or ".join(f"{start:.4g}" for start in dict.fromkeys(panel[0].start for panel in panels))
    side = "Below" if panels[0][0].curves.board.score.maximize else "Above"
    text = f"Mean ± standard error {over}; {COUNTED[subject.view]}."
    note = subject.small_print(text, name_view=False)  # the text says which evaluations count
    cut = f"{side} the axis is how runs begin: seeds without an evaluation enter the mean with {starts}."
    return figure(titled, look, note, cut)


def quartile_figure(panels: Sequence[Sequence[Line]], subject: Subject, look: Look) -> mpl.Figure:
    """The median over seeds over time, with a band from the lower to the upper quartile, a panel per task."""
    lines = [[replace(line, quartiles=True) for line in panel] for panel in panels]
    seeds = {len(line.curves.seeds) for panel in lines for line in panel}
    over = f"over {_count(seeds.pop())}" if len(seeds) == 1 else "over seeds"
    text = f"Median {over}; bands: from the lower to the upper quartile."
    regret = not panels[0][0].curves.board.score.maximize
    if regret and not look.linear and any((line.spread[1] == 0).any() for panel in lines for line in panel):
        text += " A regret of 0 lies below the axis."
    starts = " or ".join(f"{start:.4g}" for start in dict.fromkeys(panel[0].start for panel in lines))
    cut = f"Beyond the axis are seeds without an evaluation yet, which count as {starts}."
    titled = {panel[0].curves.board.title: panel for panel in lines}
    return figure(titled, look, subject.small_print(text), cut)


def _legend(label: str, lines: Sequence[Line]) -> str:
    """The label, with the number of seeds if fewer are complete than the leaderboard asks for."""
    same = [line.curves for line in lines if line.label == label]
    short = [c for c in same if len(c.seeds) < c.board.seeds]
    if not short:
        return label
    counts = {len(c.seeds) for c in short}
    if len(counts) == 1 and len(short) == len(same):
        return f"{label} ({_count(counts.pop())}, incomplete)"
    return f"{label} ({'; '.join(f'{c.board.title}: {_count(len(c.seeds))}' for c in short)}, incomplete)"


def _count(seeds: int) -> str:
    return f"{seeds} seed" + ("" if seeds == 1 else "s")
