"""Random search, Hyperband over epochs and Hyperband on the fidelity diagonal, simulated on precomputed values.

Results of methods come from the harness's runner. This simulation only calibrates a task before its set exists. It
works on a pool of random configurations whose accuracies and prices at every rung are known arrays. It stops at a
budget and scores the best accuracy seen at any fidelity (the view ``observed``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from protocols.jahs.space import FULL

EPOCHS = (2, 7, 22, 66, 200)
DIAGONAL = ((1, 4, 0.25, 22), (3, 8, 0.5, 66), (5, 16, 1.0, 200))


@dataclass(frozen=True)
class Ladder:
    """Accuracy (percent) and full price of every configuration at every rung, shape (rungs, configurations)."""

    accuracy: NDArray[np.float64]
    price: NDArray[np.float64]
    promotion: int
    continues: bool


def rung_frames(
    frame: pd.DataFrame, rungs: Sequence[int] | Sequence[tuple[int, int, float, int]]
) -> list[pd.DataFrame]:
    """The configurations at each rung: an epoch, or (N, W, Resolution, epoch)."""
    names = ("N", "W", "Resolution", "epoch")
    values = [rung if isinstance(rung, tuple) else (*(FULL[n] for n in names[:3]), rung) for rung in rungs]
    return [frame.assign(**dict(zip(names, value, strict=True))) for value in values]


def random_search(
    accuracy: NDArray[np.float64], price: NDArray[np.float64], mean: float, at: Sequence[float], seeds: int
) -> NDArray[np.float64]:
    """Best accuracy after ``at`` mean full evaluations, shape (seeds, points); NaN if no evaluation had ended yet."""
    out = np.empty((seeds, len(at)))
    for seed in range(seeds):
        order = np.random.default_rng(seed).permutation(len(accuracy))[: 20 * int(np.ceil(max(at)))]
        ends = np.cumsum(price[order]) / mean
        best = np.maximum.accumulate(accuracy[order])
        place = np.searchsorted(ends, at, side="right") - 1
        out[seed] = np.where(place >= 0, best[place], np.nan)
    return out


def hyperband(ladder: Ladder, budget: float, seeds: int) -> float:
    """Mean best accuracy observed by Hyperband within ``budget`` (same unit as the prices), over seeds."""
    return float(np.mean([_one_run(ladder, budget, seed) for seed in range(seeds)]))


def brackets(rungs: int, promotion: int) -> list[tuple[int, int]]:
    """(first rung, configurations) of each bracket, the most explorative first (Hyperband paper, Algorithm 1)."""
    top = rungs - 1
    return [(top - s, int(np.ceil((top + 1) / (s + 1) * promotion**s))) for s in range(top, -1, -1)]


def _one_run(ladder: Ladder, budget: float, seed: int) -> float:
    best, spent = 0.0, 0.0
    for accuracy, charge in _evaluations(ladder, np.random.default_rng(seed)):
        spent += charge
        if spent > budget:
            return best
        best = max(best, accuracy)
    return best


def _evaluations(ladder: Ladder, rng: np.random.Generator) -> Iterator[tuple[float, float]]:
    rungs, size = ladder.accuracy.shape
    while True:
        for first, count in brackets(rungs, ladder.promotion):
            alive = rng.integers(0, size, count)
            for rung in range(first, rungs):
                for i in alive:
                    credit = ladder.price[rung - 1, i] if ladder.continues and rung > first else 0.0
                    yield float(ladder.accuracy[rung, i]), float(max(ladder.price[rung, i] - credit, 0.0))
                order = np.argsort(-ladder.accuracy[rung, alive], kind="stable")
                alive = alive[order[: max(1, count // ladder.promotion ** (rung - first + 1))]]
