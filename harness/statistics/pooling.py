"""Pooling leaderboards: final scores, seed by seed, of the methods that every leaderboard has."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from harness.errors import UsageError
from harness.scores.metrics import Floats
from harness.statistics.frames import Scores


def finals(boards: Iterable[Scores], methods: Iterable[str] | None = None) -> list[Floats]:
    """Per leaderboard the final scores of ``methods`` on their shared seeds: shape (methods, seeds).

    ``methods``: by default all methods that every leaderboard has. UsageError if there is none, or if the directions of
    the leaderboards differ. TooFewSeeds if the methods share no seed on a leaderboard.
    """
    given = tuple(boards)
    if len({board.maximize for board in given}) > 1:
        raise UsageError("some leaderboards are maximised and others minimised; compare their scores apart")
    chosen = shared_methods(given) if methods is None else tuple(methods)
    if not chosen:
        raise UsageError("no method has runs on all of these leaderboards")
    return [board.paired(chosen)[..., -1] for board in given]


def shared_methods(boards: Iterable[Scores]) -> tuple[str, ...]:
    """The methods that every leaderboard has, in the order of the first."""
    given = tuple(boards)
    return tuple(m for m in given[0].methods if all(m in board.values for board in given)) if given else ()


def blocks(boards: Iterable[Scores], methods: Iterable[str] | None = None) -> dict[str, Floats]:
    """Method -> its final scores on every shared seed of every leaderboard, one after the other: shape (blocks,).

    ``critical_difference`` takes them. Arguments and errors as for ``finals``.
    """
    given = tuple(boards)
    chosen = shared_methods(given) if methods is None else tuple(methods)
    pooled = np.concatenate(finals(given, chosen), axis=1)
    return dict(zip(chosen, pooled, strict=True))
