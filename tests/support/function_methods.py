"""Function methods: sound ones, and ones with one fault each."""

from __future__ import annotations

import concurrent.futures
import contextlib
import itertools
import os
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from harness import BudgetExhausted, Capabilities, ObjectiveFunction, Problem

ENDED: list[str] = []
"""What functions have written while they came to their end."""


def samples(problem: Problem, seed: int) -> Iterator[dict[str, Any]]:
    return problem.space.samples(np.random.default_rng(seed))


def random_search(objective: ObjectiveFunction, problem: Problem, seed: int) -> None:
    for configuration in samples(problem, seed):
        objective(configuration)


random_search.capabilities = Capabilities(workers=1)  # type: ignore[attr-defined]


class RandomSearchClass:
    """The same as a class."""

    def __init__(self, problem: Problem, seed: int) -> None:
        self.samples = samples(problem, seed)

    def ask(self) -> dict[str, Any]:
        return next(self.samples)

    def tell(self, observation: Any) -> None:
        pass


def batches(objective: ObjectiveFunction, problem: Problem, seed: int) -> None:
    """Lists of several lengths, with repetitions; each answer must be that of its configuration."""
    drawn = samples(problem, seed)
    losses: dict[int, tuple[float, ...]] = {}
    for size in itertools.cycle((5, 1, 8, 0)):
        wanted = [next(drawn) for _ in range(size)]
        wanted += wanted[:2]
        found = objective.batch(wanted)
        if [each.configuration for each in found] != wanted:
            raise LookupError("an answer is another configuration's")
        for each in found:
            if losses.setdefault(each.trial, each.losses) != each.losses:
                raise LookupError("an answer is another trial's")


def successive(objective: ObjectiveFunction, problem: Problem, seed: int) -> None:
    """Every configuration at two fidelities."""
    (axis,) = problem.axes
    values = problem.fidelities[axis]
    low = values.choices[0] if hasattr(values, "choices") else values.low
    for configuration in samples(problem, seed):
        cheap = objective(configuration, {axis: low})
        whole = objective(configuration)
        if cheap.trial != whole.trial or cheap.fidelity[axis] != low or whole.fidelity != problem.full:
            raise LookupError("an evaluation at another fidelity than was asked for")


successive.capabilities = Capabilities(  # type: ignore[attr-defined]
    settings=("mf",), objectives=("single",), axis="any", workers=1
)


def scipys(objective: ObjectiveFunction, problem: Problem, seed: int, *, popsize: int = 3) -> None:
    """A library that minimises a function of the unit cube."""
    from scipy.optimize import differential_evolution

    names = list(problem.space)

    def loss(point: Any) -> float:
        configuration = {name: problem.space[name].at(min(u, 1 - 1e-9)) for name, u in zip(names, point, strict=True)}
        return objective(configuration).losses[0]

    differential_evolution(loss, [(0, 1)] * len(names), rng=seed, maxiter=10**6, tol=0, popsize=popsize, polish=False)


def catches_exceptions(objective: ObjectiveFunction, problem: Problem, seed: int) -> None:
    """As a library does that goes on after failed trials."""
    for configuration in samples(problem, seed):
        try:
            objective(configuration)
        except Exception:
            continue


def cleans_up(objective: ObjectiveFunction, problem: Problem, seed: int) -> None:
    try:
        random_search(objective, problem, seed)
    finally:
        ENDED.append("finally")


def wraps_the_end(objective: ObjectiveFunction, problem: Problem, seed: int) -> None:
    try:
        random_search(objective, problem, seed)
    except BaseException as error:
        raise RuntimeError("the objective failed") from error


def catches_the_end_and_returns(objective: ObjectiveFunction, problem: Problem, seed: int) -> None:
    for configuration in itertools.islice(samples(problem, seed), 500):
        try:
            objective(configuration)
        except BudgetExhausted:
            continue


def catches_everything(objective: ObjectiveFunction, problem: Problem, seed: int) -> None:
    for configuration in samples(problem, seed):
        try:
            objective(configuration)
        except BaseException:
            continue


def fails_after_the_end(objective: ObjectiveFunction, problem: Problem, seed: int) -> None:
    with contextlib.suppress(BudgetExhausted):
        random_search(objective, problem, seed)
    raise ValueError("nothing to do with the end")


def raises(objective: ObjectiveFunction, problem: Problem, seed: int) -> None:
    for number, configuration in enumerate(samples(problem, seed)):
        objective(configuration)
        if number == 2:
            raise KeyError("mine")


def returns_early(objective: ObjectiveFunction, problem: Problem, seed: int) -> None:
    for configuration in itertools.islice(samples(problem, seed), 5):
        objective(configuration)


def never_calls(objective: ObjectiveFunction, problem: Problem, seed: int) -> None:
    pass


def illegal(objective: ObjectiveFunction, problem: Problem, seed: int) -> None:
    for number, configuration in enumerate(samples(problem, seed)):
        objective(configuration | ({"LearningRate": 5.0} if number == 3 else {}))


def one_thread(objective: ObjectiveFunction, problem: Problem, seed: int) -> None:
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        for configuration in samples(problem, seed):
            pool.submit(objective, configuration).result()


def threads_at_once(objective: ObjectiveFunction, problem: Problem, seed: int) -> None:
    drawn = samples(problem, seed)
    gate = threading.Barrier(2)

    def call(configuration: dict[str, Any]) -> None:
        gate.wait()
        objective(configuration)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        while True:
            list(pool.map(call, [next(drawn), next(drawn)]))


def another_process(objective: ObjectiveFunction, problem: Problem, seed: int) -> None:
    import pickle

    objective(next(samples(problem, seed)))
    pickle.dumps(objective)


def leaves(objective: ObjectiveFunction, problem: Problem, seed: int) -> None:
    objective(next(samples(problem, seed)))
    os._exit(3)


SOUND = (random_search, batches, catches_exceptions, cleans_up, wraps_the_end, catches_the_end_and_returns, one_thread)
FAILING = {
    "raises": "raises raised KeyError: 'mine'",
    "catches_everything": "raised RuntimeError: it goes on after BudgetExhausted",
    "fails_after_the_end": "raised ValueError: nothing to do with the end",
    "never_calls": "never_calls stalled: it proposed nothing valid",
    "illegal": "illegal proposed an illegal evaluation: LearningRate = 5.0 is outside",
    "threads_at_once": "raised RuntimeError: the objective was called while it was being called",
    "another_process": "raised TypeError: the objective stays in its process",
    "leaves": "raised SystemExit: os._exit(3)",
}
