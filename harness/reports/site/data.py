"""The data for the scripts of the pages: plain lists and numbers, without markup."""

from __future__ import annotations

from typing import Any

from harness.reports.site.contents import EVALUATIONS, TIME, Board, Contents, Row
from harness.reports.site.fronts import levels
from harness.reports.site.pages import shown, title, where
from harness.reports.site.pairs import pairs
from harness.reports.site.scripts import precise, rounded
from harness.reports.site.trajectories import FIRST, Trace
from harness.runs.curves import VIEWS

EXTRA_DIGITS = 2
"""How many more decimals curves have than tables."""
PAIR_DIGITS = 6
MOST_SHOWN = 8
"""The most lines that are visible at first; more could not be told apart."""


def board_data(board: Board) -> dict[str, Any]:
    """The data of a leaderboard's plots. Lines are in the order of the rows."""
    score = board.board.score
    rows = [row for row in board.rows if row.traces]
    digits = score.digits + EXTRA_DIGITS
    both = any((TIME, VIEWS[1]) in row.traces for row in rows)
    return {
        "label": score.label,
        "digits": score.digits,
        "maximize": score.maximize,
        "views": list(VIEWS if both else VIEWS[:1]),
        "axes": {
            TIME: {
                "label": board.board.time_label, "points": board.points[TIME].tolist(),
                "first": board.board.budget * FIRST,
            },
            EVALUATIONS: {
                "label": "Evaluations", "points": [int(x) for x in board.points[EVALUATIONS]], "first": 1,
            },
        },
        "lines": [
            {
                "name": row.method.shown, "color": row.method.look.color, "dashes": list(row.method.look.dashes),
                "visible": k < MOST_SHOWN,
                "final": {"full": shown(row.entry.full, board.board),
                          "observed": shown(row.entry.observed, board.board)},
                "traces": {
                    view: {axis: _trace(row.traces[axis, view], digits) for axis in (TIME, EVALUATIONS)}
                    for view in (VIEWS if both else VIEWS[:1])
                },
            }
            for k, row in enumerate(rows)
        ],
        "fronts": _fronts(board, rows),
    }  # fmt: skip


def _trace(trace: Trace, digits: int) -> dict[str, Any]:
    """A trace without the points after the end of its longest seed."""
    return {
        "mean": rounded(trace.mean[: trace.length], digits),
        "error": rounded(trace.error[: trace.length], digits),
        "settled": min(trace.settled, trace.length - 1),
    }


def _fronts(board: Board, rows: list[Row]) -> dict[str, Any] | None:
    if len(board.board.objectives) != 2:
        return None
    first, second = board.board.objectives
    return {
        "x": second.metric, "y": first.metric, "ahead": not second.maximize, "upwards": first.maximize,
        "levels": list(levels(board.board.seeds)),
        "lines": [
            {name: [[precise(float(x)) for x in front.x], [precise(float(y)) for y in front.y]]
             for name, front in row.fronts.items()}
            for row in rows
        ],
    }  # fmt: skip


def compare_data(contents: Contents) -> dict[str, Any]:
    """The data of the compare view: every entry with a score, and the comparison of every two of a leaderboard."""
    order = {method.slug: k for k, method in enumerate(contents.methods)}
    found = []
    for board in contents.boards:
        rows = [row for row in board.rows if row.entry.seeds]
        if not rows:
            continue
        tested = list(pairs(rows))
        found.append(
            {
                "title": f"{title(board.board)}, {where(board.board)}",
                "page": f"boards/{board.slug}.html", "label": board.board.score.label,
                "maximize": board.board.score.maximize, "digits": board.board.score.digits,
                "needed": board.board.seeds,
                "entries": [[order[row.method.slug], shown(row.entry.full, board.board)] for row in rows],
                "seeds": [pair.seeds for pair in tested],
                "differences": [_short(pair.difference) for pair in tested],
                "errors": [_short(pair.error) for pair in tested],
                "p": [precise(pair.p) for pair in tested],
            }
        )  # fmt: skip
    return {"methods": [[m.shown, f"methods/{m.slug}.html", m.slug] for m in contents.methods], "boards": found}


def _short(value: float) -> float | None:
    found = precise(value)
    return None if found is None else round(found, PAIR_DIGITS)
