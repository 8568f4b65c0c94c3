"""BoTorch (Balandat et al., NeurIPS 2020): a Gaussian process on mixed parameters, and log expected improvement.

A real or whole number or an ordered choice is its position from 0 to 1. Another choice is one 1 among zeros, as in Ax.
Model, fit and acquisition function are the library's. The acquisition function is maximised by the local search of the
project's own Gaussian process, from the best of random candidates: the library's alternating search takes five times as
long on mixed spaces.

PyTorch runs on one thread, so that proposals do not depend on the number of cores, and with random numbers of its own.
If there is a compiler, BoTorch compiles a part of the hypervolume's function for the processor, and keeps it in the
user's cache. Proposals would then depend on the machine, so here BoTorch uses its Python version of the function.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.benchmark.method import Observation, Problem
from harness.benchmark.space import Categorical, Configuration, Space
from optimizers.fence import Fence, mute
from optimizers.gaussian_process.acquisition import best_points
from optimizers.gaussian_process.encoding import Encoder

with Fence(0).own():
    import torch
    from botorch.acquisition import AcquisitionFunction, LogExpectedImprovement, qLogExpectedImprovement
    from botorch.acquisition.multi_objective import ExpectedHypervolumeImprovement, logei
    from botorch.fit import fit_gpytorch_mll
    from botorch.models import ModelListGP, SingleTaskGP
    from botorch.sampling import SobolQMCNormalSampler
    from botorch.utils.multi_objective.box_decompositions import FastNondominatedPartitioning
    from botorch.utils.multi_objective.hypervolume import infer_reference_point
    from botorch.utils.multi_objective.pareto import is_non_dominated
    from gpytorch.mlls import ExactMarginalLogLikelihood, SumMarginalLogLikelihood

mute("botorch")
SAMPLES = 128
"""Samples of the model's predictions by which acquisition functions without a formula are estimated."""
FIT_STEPS, REFIT_STEPS = 50, 10
"""The most steps of the first fit, and of every other. These begin where the last one ended, so the fit goes on with
the next proposal.
"""
INCUMBENTS = 2
"""The most points of the front from which the search of the acquisition function also begins."""
LARGEST = 1e100
"""The largest loss told to the model, whose square is still a number."""
Points = NDArray[np.float64]


class _BoTorch:
    """A Sobol design, then the maximum of an acquisition function under a model of all results so far."""

    def __init__(
        self, problem: Problem, seed: int, *,
        n_startup_trials: int | None = None, raw_samples: int = 512, num_restarts: int = 4,
    ) -> None:  # fmt: skip
        counts = {"n_startup_trials": (n_startup_trials, 2), "raw_samples": (raw_samples, 1)}
        for name, (value, least) in {**counts, "num_restarts": (num_restarts, 1)}.items():
            if value is not None and value < least:
                raise ValueError(f"{name} = {value} must be at least {least}")
        self._raw_samples, self._num_restarts = max(raw_samples, num_restarts), num_restarts
        self._features = _Features(problem.space)
        self._startup = n_startup_trials or 2 * (len(problem.space.movable) + 1)
        self._seed, self._fence, self._rng = seed, _TorchFence(seed), np.random.default_rng(seed)
        self._design = torch.quasirandom.SobolEngine(max(1, len(problem.space.movable)), scramble=True, seed=seed)
        self._asked = 0
        self._pending: list[Points] = []
        self._points: list[Points] = []
        self._losses: list[tuple[float, ...]] = []
        self._fitted: dict[str, Any] = {}

    def ask(self) -> Configuration:
        """The next point of the design, later the maximum of the acquisition function given the pending points."""
        self._asked += 1
        with self._fence.own():
            if self._asked <= self._startup or len(self._points) < 2 or not self._features.movable:
                configuration = self._features.at(self._design.draw(1, dtype=torch.double)[0].numpy())
            else:
                configuration = self._best()
        self._pending.append(self._features.point(configuration))
        return configuration

    def tell(self, observation: Observation) -> None:
        """Adds a result. The model is fitted when the next proposal needs it."""
        point = self._features.point(observation.configuration)
        del self._pending[next(n for n, pending in enumerate(self._pending) if np.array_equal(pending, point))]
        self._points.append(point)
        self._losses.append(observation.losses)

    def _best(self) -> Configuration:
        """The configuration of the greatest acquisition among those neither evaluated nor pending, if the search met
        one.
        """
        points, y = np.array(self._points), torch.tensor(-_tame(np.array(self._losses)))
        model = self._model(self._features.columns(points), y)
        pending = self._features.columns(np.array(self._pending)) if self._pending else None
        acquisition = self._acquisition(model, y, pending)

        def score(candidates: Points) -> Points:
            with torch.no_grad():
                found: Points = acquisition(self._features.columns(candidates)[:, None, :]).numpy()
            return found

        front = points[is_non_dominated(y).numpy()][:INCUMBENTS]
        ranked = best_points(
            self._features.encoder, score, front, self._raw_samples, self._rng, starts=self._num_restarts
        )
        known = {point.tobytes() for point in (*self._points, *self._pending)}
        configurations = map(self._features.configuration, ranked)
        return next(
            (c for c in configurations if self._features.point(c).tobytes() not in known),
            self._features.configuration(ranked[0]),
        )

    def _model(self, x: Any, y: Any) -> Any:
        """The fitted model, of one loss or a list of them. ``x``: columns; ``y``: a column per loss."""
        models = [SingleTaskGP(x, y[:, [column]]) for column in range(y.shape[1])]
        model: Any = models[0] if len(models) == 1 else ModelListGP(*models)
        likelihood = ExactMarginalLogLikelihood if len(models) == 1 else SumMarginalLogLikelihood
        with torch.no_grad():  # begin where the last fit ended
            for name, parameter in model.named_parameters():
                if name in self._fitted:
                    parameter.copy_(self._fitted[name])
        steps = REFIT_STEPS if self._fitted else FIT_STEPS
        fit_gpytorch_mll(likelihood(model.likelihood, model), optimizer_kwargs={"options": {"maxiter": steps}})
        self._fitted = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
        return model

    def _acquisition(self, model: Any, y: Any, pending: Any) -> AcquisitionFunction:
        raise NotImplementedError

    def _sampler(self) -> Any:
        return SobolQMCNormalSampler(torch.Size([SAMPLES]), seed=self._seed)


