"""Driving a method by hand: problems on the JAHS space and a loop in which evaluations may end in any order."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from harness import registry
from harness.benchmark.method import Method, Observation, Problem, Proposal
from harness.benchmark.space import Space
from protocols.jahs.space import SPACE

Losses = Callable[[Proposal], tuple[float, ...]]


def problem(
    setting: str = "bb", objective: str = "single", axes: tuple[str, ...] = (), space: Space = SPACE
) -> Problem:
    """A leaderboard's problem, as the runner would pose it."""
    board = registry.leaderboard("cifar10", objective, setting)
    return Problem(space, board.objectives, setting, board.fidelities, dict(board.full), axes, 1e6, 1e4)


def smooth(proposal: Proposal) -> tuple[float]:
    """A bowl around a learning rate of 0.1 and operations of index 3, lower with the epoch."""
    c = proposal.configuration
    rate = (c["LearningRate"] / 0.1 + 0.1 / c["LearningRate"]) / 20
    return (float(rate + sum(abs(c[f"Op{i}"] - 3) for i in range(1, 7)) - proposal.fidelity.get("epoch", 200) / 100),)


def two(proposal: Proposal) -> tuple[float, float]:
    """Two losses that disagree."""
    c = proposal.configuration
    return smooth(proposal)[0], float(sum(c[f"Op{i}"] for i in range(1, 7)) - 1000 * c["WeightDecay"])


def observation(posed: Problem, proposal: Proposal, losses: Iterable[float], trial: int = 0) -> Observation:
    """A proposal's outcome."""
    configuration = posed.space.check(proposal.configuration)
    fidelity = posed.fidelities.check({**posed.full, **proposal.fidelity})
    return Observation(trial, configuration, fidelity, tuple(losses), 1.0)


def asked(method: Method) -> Proposal | None:
    """The next proposal."""
    answer = method.ask()
    return answer if answer is None or isinstance(answer, Proposal) else Proposal(answer)


def drive(
    method: Method, posed: Problem, evaluations: int, losses: Losses = smooth, pending: int = 1,
    shuffled: int | None = None,
) -> list[Proposal]:  # fmt: skip
    """Evaluates until ``evaluations`` proposals were made, ``pending`` at a time; they end in the order of asking, or
    in a random one seeded by ``shuffled``. Returns the proposals in the order of asking.
    """
    order = random.Random(shuffled)
    made: list[Proposal] = []
    running: list[Proposal] = []
    while True:
        while len(running) < pending and len(made) < evaluations and (proposal := asked(method)) is not None:
            proposal = replace(proposal, configuration=posed.space.check(proposal.configuration))
            made.append(proposal)
            running.append(proposal)
        if not running:
            return made
        proposal = running.pop(0 if shuffled is None else order.randrange(len(running)))
        method.tell(observation(posed, proposal, losses(proposal)))


def differing(a: Proposal, b: Proposal) -> list[str]:
    """The parameters in which two proposals differ."""
    return [name for name in SPACE if a.configuration[name] != b.configuration[name]]


def odd(proposal: Proposal, objectives: int) -> tuple[float, ...]:
    """Losses that are often infinite, sometimes no number, sometimes huge."""
    c: Any = proposal.configuration
    values = {0: float("inf"), 1: float("nan"), 2: 1e300, 3: -1e300, 4: 1.0}
    return (values[c["Op1"]], values[c["Op2"]])[:objectives]
