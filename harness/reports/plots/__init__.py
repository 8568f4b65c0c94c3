"""Trajectories as figures: error or hypervolume over simulated time, as in Figures 1-4 of JAHS-Bench-201.

One figure per surrogate set, objective, setting and view: scores of different sets never share one. The same records
give the same bytes.
"""

from __future__ import annotations

import importlib
import os
import warnings
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness import registry
from harness.benchmark.leaderboard import Leaderboard
from harness.errors import DoesNotApply, UnknownName, UsageError
from harness.reports.plots import styles
from harness.reports.plots.saving import check_formats, save, stem
from harness.runs.records import Record
from harness.runs.results import VIEWS, Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from harness.reports.plots.panels import Line

BOTH = "both"
TRAJECTORY = "trajectory"
KINDS = {
    TRAJECTORY: "",
    "regret": "harness.reports.plots.regrets:regret",
    "ranks": "harness.reports.plots.kinds:ranks",
    "differences": "harness.reports.plots.differences:differences",
    "quartiles": "harness.reports.plots.kinds:quartiles",
    "profile": "harness.reports.plots.kinds:profile",
    "runtime": "harness.reports.plots.kinds:runtime",
    "improvement": "harness.reports.plots.kinds:improvement",
    "speedup": "harness.reports.plots.regrets:speedup",
    "attainment": "harness.reports.plots.attainment:attainment",
}
"""Kind -> the function that draws it: median and quartiles, normalised regret and average ranks over time, critical
differences, performance profile, empirical runtime distribution, probability of improvement, speedup over a reference,
attainment surfaces.
"""
LABELS = ("legend", "direct")
WIDE = ("ranks", "regret")
"""Kinds with one panel over all tasks, as wide as the figure."""
ENDLESS = {
    "differences": "names every method beside its rank already",
    "profile": "has lines that all end at one point",
    "improvement": "names every method beside its row already",
    "speedup": "names every method beside its row already",
}
"""Kinds whose lines cannot be named at their ends, and why."""


def draw(
    results: Results,
    out: str | os.PathLike[str],
    *,
    view: str = "full",
    surrogates: str | None = None,
    linear: bool = False,
    width: str = "full",
    formats: Sequence[str] = ("png", "svg"),
    note: bool = True,
    kind: str = TRAJECTORY,
    reference: str | None = None,
    methods: Collection[str] = (),
    labels: str | None = None,
    on_problem: Callable[[str], None] | None = None,
) -> list[Path]:
    """Draws every leaderboard of ``results`` into the folder ``out`` and returns the files written.

    A figure has one panel per task with records of that objective and setting, and in it one line per method: the mean
    over complete seeds, with a band of one standard error (ddof = 1). x is simulated time in mean full evaluations. Its
    files are named after the set, objective, setting and, if not ``full``, the view: ``lite-1-single-mf.svg``.
    ``view``: ``full``, ``observed`` or ``both``; ``surrogates``: draw this set only; ``linear``: linear axes instead of
    logarithmic ones (hypervolume is always linear); ``width``: ``full`` (6.75 inches) or ``column`` (3.3 inches, panels
    below each other; a single panel always has this width); ``formats``: any of png (300 dpi), svg, pdf; ``note``:
    small print below that says what is shown; ``kind``: one of ``KINDS``, whose name is in the files' unless it is a
    trajectory; ``reference``: what ``improvement`` and ``speedup`` compare with (default: the method of the setting);
    ``methods``: draw these only, by name, or by label for a variant (default: all); ``labels``: ``legend`` below the
    panels, or ``direct``, names at the ends of the lines, panels below each other (default: direct for the one wide
    panel of ``ranks`` and ``regret``).
    An entry that cannot be drawn is left out and reported to ``on_problem`` (default: as a warning).
    Raises UsageError for an unknown option or if nothing is there to draw.
    """
    from harness.reports.plots.trajectories import panels_of  # matplotlib is imported only to draw

    if kind not in KINDS:
        raise UnknownName("kind of plot", kind, KINDS)
    if view not in (*VIEWS, BOTH):
        raise UnknownName("view", view, (*VIEWS, BOTH))
    if labels not in (None, *LABELS):
        raise UnknownName("kind of labels", str(labels), LABELS)
    if labels == "direct" and kind in ENDLESS:
        raise UsageError(f"kind {kind} {ENDLESS[kind]}; draw it with labels legend")
    check_formats(formats, width)
    direct = labels == "direct" or (labels is None and kind in WIDE and width == "full")
    records = _chosen(results, surrogates, methods)
    folder = Path(out)
    written: list[Path] = []
    taken: set[str] = set()
    inapplicable: list[str] = []
    for chosen in VIEWS if view == BOTH else (view,):
        for (name, place, objective, setting), entries in _figures(records).items():
            board = entries[0][0]
            own = "" if board.suite == registry.shipped_suites()[0] else f" ({registry.suite(board.suite).title})"
            panels = panels_of(entries, chosen, linear, on_problem or _warn)
            if not panels:
                continue
            parts = [name, *([place] if place else []), objective, setting, *([] if chosen == VIEWS[0] else [chosen])]
            name_of_file = stem([*parts, *([] if kind == TRAJECTORY else [kind])], taken)
            with styles.style():
                try:
                    options = (chosen, linear, width, note, reference, on_problem or _warn, direct)
                    picture = _picture(
                        kind,
                        panels,
                        f"{name}{own}",
                        objective,
                        f"{setting} ({board.under})" if board.under else setting,
                        *options,
                    )
                except DoesNotApply as error:
                    inapplicable.append(str(error))
                    continue
                except UsageError as error:  # this figure cannot be; the others may
                    (on_problem or _warn)(str(error))
                    continue
                for form in dict.fromkeys(formats):
                    path = folder / f"{name_of_file}.{form}"
                    save(picture, path, form, f"{panels[0][0].curves.board.score.label}, {setting}, {name}, {chosen}")
                    written.append(path)
    if not written:
        for message in inapplicable:
            (on_problem or _warn)(message)
    return written