class LogEI(_BoTorch):
    """Log expected improvement (Ament et al., NeurIPS 2023); with pending points, over the improvement that they may
    bring.

    ``n_startup_trials``: points of the design, by default 2 (d + 1) for d parameters, as in the library's tutorials.
    """

    def _acquisition(self, model: Any, y: Any, pending: Any) -> AcquisitionFunction:
        if pending is None:
            return LogExpectedImprovement(model, best_f=y.max())
        return qLogExpectedImprovement(model, best_f=y.max(), sampler=self._sampler(), X_pending=pending)


class LogEHVI(_BoTorch):
    """Expected improvement of the hypervolume, one model per loss, no scalarisation. Without pending points it is the
    formula (Yang et al., 2019), whose greatest value is where its logarithm is greatest: a search without gradients
    does not need the logarithm. With pending points it is the logarithm, estimated (Ament et al., NeurIPS 2023).

    The reference point is the library's: a tenth of the front's range beyond its worst values. ``n_startup_trials``: as
    in ``LogEI``.
    """

    def _acquisition(self, model: Any, y: Any, pending: Any) -> AcquisitionFunction:
        reference = infer_reference_point(y[is_non_dominated(y)])
        cells = FastNondominatedPartitioning(reference, Y=y)
        if pending is None:
            return ExpectedHypervolumeImprovement(model, ref_point=reference, partitioning=cells)
        return logei.qLogExpectedHypervolumeImprovement(
            model, ref_point=reference, partitioning=cells, sampler=self._sampler(), X_pending=pending
        )


class _Features:
    """Points of the unit cube, and their columns for the model: one per choice of an unordered parameter, its position
    for every other. Parameters with a single value have no column.
    """

    def __init__(self, space: Space) -> None:
        self._space, self.movable = space, space.movable
        self.encoder = Encoder(space)

    def point(self, configuration: Configuration) -> Points:
        """The point of a configuration; whole numbers and choices are in the middle of their interval."""
        found: Points = self._space.to_unit_cube(configuration)
        return found

    def at(self, coordinates: Points) -> Configuration:
        """The configuration at the coordinates of the parameters with several values."""
        given = dict.fromkeys(self._space, 0.0) | dict(zip(self.movable, coordinates.tolist(), strict=False))
        return self._space.from_unit_cube(given.values())

    def configuration(self, point: Points) -> Configuration:
        """The configuration of a point."""
        return self._space.from_unit_cube(point.tolist())

    def columns(self, points: Points) -> Any:
        """The columns of points, one a row, for the model."""
        blocks = []
        for u, parameter in zip(points.T, self._space.values(), strict=True):
            if parameter.several and isinstance(parameter, Categorical) and not parameter.ordered:
                n = len(parameter.choices)
                blocks.append((np.floor(u * n)[:, None] == np.arange(n)).astype(float))
            elif parameter.several:
                blocks.append(u[:, None])
        return torch.tensor(np.hstack(blocks))


class _TorchFence(Fence):
    """A fence that gives the library random numbers of PyTorch of its own too, and one thread."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._torch = torch.Generator().manual_seed(seed).get_state()

    @contextmanager
    def own(self) -> Iterator[None]:
        """Inside this context, the global random state is the library's, PyTorch runs on one thread, and BoTorch
        neither compiles its function nor uses a compiled one.
        """
        state, threads = torch.get_rng_state(), torch.get_num_threads()
        torch.set_rng_state(self._torch)
        torch.set_num_threads(1)
        compiled = {name: getattr(logei, name) for name in ("_C", "_load_attempted") if hasattr(logei, name)}
        for name, value in zip(compiled, (None, True), strict=False):
            setattr(logei, name, value)
        try:
            with super().own():
                yield
        finally:
            for name, value in compiled.items():
                setattr(logei, name, value)
            self._torch = torch.get_rng_state()
            torch.set_num_threads(threads)
            torch.set_rng_state(state)


def _tame(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """The losses, one row per result, with the worst of their column in place of infinities and NaN."""
    tamed = np.where(np.abs(losses) <= LARGEST, losses, np.nan)
    worst = np.nanmax(np.vstack([tamed, np.where(np.isnan(tamed).all(axis=0), 0.0, np.nan)]), axis=0)
    return np.where(np.isnan(tamed), worst, tamed)
