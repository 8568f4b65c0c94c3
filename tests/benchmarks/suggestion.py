"""Prints how long a suggestion of the model-based asynchronous methods takes; asserts nothing.

``python tests/benchmarks/suggestion.py``

A suggestion is made at a number of observations, 7 evaluations pending, once with a fit of the hyperparameters from the
last optimum and one restart, once without. Wanted: at most 0.5 s at 200 observations.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

import numpy as np

from harness import registry
from harness.benchmark.method import Observation, Problem
from harness.registry import load_surrogates

SIZES = (50, 100, 200)
PENDING = 7
REPEATS = 5
METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "async-bo": ("bb", {}),
    "a-bohb, exp-decay": ("mf", {}),
    "a-bohb, matern": ("mf", {"model": "matern"}),
}


def method_with(name: str, observations: int, refit: bool) -> Any:
    """The method after so many observations of random configurations at the rungs, and some pending."""
    setting, settings = METHODS[name]
    board = registry.leaderboard("cifar10", "single", setting)
    axes = ("epoch",) if setting == "mf" else ()
    problem = Problem(
        board.space, board.objectives, setting, board.fidelities, dict(board.full), axes, 1e6, 1e4, PENDING + 1
    )
    schedule = {"refit_until": 10**6} if refit else {"refit_until": 0, "refit_every": 10**6}
    entry = registry.method(name.partition(",")[0])
    method = entry.load()(problem, 0, **settings, **schedule)
    searcher = method._searcher
    surrogates = load_surrogates("lite-1")
    predict = surrogates.means("cifar10", ("valid-acc",)).one
    rng = np.random.default_rng(0)
    epochs = (2, 7, 22, 66, 200) if axes else (200,)
    weights = np.array([81.0, 27.0, 9.0, 3.0, 5.0])[-len(epochs) :]
    for trial in range(observations + PENDING):
        configuration, rung = board.space.sample(rng), int(rng.choice(len(epochs), p=weights / weights.sum()))
        searcher.start(configuration, rung)
        fidelity = {**board.full, "epoch": epochs[rung]}
        loss = -predict({**configuration, **fidelity})[0]
        if trial < observations:
            method.tell(Observation(trial, configuration, fidelity, (loss,), None))
    return method


def seconds(name: str, observations: int, refit: bool) -> tuple[float, float]:
    """Median wall-clock and processor seconds of a suggestion; the first, whose fit starts from nothing, counts not."""
    wall, processor = [], []
    method = method_with(name, observations, refit)
    searcher = method._searcher
    for _ in range(REPEATS + 1):
        if refit:
            searcher._refits._fitted = -1  # as if an observation were new
        before = time.perf_counter(), time.process_time()
        searcher.suggest()
        wall.append(time.perf_counter() - before[0])
        processor.append(time.process_time() - before[1])
    return statistics.median(wall[1:]), statistics.median(processor[1:])


def main() -> None:
    """The report."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    print(f"{'seconds per suggestion (of the processor)':44}" + "".join(f"{n:>16}" for n in SIZES))
    for name in METHODS:
        for refit in (True, False):
            cells = [seconds(name, n, refit) for n in SIZES]
            label = f"{name}, {'with' if refit else 'without'} a fit"
            print(f"{label:44}" + "".join(f"{f'{wall:.3f} ({cpu:.3f})':>16}" for wall, cpu in cells), flush=True)


if __name__ == "__main__":
    main()
