"""A-BOHB: model-based asynchronous Hyperband (Klein et al., arXiv:2003.10865, Section 3).

``AsyncHyperband`` schedules the evaluations. New configurations maximise expected improvement under a Gaussian process
that models configurations and resources jointly.
"""

from __future__ import annotations

import numpy as np

from harness.benchmark.ladder import rungs
from harness.benchmark.method import Problem
from optimizers.asha import AsyncHyperband
from optimizers.gaussian_process.decay import ExponentialDecay
from optimizers.gaussian_process.encoding import Encoder
from optimizers.gaussian_process.hyperparameters import Model
from optimizers.gaussian_process.matern import Matern
from optimizers.gaussian_process.refits import Refits
from optimizers.gaussian_process.searcher import Options, Searcher

DELTAS = {"learn": None, "0": 0.0, "1": 1.0}
MODELS = ("exp-decay", "matern")


class ABOHB(AsyncHyperband):
    """Asynchronous Hyperband whose new configurations come from a Gaussian process. The model is fitted to the losses
    at the rungs only.

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
    ``targets``: "log" or "plain", see ``data.scaled``.
    """

    def __init__(
        self, problem: Problem, seed: int, *, variant: str = "stopping", eta: int | None = None,
        brackets: int | None = None, model: str = "exp-decay", delta: str = "learn", initial: int | None = None,
        fantasies: int = 20, candidates: int = 1000, restarts: int = 1, refit_until: int = 50,
        refit_every: int | None = None, max_data: int = 200, targets: str = "log",
    ) -> None:  # fmt: skip
        for name, value, legal in (("model", model, MODELS), ("delta", delta, tuple(DELTAS))):
            if value not in legal:
                raise ValueError(f"{name} = {value!r} must be one of {', '.join(legal)}")
        rng = np.random.default_rng(seed)
        enough = max(len(problem.space), 1) if initial is None else initial
        prior, resources = _model(problem, model, DELTAS[delta], eta)
        searcher = Searcher(
            problem.space, rng, prior, resources, Refits(refit_until, refit_every),
            Options(enough, fantasies, candidates, restarts, max_data, targets),
        )  # fmt: skip
        self._schedule(problem, variant, eta, brackets, searcher, rng)


def _model(problem: Problem, name: str, delta: float | None, eta: int | None) -> tuple[Model, list[float]]:
    """The model, and the resource at each rung as the model takes it. "exp-decay" takes the share of the full resource;
    "matern" takes the rung's place between 0 and 1, since rungs are evenly spaced in the logarithm.
    """
    columns, dimensions, ladder = Encoder(problem.space).columns, len(problem.space), rungs(problem, eta)
    if name == "matern":
        return Matern(columns + 1, dimensions + 1), np.linspace(0.0, 1.0, len(ladder)).tolist()
    values = [next(iter(rung.values())) for rung in ladder]
    return ExponentialDecay(columns, dimensions, delta), [float(value / values[-1]) for value in values]
