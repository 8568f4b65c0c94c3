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
from optimizers.gaussian_process.hyperparameters import Array, Model
from optimizers.gaussian_process.refits import Refits
from optimizers.gaussian_process.regression import Regression
from optimizers.gaussian_process.threads import one_thread
from optimizers.gaussian_process.trials import Trials

INCUMBENTS = 2
"""The number of observed configurations, those with the lowest expected loss, from which the search for the maximum of
expected improvement also starts.
"""


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
    ``deciding``: the rungs at which scheduling decisions are made, None for all. Only these can be r_acq, and if there
    are more observations than the model is given, these come first.
    """

    def __init__(
        self, space: Space, rng: np.random.Generator, model: Model, resources: Sequence[float] | None, refits: Refits,
        options: Options, deciding: Sequence[int] | None = None,
    ) -> None:  # fmt: skip
        self._rng, self._options = rng, options
        self._deciding = None if deciding is None else frozenset(deciding)
        self._resources = None if resources is None else np.array(resources)
        self._top = 0 if resources is None else len(resources) - 1
        self._trials = Trials(space, rng)
        self._regression = Regression(model, refits, options.restarts, rng)

    def start(self, configuration: Configuration, rung: int) -> None:
        """Adds a pending evaluation."""
        self._trials.start(configuration, rung)

    def finish(self, configuration: Configuration, rung: int, loss: float, reached: int | None = None) -> None:
        """Ends a pending evaluation: its loss takes the place of its fantasies. ``reached``: see ``Trials``."""
        self._trials.finish(configuration, rung, (loss,), reached)

    def forget(self, configuration: Configuration, rung: int) -> None:
        """Removes an observation from the model's data, if it is there."""
        self._trials.forget(configuration, rung)

    @property
    def acquisition_rung(self) -> int | None:
        """r_acq: the largest rung with at least ``initial`` observations; None if there is no such rung yet."""
        counts = Counter(rung for rung in self._trials.rungs if self._deciding is None or rung in self._deciding)
        return max((rung for rung, count in counts.items() if count >= self._options.initial), default=None)

    def suggest(self) -> Configuration:
        """The configuration to start next; a random one until a rung has enough observations."""
        rung = self.acquisition_rung
        if rung is None:
            return self._trials.random()
        with one_thread():
            points = self._maximum(rung)
        return self._trials.new(points)

    def _maximum(self, rung: int) -> Array:
        trials = self._trials
        losses = [loss for (loss,) in trials.losses]
        first = [rung if self._deciding is None or rung in self._deciding else -1 for rung in trials.rungs]
        chosen = kept(first, losses, self._options.max_data)
        points = np.array([trials.points[i] for i in chosen])
        x = self._inputs(points, np.array([trials.rungs[i] for i in chosen]))
        y = scaled(np.array([losses[i] for i in chosen]), self._options.targets)
        posterior = self._regression.given(x, y, len(losses), trials.rungs.count(self._top))
        running, rungs = trials.running
        posterior = self._regression.fantasised(posterior, self._inputs(running, rungs), self._options.fantasies)
        # In each fantasy, the lowest expected loss at r_acq. A configuration observed at another rung counts as well.
        means, _ = posterior.predict(self._inputs(points, np.full(len(points), rung)))
        best = means.min(axis=0)
        known = points[np.argsort(means.mean(axis=1), kind="stable")[:INCUMBENTS]]

        def score(candidates: Array) -> Array:
            mean, variance = posterior.predict(self._inputs(candidates, np.full(len(candidates), rung)))
            return expected_improvement(mean, variance, best)

        return best_points(trials.encoder, score, known, self._options.candidates, self._rng)

    def _inputs(self, points: Array, rungs: Any) -> Array:
        columns = self._trials.encoder.encode(points)
        return columns if self._resources is None else np.hstack([columns, self._resources[rungs][:, None]])
