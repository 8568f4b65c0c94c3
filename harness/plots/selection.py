"""Which records go into which figure: those of one surrogate set, protocol, objective and setting, and of no other."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from harness import registry
from harness.errors import UnknownName, UsageError
from harness.leaderboard import Leaderboard
from harness.records import Record
from harness.results import Results


def selected(results: Results, surrogates: str | None, methods: Collection[str]) -> list[Record]:
    """Records of one surrogate set (None: of all) and of some methods, by name or by label (empty: of all).

    UsageError if there are no records at all, UnknownName for what none of them has.
    """
    sets = sorted({record.spec.surrogates for record in results})
    if not sets:
        raise UsageError("there are no records to draw")
    if surrogates is not None and surrogates not in sets:
        raise UnknownName("surrogate set of these records", surrogates, sets)
    records = [record for record in results if surrogates in (None, record.spec.surrogates)]
    there = dict.fromkeys(name for record in records for name in (record.spec.method, record.spec.label))
    for name in methods:
        if name not in there:
            raise UnknownName("method of these records", name, there)
    return [record for record in records if not methods or {record.spec.method, record.spec.label} & {*methods}]


def figures(records: Iterable[Record]) -> dict[tuple[str, str, str, str], list[tuple[Leaderboard, Record]]]:
    """Records by (surrogate set, protocol, objective, setting): sets by name, the rest in the order of leaderboards.

    Protocol: what an id has before the task's name, empty for the suite's own 24 leaderboards. Where records of one
    set's name are of different contents, each content is a set of its own, named with its hash.
    """
    records = list(records)
    contents: dict[str, set[str]] = {}
    for record in records:
        contents.setdefault(record.spec.surrogates, set()).add(str(record.spec.surrogates_hash))
    boards = list(registry.suite().LEADERBOARDS)
    found: dict[tuple[str, str, str, str], list[tuple[Leaderboard, Record]]] = {}
    for record in sorted(
        records, key=lambda r: (r.spec.surrogates, boards.index(r.spec.leaderboard), r.spec.label, r.path)
    ):
        board = registry.leaderboard_of(record.spec.leaderboard)
        name, digest = record.spec.surrogates, str(record.spec.surrogates_hash)
        if len(contents[name]) > 1:
            name = f"{name}-{digest[:8]}"
        protocol = board.id.partition(f"{board.task}/")[0].strip("/")
        found.setdefault((name, protocol, board.objective, board.setting.name), []).append((board, record))
    return found
