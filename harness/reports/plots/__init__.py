"""Figures of a results folder: scores over simulated time, and the statistics that compare methods.

``draw`` is the way in, also as ``harness.draw``; ``options`` lists the choices. ``drawing`` chooses the records, draws
each figure and saves it. One module per kind of figure computes its numbers; ``figures``, ``panels``, ``curves``,
``dots``, ``scatter`` and ``heatmap`` draw the numbers. The same records give the same bytes.
"""

from __future__ import annotations

from harness.reports.plots.drawing import draw

__all__ = ["draw"]
