"""From a results folder to figures in files.

One figure per surrogate set, objective, setting and view: scores of different surrogate sets never share one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness import registry
from harness.benchmark.leaderboard import Leaderboard
from harness.errors import DoesNotApply, UsageError
from harness.reports.plots import attainment, differences, kinds, mpl, references, regrets, styles, trajectories
from harness.reports.plots.choice import Group, chosen, grouped
from harness.reports.plots.options import TRAJECTORY, Options
from harness.reports.plots.panels import Line
from harness.reports.plots.saving import save, stem
from harness.reports.plots.subject import Subject
from harness.runs.curves import VIEWS
from harness.runs.results import Results

DRAWERS: Mapping[str, Callable[[Sequence[Sequence[Line]], Subject], mpl.Figure]] = {
    TRAJECTORY: trajectories.trajectory_figure,
    "regret": regrets.regret,
    "ranks": kinds.ranks,
    "differences": differences.differences,
    "quartiles": kinds.quartiles,
    "profile": kinds.profile,
    "runtime": kinds.runtime,
    "improvement": references.improvement,
    "speedup": references.speedup,
    "attainment": attainment.attainment,
}
"""Kind -> the function that draws it from the lines of every panel."""


def draw(results: Results, out: str | os.PathLike[str], **options: Any) -> list[Path]:
    """Draws every leaderboard of ``results`` into the folder ``out`` and returns the files written.

    ``options`` are the fields of ``harness.reports.plots.options.Options``: view, surrogates, linear, width, formats,
    note, kind, reference, methods, labels, on_problem. All have defaults.

    A figure has one panel per task with records of that objective and setting, and in it one line per method: the mean
    over complete seeds, with a band of one standard error (ddof = 1). x is simulated time in mean full evaluations.
    Files are named after the surrogate set, objective and setting, then the view if it is not ``full`` and the kind if
    it is not a trajectory: ``lite-1-single-mf.svg``.

    An entry that cannot be drawn is left out and reported to ``on_problem``. TypeError for an option of another name;
    UnknownName or UsageError for a value that does not exist, or if there is nothing to draw.
    """
    choices = Options(**options)
    records = chosen(results, choices)
    written: list[Path] = []
    taken: set[str] = set()
    inapplicable: list[str] = []
    for view in choices.views:
        for group, entries in grouped(records).items():
            panels = trajectories.panels_of(entries, view, choices.linear, choices.report)
            if not panels:
                continue
            name = stem(_parts(group, view, choices.kind), taken)
            with styles.style():
                try:
                    picture = DRAWERS[choices.kind](panels, _subject(group, entries[0][0], view, choices))
                except DoesNotApply as error:
                    inapplicable.append(str(error))
                    continue
                except UsageError as error:  # the other figures may be possible
                    choices.report(str(error))
                    continue
                label = panels[0][0].curves.board.score.label
                for form in dict.fromkeys(choices.formats):
                    path = Path(out) / f"{name}.{form}"
                    save(picture, path, form, f"{label}, {group.setting}, {group.surrogates}, {view}")
                    written.append(path)
    if not written:
        for message in inapplicable:
            choices.report(message)
    return written


def _parts(group: Group, view: str, kind: str) -> list[str]:
    """The parts of a figure's file name."""
    parts = [group.surrogates, group.place, group.objective, group.setting]
    return [*filter(None, parts), *([] if view == VIEWS[0] else [view]), *([] if kind == TRAJECTORY else [kind])]


def _subject(group: Group, board: Leaderboard, view: str, options: Options) -> Subject:
    """The figure's records in words: a suite other than the first one and a protocol are named in parentheses."""
    suite = "" if board.suite == registry.shipped_suites()[0] else f" ({registry.suite(board.suite).title})"
    setting = f"{group.setting} ({board.under})" if board.under else group.setting
    return Subject(f"{group.surrogates}{suite}", group.objective, setting, view, options)
