"""The tables that ``harness data`` prints: the card of a surrogate set, and the list of all sets and archives."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from rich.table import Table
from rich.text import Text

from harness import registry
from harness.cli.common import note, say
from harness.cli.console import PlainConsole
from harness.errors import SurrogateError
from harness.registry import load_surrogates
from harness.sources.obtain.download import part_of
from harness.sources.obtain.fetch import recorded_checksums
from harness.sources.shelf import entries
from harness.sources.stored import StoredSource

COLUMNS = {"metric": "left", "kind": "left", "trees": "right", "kB": "right", "Kendall's τ": "right", "R²": "right",
           "transform": "left", "made with": "left", "measured on, how made": "left"}  # fmt: skip
"""Columns of a card -> their alignment. A column that is empty for every metric is left out."""


def print_card(loaded: StoredSource) -> None:
    """Prints each task's constants and a line for each of its metrics."""
    console = PlainConsole(160)
    console.print(Text.assemble((loaded.name, "bold"), f"  {loaded.hash}"))
    for key, value in loaded.about.items():
        text = f"{len(value)} files, SHA-256 of each in the manifest" if key == "sources" else value
        console.print(f"{key}: {text}", soft_wrap=True)
    for task in loaded.tasks:
        constants = ", ".join(f"{k} = {v:,.6g}" for k, v in loaded.constants(task).items()) or "no constants"
        rows = [_row(loaded, task, metric) for metric in loaded.metrics(task)]
        used = [name for name in COLUMNS if any(row[name] for row in rows)]
        # No title: it would be as narrow as the table.
        console.print(Text.assemble((task, "bold"), f"  ({constants})"), soft_wrap=True)
        table = Table()
        for name in used:
            table.add_column(name, justify=COLUMNS[name])  # type: ignore[arg-type]
        for row in rows:
            table.add_row(*(row[name] or "-" for name in used))
        console.print(table)


def _row(loaded: StoredSource, task: str, metric: str) -> dict[str, str]:
    card = loaded.card(task, metric)
    stored = loaded.manifest["tasks"][task]["metrics"][metric]
    trees = f"{math.prod(stored['arrays']['roots']['shape']):,}" if "arrays" in stored else ""
    size = f"{stored['size'] / 1e3:,.0f}" if "size" in stored else ""
    tau, r2 = (f"{card[k]:.3f}" if isinstance(card.get(k), float) else "" for k in ("tau", "r2"))
    version = card.get("scikit-learn")
    cells = (
        metric, str(card.get("kind", "")), trees, size, tau, r2, str(card.get("transform", "")),
        f"scikit-learn {version}" if version else "", str(card.get("note", "")),
    )  # fmt: skip
    return dict(zip(COLUMNS, cells, strict=True))


def print_status(as_json: bool) -> int:
    """Prints sets and archives; 1 if the manifest of a set is damaged."""
    rows = list(_sets()) + list(_archives())
    if as_json:
        for row in rows:
            say(json.dumps(row))
    else:
        _print_rows(rows)
    damaged = [row for row in rows if "error" in row]
    for row in damaged:
        note(row["error"])
    return 1 if damaged else 0


def _sets() -> Iterator[dict[str, Any]]:
    for entry in entries().values():
        kind = "embedded" if entry.embedded else "imported"
        row: dict[str, Any] = {"set": entry.name, "kind": kind, "bytes": entry.size}
        try:
            loaded = load_surrogates(entry.path)
            row |= {"hash": loaded.hash, "tasks": loaded.tasks}
        except SurrogateError as error:
            row |= {"kind": "damaged", "error": str(error)}
        yield row | {"path": str(entry.path)}


def _archives() -> Iterator[dict[str, Any]]:
    recorded = recorded_checksums()
    for name, archive in registry.archives().items():
        for kind, file in (("archive", archive.file), ("partial", part_of(archive.file))):
            if file.exists():
                digest = recorded.get(name, {}).get("sha256")
                row = {"archive": name, "kind": kind, "bytes": file.stat().st_size, "path": str(file)}
                yield row | ({"sha256": digest} if digest and kind == "archive" else {})


def _print_rows(rows: list[dict[str, Any]]) -> None:
    table = Table("name", "kind", "hash", "tasks", box=None, pad_edge=False)
    table.add_column("size", justify="right")
    table.add_column("path", overflow="fold")
    for row in rows:
        table.add_row(
            row.get("set") or row["archive"],
            row["kind"],
            (row.get("hash") or row.get("sha256") or "-")[:12],
            ", ".join(row.get("tasks", ())) or "-",
            f"{row['bytes'] / 1e6:,.1f} MB",
            row["path"],
        )
    PlainConsole(200).print(table)
