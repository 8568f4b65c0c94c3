"""A-BOHB: model-based asynchronous Hyperband (Klein et al., arXiv:2003.10865, Section 3).

``AsyncHyperband`` schedules the evaluations. New configurations maximise expected improvement under a Gaussian process
that models configurations and resources jointly.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from typing import Any

import numpy as np

from harness.benchmark.ladder import rungs
from harness.benchmark.method import Observation, Problem, Proposal
from harness.benchmark.space import Configuration, Integer
from optimizers.asha import AsyncHyperband
from optimizers.gaussian_process.decay import ExponentialDecay
from optimizers.gaussian_process.encoding import Encoder
from optimizers.gaussian_process.hyperparameters import Model
from optimizers.gaussian_process.matern import Matern
from optimizers.gaussian_process.refits import Refits
from optimizers.gaussian_process.searcher import Options, Searcher

DELTAS = {"learn": None, "0": 0.0, "1": 1.0}
MODELS = ("exp-decay", "matern")
DATA = ("rungs", "rungs-last", "all")


class ABOHB(AsyncHyperband):
    """Asynchronous Hyperband whose new configurations come from a Gaussian process.

    ``data``: the observations that the model is given (Appendix B.3). "rungs": the losses at the rungs. "all": the
    losses at every value of the axis from a trial's first rung upwards. "rungs-last": the losses at the rungs and the
    last loss of every trial. The last two evaluate a trial value by value, so they need a whole-number axis and
    checkpoints; on an axis of levels, whose rungs are its levels, all three are the same.
    ``variant``, ``eta``, ``brackets``: as in ``AsyncHyperband``.
    ``model``: "exp-decay" is the exponential-decay model of Appendix B.2, with ``delta`` "learn", "0" or "1"; "matern"
    is a Matérn-5/2 kernel over configuration and rung, with a length scale per column.
    ``initial``: the number L of observations that a rung needs before it can be r_acq, the rung at which expected
    improvement is maximised; r_acq is the largest such rung. Default: the number of parameters. Until some rung has
    that many observations, configurations are random.
    ``fantasies``: number of joint draws of the pending outcomes. ``candidates``: number of random configurations that
    are scored for a suggestion. ``restarts``: number of random starts of a fit, besides the last optimum.
    ``refit_until``: up to this number of observations, hyperparameters are fitted at every update. ``refit_every``:
    after that, they are fitted at every n-th update (None: whenever there is a new observation at the full resource).
    ``max_data``: the largest number of observations given to the model, the highest rungs first.
    ``targets``: "log" or "plain", see ``data.scaled``. ``warping``: whether numeric inputs are warped by a learned
    Kumaraswamy function, with ``model`` "matern" also the rung.
    """

    def __init__(
        self, problem: Problem, seed: int, *, variant: str = "stopping", eta: int | None = None,
        brackets: int | None = None, model: str = "exp-decay", delta: str = "learn", initial: int | None = None,
        fantasies: int = 20, candidates: int = 1000, restarts: int = 1, refit_until: int = 50,
        refit_every: int | None = None, max_data: int = 200, targets: str = "log",
        warping: bool = False, data: str = "rungs",
    ) -> None:  # fmt: skip
        for name, value, legal in (("model", model, MODELS), ("delta", delta, tuple(DELTAS)), ("data", data, DATA)):
            if value not in legal:
                raise ValueError(f"{name} = {value!r} must be one of {', '.join(legal)}")
        rng = np.random.default_rng(seed)
        enough = max(len(problem.space), 1) if initial is None else initial
        ladder = [next(iter(rung.values())) for rung in rungs(problem, eta)]
        self._curve = _Curve(problem, data, ladder)
        prior, resources = _model(problem, model, DELTAS[delta], self._curve, warping)
        searcher = Searcher(
            problem.space, rng, prior, resources, Refits(refit_until, refit_every),
            Options(enough, fantasies, candidates, restarts, max_data, targets), self._curve.deciding,
        )  # fmt: skip
        self._model_data = searcher
        self._schedule(problem, variant, eta, brackets, searcher, rng)

    def tell(self, observation: Observation) -> None:
        """Adds the loss to the model's data; at a rung, decides how the trial goes on."""
        curve, (value,) = self._curve, (observation.fidelity[axis] for axis in self._levels[0])
        configuration, loss = observation.configuration, observation.losses[0]
        self._model_data.finish(configuration, curve.pending(value), loss, curve.values.index(value))
        replaced = curve.replaced(value)
        if replaced is not None:
            self._model_data.forget(configuration, replaced)
        self._further = None
        if value in curve.rungs:
            self._judge(configuration, curve.rungs.index(value), loss)
        else:
            self._on, self._further = None, curve.after(value)

    def proceed(self, observation: Observation) -> Mapping[str, Any] | None:
        """The next fidelity of a trial between two rungs or one that continues from a rung, else None."""
        if self._further is not None:
            return self._evaluation(observation.configuration, self._further).fidelity
        return super().proceed(observation)

    def _started(self, configuration: Configuration, rung: int, climbing: bool = False) -> Proposal:
        curve = self._curve
        return self._evaluation(configuration, curve.after(curve.rungs[rung - 1]) if climbing else curve.rungs[rung])

    def _evaluation(self, configuration: Configuration, value: Any) -> Proposal:
        self._model_data.start(configuration, self._curve.pending(value))
        (axis,) = self._levels[0]
        return Proposal(configuration, {axis: value})


