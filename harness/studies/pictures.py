"""Figures of studies from their evidence: trajectories of arms, drawn as every other trajectory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from harness.studies.study import Arm, Evidence

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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
    shown = {arm: (looks or {}).get(arm, (arm.label, arm.slot)) for arm in arms}
    from harness.plots.panels import Line
    from harness.plots.trajectories import time_grid, trajectory_figure

    panels = []
    for task in evidence.tasks:
        lines = []
        for arm in arms:
            if (task, arm) in evidence.records:
                board = evidence.board(task, arm)
                curves = evidence.curves(task, arm, view, time_grid(board, linear))
                if curves is not None:
                    lines.append(Line(shown[arm][0], curves, curves.start))
        if lines:
            panels.append(lines)
    drawn = {line.label for lines in panels for line in lines}
    there = [arm for arm in arms if shown[arm][0] in drawn]
    settings = ", ".join(dict.fromkeys(arm.setting for arm in there))
    workers = sorted({arm.workers for arm in there})
    if workers != [1]:
        settings += f" on {', '.join(map(str, workers))} simulated workers"
    slots = {shown[arm][0]: shown[arm][1] for arm in there}
    return trajectory_figure(panels, evidence.surrogates.name, settings, view, linear, width, True, slots)
