"""The tables that ``harness run`` prints: a line per leaderboard and method."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Column, Table
from rich.text import Text

from harness import registry
from harness.benchmark.leaderboard import Leaderboard
from harness.cli.console import PlainConsole
from harness.reports.tables.numbers import number, plus_minus
from harness.runs.results import Results

WIDE = 240
"""The width in characters of a table that is not printed on a terminal, enough for every name."""


def _quartiles(row: dict[str, Any], digits: int) -> str:
    lower, median, upper = (number(row.get(name, math.nan), digits) for name in ("lower", "median", "upper"))
    return f"{median} ({lower}–{upper})"


def _kind(board: Leaderboard, workers: int) -> tuple[str, float, int]:
    """The score, budget and workers that the entries of one table share."""
    return board.score.label, board.budget, workers


def print_scores(found: Results, rows: Sequence[dict[str, Any]], results: Path) -> None:
    """Prints ``rows``, the summary of ``found``: a table for each score, budget and number of workers of the runs."""
    console = PlainConsole(WIDE)
    boards = {row["leaderboard"]: registry.leaderboard_of(row["leaderboard"]) for row in rows}
    kinds = [
        _kind(boards[row["leaderboard"]], record.spec.workers) for row, record in zip(rows, found.records, strict=True)
    ]
    for kind in dict.fromkeys(kinds):
        chosen = [row for row, own in zip(rows, kinds, strict=True) if own == kind]
        board, workers = boards[chosen[0]["leaderboard"]], kind[-1]
        score = board.score
        busy = any("utilisation" in row for row in chosen)
        median, invalid = (any(name in row for row in chosen) for name in ("median", "invalid"))
        at = f" on {workers} workers" if workers > 1 else " on 1 worker" if board.workers > 1 else ""
        said = f"{score.label}, mean ± standard error over seeds, after {board.budget:g} mean full evaluations{at}"
        title = Text(said)  # Text, because a unit in brackets is not markup
        names = (Column(name, overflow="fold") for name in ("leaderboard", "method"))  # so that names can be copied
        table = Table(*names, title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
        shown = {
            "full": True, "median (quartiles)": median, "observed": True, "test error": "test_error" in chosen[0],
            "seeds": True, "evaluations": True, "invalid": invalid, "repairs": True, "busy": busy, "ms/eval": True,
        }  # fmt: skip
        for name in filter(shown.get, shown):
            table.add_column(name, justify="right")
        for row in chosen:
            needed = registry.leaderboard_of(row["leaderboard"]).seeds
            cells = [
                plus_minus(row["mean"], row["se"], score.digits),
                *([_quartiles(row, score.digits)] if median else []),
                plus_minus(row["observed_mean"], row["observed_se"], score.digits),
                *([number(row["test_error"])] if "test_error" in row else []),
                f"{row['seeds']}" + ("" if row["seeds"] >= needed else f" of {needed}"),
                f"{row['evaluations']}", *([f"{row.get('invalid', 0)}"] if invalid else []), f"{row['repairs']}",
                *([f"{100 * row.get('utilisation', math.nan):.1f} %"] if busy else []),
                number(1e3 * row["method_seconds"]),
            ]  # fmt: skip
            table.add_row(row["leaderboard"], row["method"], *cells)
        console.print(table)
    if any("utilisation" in row for row in rows):
        console.print("busy: share of the workers' simulated time that was spent on evaluations.", soft_wrap=True)
    surrogates = ", ".join(dict.fromkeys(row["surrogates"] for row in rows))
    console.print("ms/eval: real milliseconds spent inside the method per evaluation.", soft_wrap=True)
    console.print(f"Source {surrogates}. Records: {results}", soft_wrap=True)
    console.print(f"Picture: harness plot --results {results}", soft_wrap=True)
