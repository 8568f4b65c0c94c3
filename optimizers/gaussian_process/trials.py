"""The evaluations of a search: those that are pending, those that have ended, and which configurations are new."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.benchmark.space import Configuration, Space
from optimizers.gaussian_process.encoding import Encoder
from optimizers.gaussian_process.hyperparameters import Array

TRIES = 100
"""The largest number of random draws for a new configuration. If none is new, the last one is proposed again."""


class Trials:
    """Is told when evaluations start and end, and finds configurations that were never started.

    Rungs are numbers from 0, the cheapest. ``points``, ``rungs`` and ``losses`` are those of the ended evaluations, in
    the order in which they ended; an entry of ``losses`` has one loss per objective.
    """

    def __init__(self, space: Space, rng: np.random.Generator) -> None:
        self._space, self._rng = space, rng
        self.encoder = Encoder(space)
        self._seen: set[tuple[Any, ...]] = set()
        self._pending: list[tuple[tuple[Any, ...], int, Array]] = []
        self.points: list[Array] = []
        self.rungs: list[int] = []
        self.losses: list[tuple[float, ...]] = []

    def start(self, configuration: Configuration, rung: int) -> None:
        """Adds a pending evaluation."""
        key = self._key(configuration)
        self._seen.add(key)
        self._pending.append((key, rung, self.encoder.point(configuration)))

    def finish(
        self, configuration: Configuration, rung: int, losses: tuple[float, ...], reached: int | None = None
    ) -> None:  # fmt: skip
        """Ends a pending evaluation. ``reached``: the rung that it reached, if not the one it was started for."""
        key = self._key(configuration)
        at = next(i for i, (other, level, _) in enumerate(self._pending) if (other, level) == (key, rung))
        self.points.append(self._pending.pop(at)[2])
        self.rungs.append(rung if reached is None else reached)
        self.losses.append(losses)

    def forget(self, configuration: Configuration, rung: int) -> None:
        """Removes the ended evaluation of a configuration at a rung, if there is one."""
        point = self.encoder.point(configuration)
        for at in reversed(range(len(self.rungs))):
            if self.rungs[at] == rung and (self.points[at] == point).all():
                del self.points[at], self.rungs[at], self.losses[at]
                return

    @property
    def running(self) -> tuple[Array, list[int]]:
        """The points of the pending evaluations, shape (m, parameters), and their rungs."""
        points = [point for _, _, point in self._pending]
        return np.array(points).reshape(len(points), len(self._space)), [rung for _, rung, _ in self._pending]

    def new(self, points: Array) -> Configuration:
        """The configuration at the first point that was never started; a random one if there is no such point."""
        for point in points:
            configuration = self.encoder.configuration(point)
            if self._key(configuration) not in self._seen:
                return configuration
        return self.random()

    def random(self) -> Configuration:
        """A uniform random configuration, a new one if ``TRIES`` draws find one."""
        for _ in range(TRIES):
            configuration = self._space.sample(self._rng)
            if self._key(configuration) not in self._seen:
                break
        return configuration

    def _key(self, configuration: Configuration) -> tuple[Any, ...]:
        return tuple(configuration[name] for name in self._space)
