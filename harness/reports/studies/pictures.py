"""Figures of studies from their evidence: the scores of arms over simulated time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.reports.plots import mpl
from harness.reports.plots.options import Options
from harness.reports.plots.panels import Line
from harness.reports.plots.styles import Look
from harness.reports.plots.subject import Subject
from harness.reports.plots.trajectories import quartile_figure, time_grid, trajectory_figure
from harness.reports.studies.study import Arm, Evidence


def trajectories(
    evidence: Evidence,
    arms: Sequence[Arm],
    view: str,
    width: str,
    *,
    linear: bool = False,
    looks: Mapping[Arm, tuple[str, int]] | None = None,
) -> mpl.Figure:
    """Mean score over simulated time: a panel per task, a line per arm, bands of one standard error.

    ``looks``: arm -> its label and slot in this figure; other arms have their own.
    """
    shown = {arm: (looks or {}).get(arm, (arm.label, arm.slot)) for arm in arms}
    panels = _panels(evidence, shown, view, linear)
    drawn = {line.label for lines in panels for line in lines}
    there = [arm for arm in arms if shown[arm][0] in drawn]
    settings = _settings(there)
    workers = sorted({arm.workers for arm in there})
    if workers != [1]:
        settings += f" on {', '.join(map(str, workers))} simulated workers"
    subject = Subject(evidence.surrogates.name, "single", settings, view, Options(linear=linear, width=width))
    return trajectory_figure(panels, subject, {shown[arm][0]: shown[arm][1] for arm in there})


def quartiles(evidence: Evidence, arms: Sequence[Arm], view: str, width: str) -> mpl.Figure:
    """Median score over simulated time: a panel per task, a line per arm, bands between the quartiles."""
    panels = _panels(evidence, {arm: (arm.label, arm.slot) for arm in arms}, view, False)
    drawn = {line.label for lines in panels for line in lines}
    slots = {arm.label: arm.slot for arm in arms if arm.label in drawn}
    subject = Subject(evidence.surrogates.name, "single", _settings(arms), view, Options(width=width))
    return quartile_figure(panels, subject, Look(slots, {label: label for label in slots}, False, width))


def _settings(arms: Sequence[Arm]) -> str:
    return ", ".join(dict.fromkeys(arm.setting for arm in arms))


def _panels(evidence: Evidence, shown: Mapping[Arm, tuple[str, int]], view: str, linear: bool) -> list[list[Line]]:
    """Per task, the lines of the arms with a complete seed there. A task without any has no panel."""
    panels = []
    for task in evidence.tasks:
        lines = []
        for arm, (label, _) in shown.items():
            if (task, arm) in evidence.records:
                curves = evidence.curves(task, arm, view, time_grid(evidence.board(task, arm), linear))
                if curves is not None:
                    lines.append(Line(label, curves, curves.start))
        if lines:
            panels.append(lines)
    return panels
