"""Synthetic problems: a leaderboard whose metrics are small formulas, so that the checks need no surrogate set.

``landscape`` makes an ordinary function source of them. *Quality* is a number in [0, 1], 0 the best, that
becomes a metric between 0 and 100 in that metric's own direction; *price* is in units of a mean full evaluation
(``UNIT`` simulated seconds). Both are pure functions of an evaluation, and each odd kind is a function of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.base.seeding import derive_seed
from harness.benchmark.inputs import columns_of
from harness.benchmark.leaderboard import Leaderboard
from harness.benchmark.space import Categorical, Float, Integer, Parameter
from harness.sources.live.function import FunctionSource, FunctionTask

UNIT = 1000.0
"""Simulated seconds of a mean full evaluation."""

Values = Mapping[str, Any]


def position(parameter: Parameter, value: Any) -> float:
    """Where a legal value lies in its range, from 0 to 1; on the logarithm where the range is logarithmic."""
    if isinstance(parameter, Categorical):
        return parameter.choices.index(value) / max(1, len(parameter.choices) - 1)
    if isinstance(parameter, Float) and parameter.log:
        return math.log(value / parameter.low) / math.log(parameter.high / parameter.low)
    return float((value - parameter.low) / (parameter.high - parameter.low))


def share(parameter: Parameter, value: Any) -> float:
    """The share of a full training that a fidelity stands for: its value over the largest, or its level's rank over the
    number of levels.
    """
    if isinstance(parameter, Categorical):
        return (parameter.choices.index(value) + 1) / len(parameter.choices)
    return float(value / parameter.high)


def _between(low: float, high: float, *names: Any) -> float:
    """A pseudo-random number between low and high that depends on the names alone."""
    return low + (high - low) * derive_seed(*map(str, names)) / 2**32


def smooth(board: Leaderboard, values: Values, objective: int) -> float:
    """A bowl with one optimum, which differs between two objectives. No two configurations have equal quality. A lower
    fidelity is worse by the same amount for all configurations.
    """
    terms = []
    for at, (name, parameter) in enumerate(board.space.items()):
        if isinstance(parameter, Float | Integer):
            terms.append((position(parameter, values[name]) - (0.3 + 0.4 * (objective % 2))) ** 2)
        else:
            best = parameter.choices[(at + objective) % len(parameter.choices)]
            terms.append(0.0 if values[name] == best else _between(0.4, 0.6, name, values[name]))
    progress = [position(parameter, values[name]) for name, parameter in board.fidelities.items()]
    return 0.8 * sum(terms) / len(terms) + 0.2 * (1.0 - sum(progress) / len(progress))


def tied(board: Leaderboard, values: Values, objective: int) -> float:
    """The smooth bowl in coarse steps, so that most qualities occur more than once."""
    return round(20.0 * smooth(board, values, objective)) / 20.0


def constant(board: Leaderboard, values: Values, objective: int) -> float:  # noqa: ARG001
    """The same quality for every evaluation."""
    return 0.5


def even(board: Leaderboard, values: Values) -> float:
    """The same price for every configuration, in proportion to every fidelity."""
    return math.prod(share(parameter, values[name]) for name, parameter in board.fidelities.items())


def spread(board: Leaderboard, values: Values) -> float:
    """A tenth to ten times the even price, at random for each configuration, so evaluations overtake one another."""
    return even(board, values) * math.pow(10.0, _between(-1.0, 1.0, "spread", *(values[name] for name in board.space)))


def extreme(board: Leaderboard, values: Values) -> float:
    """A billionth to three units, at random for each evaluation. Even a longer training may be cheaper."""
    every = (values[name] for name in (*board.space, *board.fidelities))
    return math.pow(10.0, _between(-9.0, 0.5, "extreme", *every))


QUALITIES: dict[str, Callable[[Leaderboard, Values, int], float]] = {
    "smooth": smooth, "tied": tied, "constant": constant,
}  # fmt: skip
PRICES: dict[str, Callable[[Leaderboard, Values], float]] = {"even": even, "spread": spread, "extreme": extreme}


@dataclass(frozen=True)
class _Formulas:
    """The metrics of one evaluation; metrics that are neither an objective nor the price are 0."""

    board: Leaderboard
    quality: str
    price: str

    def __call__(self, values: Values) -> dict[str, float]:
        known = dict.fromkeys(self.board.metrics, 0.0)
        known[self.board.price] = UNIT * PRICES[self.price](self.board, values)
        for number, objective in enumerate(self.board.objectives):
            quality = 100.0 * QUALITIES[self.quality](self.board, values, number)
            known[objective.metric] = 100.0 - quality if objective.maximize else quality
        return known


def landscape(board: Leaderboard, quality: str, price: str, evaluations: int) -> FunctionSource:
    """A synthetic source for one leaderboard, on which its budget is ``evaluations`` units."""
    constants = {"mean_runtime": UNIT * evaluations / board.budget}
    task = FunctionTask(_Formulas(board, quality, price), board.metrics, constants)
    columns = columns_of(board.space, board.fidelities, board.full)
    return FunctionSource("synthetic", {board.task: task}, columns, version=f"{quality} {price} {board.id}")


def qualities(board: Leaderboard, losses: tuple[float, ...]) -> list[float]:
    """The qualities behind the losses that a method was told."""
    pairs = zip(board.objectives, losses, strict=True)
    return [(loss + 100.0 if objective.maximize else loss) / 100.0 for objective, loss in pairs]
