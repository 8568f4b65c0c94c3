"""Derived spaces: in the run of a seed, some parameters are fixed at random values (paper, Section 4)."""

from __future__ import annotations

from harness import registry
from harness.base.seeding import derive_generator
from harness.benchmark.leaderboard import Leaderboard
from harness.benchmark.space import Space


def derived_space(board: Leaderboard, surrogates: str, space: str, seed: int) -> Space:
    """The space that a method searches in the run of ``seed``. Its fixed values are the same for every method."""
    names = registry.suite(board.suite).spaces[space]
    if not names:  # a run is short, and the board's own space is ready for checks
        return board.space
    rng = derive_generator("space", board.task, surrogates, space, seed)
    draws = rng.random(len(names)).tolist()
    return board.space.fix({name: board.space[name].at(u) for name, u in zip(names, draws, strict=True)})
