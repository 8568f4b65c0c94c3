"""Standings: the entries of every leaderboard in the order of its table."""

from __future__ import annotations

from dataclasses import dataclass

from harness import registry
from harness.benchmark.leaderboard import Leaderboard
from harness.reports.tables.collect import Collection
from harness.reports.tables.entries import RANKED, Entry
from harness.reports.tables.published import Published
from harness.statistics.ranking import ranks


@dataclass(frozen=True)
class Standing:
    """One leaderboard: entries with their ranks, entries without one, and published ones."""

    board: Leaderboard
    ranked: tuple[tuple[int, Entry], ...]
    unranked: tuple[Entry, ...]
    published: tuple[Published, ...]


def standings(collection: Collection) -> list[Standing]:
    """The leaderboards of every suite that has entries, in their order, also those without entries, and leaderboards of
    other protocols that have entries. Without any entry: the leaderboards of the default suite.
    """
    boards: dict[str, Leaderboard] = {}
    there = {one.board.suite for one in collection.entries}
    for suite in (name for name in registry.suites() if name in there or not there):
        boards |= registry.leaderboards_on(collection.surrogates, suite)
        if not there:
            break
    others = {one.board.id: one.board for one in collection.entries if one.board.id not in boards}
    boards |= {name: others[name] for name in sorted(others, key=registry.order_of)}
    return [_standing(board, collection) for board in boards.values()]


def _standing(board: Leaderboard, collection: Collection) -> Standing:
    here = [one for one in collection.entries if one.board.id == board.id]
    competing = {one.key: one for one in here if one.status == RANKED}
    order = ranks({key: one.finals for key, one in competing.items()}, maximize=board.score.maximize)
    return Standing(
        board,
        tuple((rank, competing[key]) for key, rank in order.items()),
        tuple(sorted((one for one in here if one.status != RANKED), key=lambda one: (one.status, one.key))),
        tuple(one for one in collection.published if one.board.id == board.id),
    )
