"""Figures of studies from their evidence: trajectories of arms, drawn as every other trajectory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from harness.reports.studies.study import Arm, Evidence

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from harness.reports.plots.panels import Line


def trajectories(
    evidence: Evidence,
    arms: Sequence[Arm],
    view: str,
    width: str,
    *,
    linear: bool = False,
    looks: Mapping[Arm, tuple[str, int]] | None = None,
) -> Figure:
    """Mean score over simulated time: a panel per task, a line per arm, bands of one standard error.

    ``looks``: arm -> its label and slot in this figure, where they are not its own.
    """
    from harness.reports.plots.trajectories import trajectory_figure

    shown = {arm: (looks or {}).get(arm, (arm.label, arm.slot)) for arm in arms}
    panels = _panels(evidence, shown, view, linear)
    drawn = {line.label for lines in panels for line in lines}
    there = [arm for arm in arms if shown[arm][0] in drawn]
    settings = ", ".join(dict.fromkeys(arm.setting for arm in there))
    workers = sorted({arm.workers for arm in there})
    if workers != [1]:
        settings += f" on {', '.join(map(str, workers))} simulated workers"
    slots = {shown[arm][0]: shown[arm][1] for arm in there}
    return trajectory_figure(panels, evidence.surrogates.name, settings, view, linear, width, True, slots)


def quartiles(evidence: Evidence, arms: Sequence[Arm], view: str, width: str) -> Figure:
    """Median score over simulated time: a panel per task, a line per arm, bands between the quartiles."""
    from harness.reports.plots.figures import Look
    from harness.reports.plots.trajectories import quartile_figure

    panels = _panels(evidence, {arm: (arm.label, arm.slot) for arm in arms}, view, False)
    drawn = {line.label for lines in panels for line in lines}
    slots = {arm.label: arm.slot for arm in arms if arm.label in drawn}
    said = f"Setting {', '.join(dict.fromkeys(arm.setting for arm in arms))}, surrogates {evidence.surrogates.name}."
    return quartile_figure(panels, said, Look(slots, {label: label for label in slots}, False, width), True)


def _panels(evidence: Evidence, shown: Mapping[Arm, tuple[str, int]], view: str, linear: bool) -> list[list[Line]]:
    """The lines of the arms that have a complete seed, for every task with one."""
    from harness.reports.plots.panels import Line
    from harness.reports.plots.trajectories import time_grid

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
