"""The choices a user has when drawing: the arguments of ``harness.draw`` and the options of ``harness plot``."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from harness.errors import UnknownName, UsageError
from harness.reports.plots.saving import check_formats
from harness.runs.curves import VIEWS

BOTH = "both"
"""The view that stands for all views, in figures of their own."""
TRAJECTORY = "trajectory"
KINDS = (
    TRAJECTORY, "regret", "ranks", "differences", "quartiles", "profile", "runtime", "improvement", "speedup",
    "attainment",
)  # fmt: skip
"""Kinds of figures: mean score over time, normalised regret over time, average ranks over time, critical differences,
median and quartiles over time, performance profile, empirical runtime distribution, probability of improvement, speedup
over a reference, attainment surfaces.
"""
LEGEND, DIRECT = "legend", "direct"
LABELS = (LEGEND, DIRECT)
"""Where the names of lines stand: in a legend below the panels, or directly beside the end of each line."""
WIDE = ("ranks", "regret")
"""Kinds with a single panel over all tasks, as wide as the figure."""
NAMED_ALREADY = {
    "differences": "names every method beside its rank already",
    "profile": "has lines that all end at one point",
    "improvement": "names every method beside its row already",
    "speedup": "names every method beside its row already",
}
"""Kinds whose lines cannot be named at their ends, and why."""


@dataclass(frozen=True)
class Options:
    """What to draw and how. UnknownName or UsageError for a value that does not exist.

    ``view``: evaluations that count: ``full`` (at full fidelity), ``observed`` (all), or ``both`` in separate figures;
    ``surrogates``: draw this surrogate set only; ``linear``: linear axes instead of logarithmic ones (hypervolume is
    always linear); ``width``: ``full`` (6.75 inches) or ``column`` (3.3 inches, panels below each other; a single panel
    always has this width); ``formats``: any of png (300 dpi), svg and pdf; ``note``: whether small print below the
    figure says what it shows; ``kind``: one of ``KINDS``; ``reference``: the method that ``improvement`` and
    ``speedup`` compare with (default: the default method of the setting); ``methods``: draw these only, by name, or by
    label for a variant (default: all); ``labels``: one of ``LABELS`` (default: ``direct`` for ``ranks`` and ``regret``
    at full width, else ``legend``); ``on_problem``: receives a sentence about every entry that cannot be drawn
    (default: a warning).
    """

    view: str = VIEWS[0]
    surrogates: str | None = None
    linear: bool = False
    width: str = "full"
    formats: Sequence[str] = ("png", "svg")
    note: bool = True
    kind: str = TRAJECTORY
    reference: str | None = None
    methods: Collection[str] = ()
    labels: str | None = None
    on_problem: Callable[[str], None] | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnknownName("kind of plot", self.kind, KINDS)
        if self.view not in (*VIEWS, BOTH):
            raise UnknownName("view", self.view, (*VIEWS, BOTH))
        if self.labels not in (None, *LABELS):
            raise UnknownName("kind of labels", str(self.labels), LABELS)
        if self.labels == DIRECT and self.kind in NAMED_ALREADY:
            raise UsageError(f"kind {self.kind} {NAMED_ALREADY[self.kind]}; draw it with labels legend")
        check_formats(self.formats, self.width)

    @property
    def views(self) -> tuple[str, ...]:
        """The views to draw, each in figures of its own."""
        return VIEWS if self.view == BOTH else (self.view,)

    @property
    def direct(self) -> bool:
        """Whether lines are named at their ends, in panels below each other."""
        if self.labels is None:
            return self.kind in WIDE and self.width == "full"
        return self.labels == DIRECT

    def report(self, message: str) -> None:
        """Passes a sentence about a problem on to ``on_problem``."""
        if self.on_problem is None:
            warnings.warn(message, stacklevel=4)
        else:
            self.on_problem(message)