class _Curve:
    """The values of the axis at which trials are evaluated. ``rungs``: those at which decisions are made."""

    def __init__(self, problem: Problem, data: str, ladder: list[Any]) -> None:
        whole = isinstance(problem.fidelities[problem.axes[0]], Integer)
        if data != "rungs" and whole and not problem.continuation:
            raise ValueError(f"data = {data!r} must be rungs where trials do not continue from checkpoints")
        self.rungs = ladder
        self._every = data == "all"
        self._last = data == "rungs-last" and whole
        stepping = whole and data != "rungs"
        self.values: list[Any] = list(range(ladder[0], ladder[-1] + 1)) if stepping else ladder

    @property
    def deciding(self) -> list[int]:
        """The places of the rungs in ``values``."""
        return [self.values.index(rung) for rung in self.rungs]

    def after(self, value: Any) -> Any:
        """The value that follows."""
        return self.values[self.values.index(value) + 1]

    def pending(self, value: Any) -> int:
        """The place in ``values`` at which an evaluation is pending for the model: its own with "all", as in the paper,
        else the place of the rung that it goes to.
        """
        place = self.values.index(value)
        if self._every or value in self.rungs:
            return place
        return self.values.index(self.rungs[bisect_left(self.rungs, value)])

    def replaced(self, value: Any) -> int | None:
        """With "rungs-last", the place of the value before, whose loss is no longer a trial's last."""
        place = self.values.index(value) - 1
        return place if self._last and place >= 0 and self.values[place] not in self.rungs else None


def _model(
    problem: Problem, name: str, delta: float | None, curve: _Curve, warping: bool
) -> tuple[Model, list[float]]:  # fmt: skip
    """The model, and the resource at each value of the axis as the model takes it. "exp-decay" takes the share of the
    full resource; "matern" takes the place between 0 and 1 of its logarithm, in which rungs are evenly spaced.
    """
    encoder, dimensions = Encoder(problem.space), len(problem.space)
    columns, warped = encoder.columns, encoder.numeric if warping else []
    values = curve.values
    if name == "exp-decay":
        return ExponentialDecay(columns, dimensions, delta, warped), [float(value / values[-1]) for value in values]
    places = np.linspace(0.0, 1.0, len(values))
    if values != curve.rungs:
        places = np.log(np.array(values) / values[0]) / np.log(values[-1] / values[0])
    return Matern(columns + 1, dimensions + 1, [*warped, columns] if warping else ()), places.tolist()
