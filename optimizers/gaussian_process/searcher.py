"""Chooses configurations by a Gaussian process over configurations and resources, while evaluations are pending.

The model is updated only when ``suggest`` is called, as in the paper (Klein et al., arXiv:2003.10865, Section 3 and
Appendix B.1). The steps are: fit if a fit is due, condition on the data, add the pending evaluations as fantasies,
maximise expected improvement at the resource r_acq. Rungs are numbered from 0, the cheapest; with one rung this is
ordinary Bayesian optimisation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.benchmark.space import Configuration, Space
from optimizers.gaussian_process.acquisition import best_points, expected_improvement
from optimizers.gaussian_process.data import TARGETS, kept, scaled
from optimizers.gaussian_process.encoding import Encoder
from optimizers.gaussian_process.hyperparameters import Array, Model
from optimizers.gaussian_process.likelihood import fit
from optimizers.gaussian_process.posterior import Posterior
from optimizers.gaussian_process.refits import Refits
from optimizers.gaussian_process.threads import one_thread

INCUMBENTS = 2
"""The number of observed configurations, those with the lowest expected loss, from which the search for the maximum of
expected improvement also starts.
"""
TRIES = 100
"""The largest number of random draws for a new configuration. If none is new, the last one is proposed again."""


@dataclass(frozen=True)
class Options:
    """The numbers that steer a searcher. ValueError names an option that is too small or unknown.

    ``initial``: observations that a rung needs to be r_acq; until some rung has them, configurations are random.
    ``fantasies``: joint draws of the pending outcomes. ``candidates``: random configurations scored per suggestion.
    ``restarts``: random starts of a fit. ``max_data``: the most observations that the model is given. ``targets``: see
    ``data.scaled``.
    """

    initial: int
    fantasies: int
    candidates: int
    restarts: int
    max_data: int
    targets: str

    def __post_init__(self) -> None:
        if self.targets not in TARGETS:
            raise ValueError(f"targets = {self.targets!r} must be one of {', '.join(TARGETS)}")
        for name in ("initial", "fantasies", "candidates", "restarts", "max_data"):
            value = getattr(self, name)
            least = int(name != "restarts")
            if value < least:
                raise ValueError(f"{name} = {value} must be at least {least}")


class Searcher:
    """Suggests configurations, and is told when their evaluations start and finish.

    ``resources``: the resource of each rung, as the model takes it; None if the model sees configurations only.
    """

    def __init__(
        self, space: Space, rng: np.random.Generator, model: Model, resources: Sequence[float] | None, refits: Refits,
        options: Options,
    ) -> None:  # fmt: skip
        self._space, self._rng, self._model, self._refits, self._options = space, rng, model, refits, options
        self._resources = None if resources is None else np.array(resources)
        self._top = 0 if resources is None else len(resources) - 1
        self._encoder = Encoder(space)
        self._seen: set[tuple[Any, ...]] = set()
        self._pending: list[tuple[tuple[Any, ...], int, Array]] = []
        self._points: list[Array] = []
        self._rungs: list[int] = []
        self._losses: list[float] = []
        self._theta: Array | None = None

    def start(self, configuration: Configuration, rung: int) -> None:
        """Adds a pending evaluation."""
        key = self._key(configuration)
        self._seen.add(key)
        self._pending.append((key, rung, self._encoder.point(configuration)))

    def finish(self, configuration: Configuration, rung: int, loss: float) -> None:
        """Ends a pending evaluation: its loss takes the place of its fantasies."""
        key = self._key(configuration)
        at = next(i for i, (other, level, _) in enumerate(self._pending) if (other, level) == (key, rung))
        self._points.append(self._pending.pop(at)[2])
        self._rungs.append(rung)
        self._losses.append(loss)

    @property
    def acquisition_rung(self) -> int | None:
        """r_acq: the largest rung with at least ``initial`` observations; None if there is no such rung yet."""
        counts = Counter(self._rungs)
        return max((rung for rung, count in counts.items() if count >= self._options.initial), default=None)

    def suggest(self) -> Configuration:
        """The configuration to start next; a random one until a rung has enough observations."""
        rung = self.acquisition_rung
        if rung is None:
            return self._random()
        with one_thread():
            points = self._maximum(rung)
        for point in points:
            configuration = self._encoder.configuration(point)
            if self._key(configuration) not in self._seen:
                return configuration
        return self._random()

    def _maximum(self, rung: int) -> Array:
        chosen = kept(self._rungs, self._losses, self._options.max_data)
        points = np.array([self._points[i] for i in chosen])
        x = self._inputs(points, np.array([self._rungs[i] for i in chosen]))
        y = scaled(np.array([self._losses[i] for i in chosen]), self._options.targets)
        if self._refits.due(len(self._losses), self._rungs.count(self._top)) or self._theta is None:
            self._theta = fit(self._model, x, y, self._rng, self._theta, self._options.restarts)
        posterior = Posterior.given(self._model, self._theta, x, y)
        if self._pending:
            running = np.array([point for _, _, point in self._pending])
            at = self._inputs(running, np.array([level for _, level, _ in self._pending]))
            draws = self._rng.standard_normal((len(running), self._options.fantasies))
            posterior = posterior.fantasise(at, draws)
        # In each fantasy, the lowest expected loss at r_acq. A configuration observed at another rung counts as well.
        means, _ = posterior.predict(self._inputs(points, np.full(len(points), rung)))
        best = means.min(axis=0)
        known = points[np.argsort(means.mean(axis=1), kind="stable")[:INCUMBENTS]]

        def score(candidates: Array) -> Array:
            mean, variance = posterior.predict(self._inputs(candidates, np.full(len(candidates), rung)))
            return expected_improvement(mean, variance, best)

        return best_points(self._encoder, score, known, self._options.candidates, self._rng)

    def _inputs(self, points: Array, rungs: Any) -> Array:
        columns = self._encoder.encode(points)
        return columns if self._resources is None else np.hstack([columns, self._resources[rungs][:, None]])

    def _random(self) -> Configuration:
        for _ in range(TRIES):
            configuration = self._space.sample(self._rng)
            if self._key(configuration) not in self._seen:
                break
        return configuration

    def _key(self, configuration: Configuration) -> tuple[Any, ...]:
        return tuple(configuration[name] for name in self._space)