def _picture(
    kind: str, panels: list[list[Line]], name: str, objective: str, setting: str, view: str, linear: bool, width: str,
    note: bool, reference: str | None, on_problem: Callable[[str], None], direct: bool,
) -> Figure:  # fmt: skip
    if kind == TRAJECTORY:
        from harness.reports.plots.trajectories import trajectory_figure

        return trajectory_figure(panels, name, setting, view, linear, width, note, direct=direct)
    from harness.reports.plots.kinds import Group

    module, _, function = KINDS[kind].partition(":")
    draw_kind: Callable[..., Figure] = getattr(importlib.import_module(module), function)
    return draw_kind(panels, Group(name, objective, setting, view, linear, width, note, reference, on_problem, direct))


def _warn(message: str) -> None:
    warnings.warn(message, stacklevel=4)


def _chosen(results: Results, surrogates: str | None, methods: Collection[str]) -> list[Record]:
    sets = sorted({record.spec.surrogates for record in results})
    if not sets:
        raise UsageError("there are no records to draw")
    if surrogates is not None and surrogates not in sets:
        raise UnknownName("surrogate set of these records", surrogates, sets)
    records = [record for record in results if surrogates in (None, record.spec.surrogates)]
    there = dict.fromkeys(name for record in records for name in (record.spec.method, record.spec.label))
    for name in methods:
        if name not in there:
            raise UnknownName("method of these records", name, there)
    return [record for record in records if not methods or {record.spec.method, record.spec.label} & {*methods}]


def _figures(records: Iterable[Record]) -> dict[tuple[str, str, str, str], list[tuple[Leaderboard, Record]]]:
    """Records by (surrogate set, place, objective, setting): sets by name, the rest in the order of the leaderboards.

    Where records of one set's name are of different contents, each content is a set of its own, named with its hash.
    """
    records = list(records)
    contents: dict[str, set[str]] = {}
    for record in records:
        contents.setdefault(record.spec.surrogates, set()).add(str(record.spec.surrogates_hash))
    found: dict[tuple[str, str, str, str], list[tuple[Leaderboard, Record]]] = {}
    for record in sorted(
        records, key=lambda r: (r.spec.surrogates, registry.order_of(r.spec.leaderboard), r.spec.label, r.path)
    ):
        board = registry.leaderboard_of(record.spec.leaderboard)
        name, digest = record.spec.surrogates, str(record.spec.surrogates_hash)
        if len(contents[name]) > 1:
            name = f"{name}-{digest[:8]}"
        found.setdefault((name, *board.group), []).append((board, record))
    return found
