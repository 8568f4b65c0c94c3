"""Entries known from publications only: one line each in ``leaderboards/<surrogate set>/published.csv``.

They cannot be replayed, so they are shown apart from other entries and never ranked. They are of the view ``observed``.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness import registry
from harness.benchmark.leaderboard import Leaderboard
from harness.errors import RecordError
from harness.reports.tables.markdown import web_address
from harness.reports.tables.numbers import plus_minus
from harness.suites.publication import Quantity

FILE = "published.csv"
COLUMNS = ("leaderboard", "method", "quantity", "value", "se", "source", "url")
MAX_BYTES = 2**20


@dataclass(frozen=True)
class Published:
    """One line: ``value`` and ``se`` as printed, ``score`` and ``error`` in the unit of the leaderboard, or NaN."""

    board: Leaderboard
    method: str
    quantity: Quantity
    value: str
    se: str
    source: str
    url: str
    score: float
    error: float

    @property
    def shown(self) -> str:
        """The score as tables show it."""
        return plus_minus(self.score, self.error, self.board.score.digits)


def read_published(path: Path) -> list[Published]:
    """The entries of a file, none without a file. RecordError names the line that is wrong, and why."""
    if not path.exists():
        return []
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"it is larger than {MAX_BYTES >> 20} MiB")
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline=""), strict=True))
        if not rows or tuple(rows[0]) != COLUMNS:
            raise ValueError(f"its first line must be {','.join(COLUMNS)}")
    except (ValueError, csv.Error) as error:
        raise RecordError(f"{path} is no list of published entries: {error}") from None
    found: dict[tuple[str, str], Published] = {}
    for number, row in enumerate(rows[1:], 2):
        try:
            one = _line(row)
            if (one.board.id, one.method) in found:
                raise ValueError(f"{one.method} stands twice on {one.board.id}")
        except ValueError as error:
            raise RecordError(f"{path}, line {number}: {error}") from None
        found[one.board.id, one.method] = one
    order = list(registry.suite().leaderboards)
    return sorted(found.values(), key=lambda one: order.index(one.board.id))


def _line(row: list[str]) -> Published:
    if len(row) != len(COLUMNS):
        raise ValueError(f"it has {len(row)} values; it must have {len(COLUMNS)}")
    line = dict(zip(COLUMNS, row, strict=True))
    boards, known = registry.suite().leaderboards, registry.publication().quantities
    for column, valid in (("leaderboard", boards), ("quantity", known)):
        if line[column] not in valid:
            raise ValueError(f"unknown {column} {line[column]!r}; valid: {', '.join(valid)}")
    for column in ("method", "source"):
        if not line[column].strip():
            raise ValueError(f"{column} is empty")
    if not web_address(line["url"]):
        raise ValueError(f"url {line['url']!r} must start with https:// or http://")
    value, se = _real(line, "value"), _real(line, "se")
    if se < 0:
        raise ValueError(f"se = {line['se']} must not be negative")
    board: Leaderboard = boards[line["leaderboard"]]
    quantity = known[line["quantity"]]
    if quantity.objective != board.objective:
        raise ValueError(f"{line['quantity']} does not belong to {board.id}")
    score = math.nan if quantity.score is None else quantity.score(value)
    error = math.nan if quantity.score is None else se
    return Published(
        board, line["method"], quantity, line["value"], line["se"], line["source"], line["url"], score, error
    )


def _real(line: Mapping[str, str], column: str) -> float:
    try:
        value = float(line[column])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{column} = {line[column]!r} must be a finite number")
    return value
