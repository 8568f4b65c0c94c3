"""Trajectories as figures: error or hypervolume over simulated time, as in Figures 1-4 of JAHS-Bench-201.

One figure per surrogate set, objective, setting and view: scores of different sets never share one. The same records
give the same bytes.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from harness import registry
from harness.errors import UnknownName, UsageError
from harness.leaderboard import Leaderboard
from harness.plots import styles
from harness.plots.saving import check_formats, save, stem
from harness.records import Record
from harness.results import VIEWS, Results

BOTH = "both"


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
    on_problem: Callable[[str], None] | None = None,
) -> list[Path]:
    """Draws every leaderboard of ``results`` into the folder ``out`` and returns the files written.

    A figure has one panel per task with records of that objective and setting, and in it one line per method: the mean
    over complete seeds, with a band of one standard error (ddof = 1). x is simulated time in mean full evaluations. Its
    files are named after the set, objective, setting and, if not ``full``, the view: ``lite-1-single-mf.svg``.
    ``view``: ``full``, ``observed`` or ``both``; ``surrogates``: draw this set only; ``linear``: linear axes instead of
    logarithmic ones (hypervolume is always linear); ``width``: ``full`` (6.75 inches) or ``column`` (3.3 inches, panels
    below each other; a single panel always has this width); ``formats``: any of png (300 dpi), svg, pdf; ``note``:
    small print below that says what is shown.
    An entry that cannot be drawn is left out and reported to ``on_problem`` (default: as a warning).
    Raises UsageError for an unknown option or if nothing is there to draw.
    """
    from harness.plots.trajectories import panels_of, trajectory_figure  # matplotlib is imported only to draw

    if view not in (*VIEWS, BOTH):
        raise UnknownName("view", view, (*VIEWS, BOTH))
    check_formats(formats, width)
    records = _chosen(results, surrogates)
    folder = Path(out)
    written: list[Path] = []
    taken: set[str] = set()
    for chosen in VIEWS if view == BOTH else (view,):
        for (name, objective, setting), entries in _figures(records).items():
            panels = panels_of(entries, chosen, linear, on_problem or _warn)
            if not panels:
                continue
            name_of_file = stem([name, objective, setting] + ([] if chosen == VIEWS[0] else [chosen]), taken)
            with styles.style():
                picture = trajectory_figure(panels, name, setting, chosen, linear, width, note)
                for form in dict.fromkeys(formats):
                    path = folder / f"{name_of_file}.{form}"
                    save(picture, path, form, f"{panels[0][0].curves.board.score.label}, {setting}, {name}, {chosen}")
                    written.append(path)
    return written


def _warn(message: str) -> None:
    warnings.warn(message, stacklevel=4)


def _chosen(results: Results, surrogates: str | None) -> list[Record]:
    sets = sorted({record.spec.surrogates for record in results})
    if not sets:
        raise UsageError("there are no records to draw")
    if surrogates is not None and surrogates not in sets:
        raise UnknownName("surrogate set of these records", surrogates, sets)
    return [record for record in results if surrogates in (None, record.spec.surrogates)]


def _figures(records: Iterable[Record]) -> dict[tuple[str, str, str], list[tuple[Leaderboard, Record]]]:
    """Records by (surrogate set, objective, setting): sets by name, the rest in the order of the leaderboards."""
    boards = list(registry.suite().LEADERBOARDS)
    found: dict[tuple[str, str, str], list[tuple[Leaderboard, Record]]] = {}
    for record in sorted(
        records, key=lambda r: (r.spec.surrogates, boards.index(r.spec.leaderboard), r.spec.label, r.path)
    ):
        board = registry.leaderboard_of(record.spec.leaderboard)
        found.setdefault((record.spec.surrogates, board.objective, board.setting.name), []).append((board, record))
    return found
