"""What the authors of a suite published: archives to fetch, tables to import, quantities of their leaderboards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.sources.obtain.archive import Archive
from harness.sources.obtain.official import Official
from harness.sources.tables.plan import Plan


@dataclass(frozen=True)
class Quantity:
    """A number that a publication reports.

    ``objective``: the objective of the leaderboards that it belongs to; ``score``: turns the number into a score of
    these leaderboards, None if that is impossible; ``remark``: a caution for readers who compare.
    """

    label: str
    objective: str
    score: Callable[[float], float] | None
    remark: str = ""


def _no_table(path: Path) -> str:  # noqa: ARG001
    return ""


@dataclass(frozen=True)
class Publication:
    """The ways to obtain the sources of a suite, and the quantities that its authors report.

    ``archives``: name of a source -> the archive that it is imported from; ``imports``: name of a source that cannot be
    fetched -> the file that it is imported from; ``recognise(path)``: the name of the source in a file, empty if the
    file is no table of the suite; ``read_plan(path)``: the table in such a file; ``official``: facts that the importer
    of surrogates needs, None if the suite has no surrogates; ``quantities``: the reported quantities by name.
    """

    archives: Mapping[str, Archive] = field(default_factory=dict)
    imports: Mapping[str, str] = field(default_factory=dict)
    recognise: Callable[[Path], str] = _no_table
    read_plan: Callable[[Path], Plan] | None = None
    official: Official | None = None
    quantities: Mapping[str, Quantity] = field(default_factory=dict)

    def how_to_get(self, source: str) -> str:
        """The command that fetches or imports a source; empty if this publication has no such source."""
        if source in self.archives:
            return f"harness data fetch {source}"
        if source in self.imports:
            return f"harness data import {self.imports[source]} --name {source}"
        return ""
