"""Which records are drawn, and which of them share a figure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from harness import registry
from harness.benchmark.leaderboard import Leaderboard
from harness.errors import UnknownName, UsageError
from harness.reports.plots.options import Options
from harness.runs.records import Record


class Group(NamedTuple):
    """The records of one figure have these in common. ``place``: the part of a leaderboard id that names a protocol
    other than the suite's first one, else empty.
    """

    surrogates: str
    place: str
    objective: str
    setting: str


def chosen(results: Iterable[Record], options: Options) -> list[Record]:
    """The records of the surrogate set and the methods that ``options`` names, by default all.

    UsageError if there are no records at all; UnknownName for a set or method without any.
    """
    records = list(results)
    sets = sorted({record.spec.surrogates for record in records})
    if not sets:
        raise UsageError("there are no records to draw; make some with: harness run --task cifar10 --setting mf")
    if options.surrogates is not None and options.surrogates not in sets:
        raise UnknownName("source of these records", options.surrogates, sets)
    records = [record for record in records if options.surrogates in (None, record.spec.surrogates)]
    there = dict.fromkeys(name for record in records for name in (record.spec.method, record.spec.label))
    for name in options.methods:
        if name not in there:
            raise UnknownName("method of these records", name, there)
    wanted = {*options.methods}
    return [record for record in records if not wanted or {record.spec.method, record.spec.label} & wanted]


def grouped(records: Iterable[Record]) -> dict[Group, list[tuple[Leaderboard, Record]]]:
    """Group -> its records with their leaderboards: surrogate sets by name, the rest in the order of the leaderboards.

    If records name the same surrogate set, but were made with different contents of this set, each content counts as a
    set of its own, named with the beginning of its hash.
    """
    records = list(records)
    contents: dict[str, set[str]] = {}
    for record in records:
        contents.setdefault(record.spec.surrogates, set()).add(str(record.spec.surrogates_hash))
    found: dict[Group, list[tuple[Leaderboard, Record]]] = {}
    for record in sorted(
        records, key=lambda r: (r.spec.surrogates, registry.order_of(r.spec.leaderboard), r.spec.label, r.path)
    ):
        board = registry.leaderboard_of(record.spec.leaderboard)
        name, digest = record.spec.surrogates, str(record.spec.surrogates_hash)
        if len(contents[name]) > 1:
            name = f"{name}-{digest[:8]}"
        found.setdefault(Group(name, *board.group), []).append((board, record))
    return found
