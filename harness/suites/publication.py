"""What the authors of a suite published: archives to fetch, tables to import, quantities of their leaderboards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.sources.obtain.contents import Official
from harness.sources.obtain.fetch import Archive
from harness.sources.tables.making import Plan


@dataclass(frozen=True)
class Quantity:
    """A number that a publication reports.

    ``objective``: of the leaderboards it belongs to; ``score``: from the number to the leaderboard's score, None where
    there is no way; ``remark``: what a reader must know before comparing.
    """

    label: str
    objective: str
    score: Callable[[float], float] | None
    remark: str = ""


def _no_table(path: Path) -> str:  # noqa: ARG001
    return ""


@dataclass(frozen=True)
class Publication:
    """How the sources of a suite are obtained, and which quantities its authors report.

    ``archives``: name of a source -> the archive it is imported from; ``imports``: name of a source -> the file it is
    imported from where nothing can be fetched; ``recognise(path)``: the name of the source that a file makes, empty if
    the file is no table of the suite; ``read_plan(path)``: the table in such a file; ``official``: what the importer of
    surrogates must know, None if the suite has none; ``quantities``: by name.
    """

    archives: Mapping[str, Archive] = field(default_factory=dict)
    imports: Mapping[str, str] = field(default_factory=dict)
    recognise: Callable[[Path], str] = _no_table
    read_plan: Callable[[Path], Plan] | None = None
    official: Official | None = None
    quantities: Mapping[str, Quantity] = field(default_factory=dict)

    def how_to_get(self, source: str) -> str:
        """The command that gets a source which is not here; empty if this publication has no such source."""
        if source in self.archives:
            return f"harness data fetch {source}"
        if source in self.imports:
            return f"harness data import {self.imports[source]} --name {source}"
        return ""
