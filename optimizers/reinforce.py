"""REINFORCE (Williams, 1992) on independent categorical distributions, always at full fidelity.

This is the reinforcement-learning baseline of NAS-Bench-101 (Ying et al., ICML 2019, Section 4.1). It has no controller
network. Each parameter has a categorical distribution, and its logits follow the policy gradient. Continuous parameters
are discretised.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.base import exact
from harness.benchmark.method import Observation, Problem
from harness.benchmark.space import Categorical, Configuration, Float, Integer, Parameter
from optimizers.moves import position


class Reinforce:
    """Samples from the policy. A result better than the moving average makes its choices likelier, a worse result makes
    them rarer.

    The reward is the negative loss. As in the NAS papers, the baseline is an exponential moving average of the rewards
    with ``momentum``. The advantage is divided by an exponential moving average of its own absolute value, so that
    ``learning_rate`` (the step of plain gradient ascent on the logits) does not depend on the unit of the loss. The
    (logarithmic) range of a continuous parameter is divided into ``bins`` equal parts; the policy chooses a part, and
    the value is uniform within it. A loss that is not finite counts as the worst finite loss so far.
    """

    def __init__(
        self, problem: Problem, seed: int, *, learning_rate: float = 0.3, momentum: float = 0.9, bins: int = 10
    ) -> None:
        if not 0 < learning_rate < math.inf:
            raise ValueError(f"learning_rate = {learning_rate} must be above 0 and finite")
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum = {momentum} must be at least 0 and below 1")
        if bins < 2:
            raise ValueError(f"bins = {bins} must be at least 2")
        self._space = problem.space
        self._rng = np.random.default_rng(seed)
        self._bins = bins
        self._rate = learning_rate
        self._logits = {name: np.zeros(self._size(parameter)) for name, parameter in self._space.items()}
        self._baseline = _MovingAverage(momentum)
        self._scale = _MovingAverage(momentum)
        self._worst = math.inf

    def ask(self) -> Configuration:
        """A sample of the policy."""
        drawn: dict[str, Any] = {}
        for name, parameter in self._space.items():
            logits = self._logits[name]
            chosen = int(np.searchsorted(np.cumsum(_softmax(logits))[:-1], self._rng.random(), side="right"))
            if isinstance(parameter, Categorical):
                drawn[name] = parameter.choices[chosen]
            else:
                drawn[name] = parameter.at((chosen + float(self._rng.random())) / len(logits))
        return drawn | self._space.constants

    def tell(self, observation: Observation) -> None:
        """Makes one step of gradient ascent, from the present policy even if it has changed since the proposal."""
        reward = -observation.losses[0]
        if math.isfinite(reward):
            self._worst = min(self._worst, reward)
        elif math.isfinite(self._worst):
            reward = self._worst
        else:
            return
        advantage = reward - self._baseline.update(reward)
        size = self._scale.update(abs(advantage))
        if not 0 < size < math.inf:
            return
        for name, parameter in self._space.items():
            gradient = -_softmax(self._logits[name])
            gradient[self._chosen(parameter, observation.configuration[name])] += 1.0
            self._logits[name] += self._rate * (advantage / size) * gradient

    def _size(self, parameter: Parameter) -> int:
        if isinstance(parameter, Categorical):
            return len(parameter.choices)
        return min(self._bins, parameter.high - parameter.low + 1) if isinstance(parameter, Integer) else self._bins

    def _chosen(self, parameter: Parameter, value: Any) -> int:
        size = self._size(parameter)
        if isinstance(parameter, Categorical):
            return parameter.choices.index(value)
        if isinstance(parameter, Float):
            return min(int(position(parameter, value) * size), size - 1)
        return int(value - parameter.low) * size // (parameter.high - parameter.low + 1)


@dataclass
class _MovingAverage:
    """An exponential moving average without the bias of its start at zero."""

    momentum: float
    weight: float = 0.0
    average: float = 0.0

    def update(self, value: float) -> float:
        """The average after adding ``value``. If all values are equal, it is exactly that value: no rounding noise that
        a later division would amplify.
        """
        self.weight = self.momentum * self.weight + (1 - self.momentum)
        self.average += (value - self.average) * ((1 - self.momentum) / self.weight)
        return self.average


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    likely = exact.exp_array(logits - np.max(logits))
    probabilities: NDArray[np.float64] = likely / likely.sum()
    return probabilities
