"""Who stands where: the entries of every leaderboard in the order of its table."""

from __future__ import annotations

from dataclasses import dataclass

from harness import registry
from harness.leaderboard import Leaderboard
from harness.tables.collect import Collection
from harness.tables.entries import RANKED, Entry
from harness.tables.published import Published
from harness.tables.ranking import ranks


@dataclass(frozen=True)
class Standing:
    """One leaderboard: entries with their ranks, entries without one, and published ones."""

    board: Leaderboard
    ranked: tuple[tuple[int, Entry], ...]
    unranked: tuple[Entry, ...]
    published: tuple[Published, ...]


def standings(collection: Collection) -> list[Standing]:
    """Every leaderboard of the suite, in its order, those without entries included."""
    return [_standing(board, collection) for board in registry.suite().LEADERBOARDS.values()]


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
