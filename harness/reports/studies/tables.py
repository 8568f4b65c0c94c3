"""A table of a study, as CSV for machines and as Markdown (or LaTeX, see ``harness.reports.studies.latex``) for people.

The same table gives the same bytes. CSV has twelve significant digits and a column for every number. Markdown and LaTeX
show rounded numbers together: ``9.30 ± 0.07``, ``33.7× (20.1–55.0)``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from harness.base.escape import csv_text, one_line
from harness.reports.tables import markdown
from harness.reports.tables.numbers import exact, number, plus_minus


@dataclass(frozen=True)
class Measured:
    """A mean with its standard error over seeds (NaN where there is none)."""

    mean: float
    error: float = math.nan


@dataclass(frozen=True)
class Factor:
    """A speedup with its interval (NaN if unknown); 0 means that the goal was not reached within the budget."""

    value: float
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True)
class Quartiles:
    """A median with the lower and the upper quartile over seeds."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Printed:
    """A published mean with its standard deviation, digits as printed."""

    mean: str
    deviation: str


Value = str | int | float | Measured | Factor | Quartiles | Printed | None
"""The content of a cell; None is an empty cell."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    ``name``: its name in CSV; ``title``: its heading in Markdown and LaTeX; ``kind``: ``number`` (also for
    ``Measured``, ``Factor``, ``Quartiles`` and ``Printed``), aligned right, or ``text``, aligned left; ``digits``:
    decimals shown; ``unit``: text after each number.
    """

    name: str
    title: str
    kind: str = "number"
    digits: int = 2
    unit: str = ""


@dataclass(frozen=True)
class Table:
    """``name``: the file name without ending; ``title``: a sentence, the caption; ``rows``: column name -> cell."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Mapping[str, Value], ...]
    note: str = field(default="")


def shown(value: Value, column: Column) -> str:
    """A cell in Markdown or LaTeX; a dash if nothing was measured."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if isinstance(value, Printed):
        return f"{value.mean} ± {value.deviation}"
    if isinstance(value, Measured):
        return plus_minus(value.mean, value.error, column.digits) + (column.unit if math.isfinite(value.mean) else "")
    if isinstance(value, Factor):
        if not value.value:
            return "not reached"
        text = number(value.value, column.digits) + ("" if math.isnan(value.value) else column.unit)
        if math.isnan(value.low) and math.isnan(value.high):
            return text
        return f"{text} ({_end(value.low, column.digits)}–{_end(value.high, column.digits)})"
    if isinstance(value, Quartiles):
        middle, low, high = (number(one, column.digits) for one in (value.value, value.low, value.high))
        return f"{middle}{column.unit} ({low}–{high})"
    if isinstance(value, int):
        return f"{value}{column.unit}"
    return number(value, column.digits) + ("" if math.isnan(value) else column.unit)


def _end(value: float, digits: int) -> str:
    if not value:
        return "< 1"
    return "∞" if math.isinf(value) else number(value, digits)


def to_csv(table: Table) -> str:
    """The table as CSV. In a column ``x``, ``Measured`` fills ``x`` and ``x_se``, ``Factor`` and ``Quartiles`` fill
    ``x``, ``x_low`` and ``x_high``, and ``Printed`` fills ``x`` and ``x_sd``.
    """
    parts = {column.name: _parts(column, table.rows) for column in table.columns}
    cells = [(name, part) for name, endings in parts.items() for part in endings]
    rows = ([_machine(row.get(name), part) for name, part in cells] for row in table.rows)
    return csv_text([[f"{name}{part}" for name, part in cells], *rows])


def _parts(column: Column, rows: Iterable[Mapping[str, Value]]) -> list[str]:
    kinds = {type(row.get(column.name)) for row in rows}
    endings = {Measured: ["_se"], Factor: ["_low", "_high"], Quartiles: ["_low", "_high"], Printed: ["_sd"]}
    return ["", *(part for kind, parts in endings.items() if kind in kinds for part in parts)]


def _machine(value: Value, part: str) -> str:
    if isinstance(value, Measured):
        return exact({"": value.mean, "_se": value.error}.get(part, math.nan))
    if isinstance(value, Factor | Quartiles):
        return exact({"": value.value, "_low": value.low, "_high": value.high}.get(part, math.nan))
    if isinstance(value, Printed):
        return {"": value.mean, "_sd": value.deviation}.get(part, "")
    if part or value is None:
        return ""
    return exact(value) if isinstance(value, float) else str(value)


def to_markdown(table: Table) -> str:
    """The table with its title above and its note below."""
    header = [_marked(column.title) for column in table.columns]
    rows = [[_marked(shown(row.get(c.name), c)) for c in table.columns] for row in table.rows]
    left = next((i for i, c in enumerate(table.columns) if c.kind != "text"), len(table.columns))
    parts = [f"**{_marked(table.title)}**", markdown.table(header, rows, left)]
    return "\n\n".join([*parts, *([_marked(table.note)] if table.note else [])]) + "\n"


def _marked(text: str) -> str:
    """Text that Markdown shows as it is: characters of markup get a backslash."""
    return re.sub(r"([\\`*_\[\]<>|#]|&(?=#?\w+;)|~(?=~))", r"\\\1", one_line(text))
