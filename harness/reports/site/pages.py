"""Fills the templates. Autoescaping is always on, so that text from files is never markup."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from harness.base.naming import DISTRIBUTION
from harness.benchmark.leaderboard import Leaderboard
from harness.reports.plots import styles
from harness.reports.site import drawings
from harness.reports.site.contents import TIME, Board, Row
from harness.reports.site.fronts import levels
from harness.reports.site.trajectories import FIRST
from harness.reports.tables.blocks import LEADERS_SHOWN, companions, median, seeds, with_direction
from harness.reports.tables.entries import Value, checkpoints
from harness.reports.tables.markdown import plain, web_address
from harness.reports.tables.numbers import number, plus_minus
from harness.runs.records import environment
from harness.statistics.ranking import ALPHA

TEMPLATES = Path(__file__).resolve().parent / "templates"
ASSETS = Path(__file__).resolve().parent / "assets"
LIBRARY = ("uplot/uPlot.iife.min.js", "uplot/uPlot.min.css", "uplot/LICENSE")
MANY = 50
"""With more seeds than this, pages leave out the table of each seed's final score, which would be too wide to read."""
PAPER, INK = "#000000", "#E8EAED"
"""The colour of the palette that cannot be seen on a dark page, and its replacement there."""
FREEDOM = {
    "none": "Every evaluation is at full fidelity",
    "one": "A method may vary the one fidelity axis that it declared; the others are full",
    "all": "A method may vary every fidelity axis",
}


def render(template: str, depth: int, **values: Any) -> str:
    """A page; ``depth``: how many folders below the root of the site it lies."""
    return _environment().get_template(template).render(root="../" * depth, **values)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    made.filters |= {"plain": plain, "bytes": _bytes}
    made.globals |= {
        "version": environment(())["versions"][DISTRIBUTION],
        "checkpoints": checkpoints, "alpha": ALPHA, "leaders_shown": LEADERS_SHOWN,
        "spark_size": drawings.SPARK, "strip_size": drawings.STRIP, "sparks": sparks, "strips": strips,
        "companions": companions, "seeds": seeds, "direction": with_direction, "shown": shown, "at": at,
        "title": title, "where": where, "median": median, "listed": listed, "freedom": freedom,
        "web_address": web_address, "exact": exact, "front_ends": front_ends,
    }  # fmt: skip
    return made


def stylesheet() -> str:
    """The style sheet, with the colours of the figures."""
    light = "".join(f"  --c{k}: {color};\n" for k, color in enumerate(styles.PALETTE))
    dark = "".join(f"  --c{k}: {INK};\n" for k, color in enumerate(styles.PALETTE) if color == PAPER)
    rules = "".join(f".c{k} {{ --c: var(--c{k}); }}\n" for k in range(len(styles.PALETTE)))
    text = (ASSETS / "site.css").read_text(encoding="utf-8")
    return (
        f"{text}\n/* The colours of the figures. */\n:root {{\n{light}}}\n"
        f'@media (prefers-color-scheme: dark) {{\n:root:not([data-theme="light"]) {{\n{dark}}}\n}}\n'
        f':root[data-theme="dark"] {{\n{dark}}}\n{rules}'
    )


def shown(value: Value, board: Leaderboard) -> str:
    """A score as the tables show it."""
    return plus_minus(value.mean, value.error, board.score.digits)


def at(row: Row, time: float) -> str:
    """The mean score at one of the checkpoints."""
    return number(row.entry.at[time], row.entry.board.score.digits)


def exact(value: float) -> str:
    """A number with all its digits, for sorting; empty for NaN."""
    return "" if value != value else repr(float(value))


def title(board: Leaderboard) -> str:
    """The title of the leaderboard's task."""
    return board.title


def where(board: Leaderboard) -> str:
    """The objective and setting of a leaderboard, and its protocol if it is not the suite's first one."""
    return ", ".join(filter(None, (board.objective, board.setting.name, board.under)))


def listed(times: Sequence[float]) -> str:
    """Times as a text: ``10, 25, 100``."""
    return ", ".join(f"{time:g}" for time in times)


def freedom(board: Leaderboard) -> str:
    """Sentences about the fidelities that the setting allows, and whether it tells a method the cost."""
    told = "is told" if board.setting.tells_cost else "is not told"
    return f"{FREEDOM[board.setting.axes]}; the cost of an evaluation {told}."


def sparks(board: Board, row: Row) -> dict[str, str]:
    """Paths of the mean trajectory of a row and of the leader, on the same scale; empty without a trajectory."""
    lines = {"own": row, **({"leader": board.ranked[0]} if board.ranked else {})}
    traces = {name: one.traces[TIME, "full"] for name, one in lines.items() if (TIME, "full") in one.traces}
    if "own" not in traces:
        return {}
    points = board.points[TIME]
    low, high = drawings.extent([trace.mean[trace.settled :] for trace in traces.values()])
    first = board.board.budget * FIRST
    return {name: drawings.spark_path(points, trace.mean, low, high, first) for name, trace in traces.items()}


def strips(board: Board) -> dict[str, Any]:
    """The places of the final scores of every seed, for rows with any; ``ticks`` are pairs of place and number."""
    rows = [row for row in board.rows if row.entry.finals]
    if not rows:
        return {"rows": []}
    reference = [row for row in rows if row.rank] or rows
    low = min(min(row.entry.finals) for row in reference)
    high = max(max(row.entry.finals) for row in reference)
    margin = 0.02 * ((high - low) or 1.0)
    low, high = low - margin, high + margin
    digits = board.board.score.digits

    def place(value: float) -> float:
        return drawings.across(min(max(value, low), high), low, high)

    return {
        "rows": [
            {
                "row": row,
                "dots": [
                    (place(v), seed, number(v, digits)) for seed, v in zip(row.seeds, row.entry.finals, strict=True)
                ],
                "finals": dict(zip(row.seeds, row.entry.finals, strict=True)),
                "mean": place(row.entry.full.mean),
                "least": min(row.entry.finals),
                "median": drawings.middle(row.entry.finals),
                "greatest": max(row.entry.finals),
            }
            for row in rows
        ],
        "seeds": sorted({seed for row in rows for seed in row.seeds}),
        "many": any(len(row.seeds) > MANY for row in rows),
        "ticks": [(drawings.across(t, low, high), f"{t:g}") for t in drawings.ticks(low, high)],
    }


def front_ends(row: Row, board: Leaderboard) -> list[dict[str, Any]]:
    """The front that half of the seeds attain: its number of corners, and its two ends, with the best value of each
    objective and the value of the other one there. Empty without a front.
    """
    front = row.fronts.get(list(levels(board.seeds))[1])
    if front is None or not len(front.x):
        return []
    first, second = board.objectives
    a = int(np.argmax(front.y) if first.maximize else np.argmin(front.y))
    b = int(np.argmax(front.x) if second.maximize else np.argmin(front.x))
    ends = [float(value) for value in (front.y[a], front.x[a], front.x[b], front.y[b])]
    return [{"corners": len(front.x), "ends": ends}]


def _bytes(size: int) -> str:
    return f"{size / 2**20:.1f} MiB" if size >= 2**20 else f"{max(1, round(size / 2**10))} KiB"
