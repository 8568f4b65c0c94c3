"""Derived spaces: the searched space of one seed, where some parameters are fixed at random (paper, Section 4)."""

from __future__ import annotations

from harness import registry
from harness.base.seeding import derive_generator
from harness.benchmark.leaderboard import Leaderboard
from harness.benchmark.space import Space


def derived_space(board: Leaderboard, surrogates: str, space: str, seed: int) -> Space:
    """The space a method searches: ``hpo`` and ``nas`` fix some parameters per seed, alike for all methods."""
    names = registry.suite(board.suite).spaces[space]
    rng = derive_generator("space", board.task, surrogates, space, seed)
    draws = rng.random(len(names)).tolist()
    return board.space.fix({name: board.space[name].at(u) for name, u in zip(names, draws, strict=True)})
