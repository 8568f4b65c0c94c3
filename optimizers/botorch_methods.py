"""BoTorch (Balandat et al., NeurIPS 2020): a Gaussian process on mixed parameters, and log expected improvement.

A real or whole number or an ordered choice is its position from 0 to 1. Another choice is its number, which the model
encodes as one 1 among zeros, as Ax does. The acquisition function is maximised by the library's alternating search:
local search over values that can be counted, gradients for real numbers.

PyTorch runs on one thread, so that proposals do not depend on the number of cores, and with random numbers of its own.
If there is a compiler, BoTorch compiles a part of the hypervolume's function for the processor, and keeps it in the
user's cache. Proposals would then depend on the machine, so here BoTorch uses its Python version of the function.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.benchmark.method import Observation, Problem
from harness.benchmark.space import Categorical, Configuration, Float, Integer, Space
from optimizers.fence import Fence, mute

with Fence(0).own():
    import torch
    from botorch.acquisition import AcquisitionFunction, LogExpectedImprovement, qLogExpectedImprovement
    from botorch.acquisition.multi_objective import logei
    from botorch.fit import fit_gpytorch_mll
    from botorch.models import ModelListGP, SingleTaskGP
    from botorch.models.transforms.input import NumericToCategoricalEncoding
    from botorch.optim.optimize_mixed import optimize_acqf_mixed_alternating
    from botorch.sampling import SobolQMCNormalSampler
    from botorch.utils.multi_objective.box_decompositions import FastNondominatedPartitioning
    from botorch.utils.multi_objective.hypervolume import infer_reference_point
    from botorch.utils.multi_objective.pareto import is_non_dominated
    from gpytorch.mlls import ExactMarginalLogLikelihood, SumMarginalLogLikelihood
    from torch.nn.functional import one_hot

mute("botorch")
SAMPLES = 128
"""Samples of the model's predictions by which acquisition functions without a formula are estimated."""
FIT_STEPS = 50
"""The most steps of one fit. A fit begins where the last fit ended, so it continues with the next proposal."""
LARGEST = 1e100
"""The largest loss told to the model, whose square is still a number."""


class _BoTorch:
    """A Sobol design, then the maximum of an acquisition function under a model of all results so far."""

    def __init__(
        self, problem: Problem, seed: int, *,
        n_startup_trials: int | None = None, raw_samples: int = 256, num_restarts: int = 4,
    ) -> None:  # fmt: skip
        counts = {"n_startup_trials": (n_startup_trials, 2), "raw_samples": (raw_samples, 1)}
        for name, (value, least) in {**counts, "num_restarts": (num_restarts, 1)}.items():
            if value is not None and value < least:
                raise ValueError(f"{name} = {value} must be at least {least}")
        self._raw_samples, self._num_restarts = max(raw_samples, num_restarts), num_restarts
        self._features = _Features(problem.space)
        self._startup = n_startup_trials or 2 * (len(problem.space.movable) + 1)
        self._seed, self._fence = seed, _TorchFence(seed)
        self._design = torch.quasirandom.SobolEngine(max(1, len(problem.space.movable)), scramble=True, seed=seed)
        self._asked = 0
        self._pending: list[NDArray[np.float64]] = []
        self._points: list[NDArray[np.float64]] = []
        self._losses: list[tuple[float, ...]] = []
        self._fitted: dict[str, Any] = {}

    def ask(self) -> Configuration:
        """The next point of the design, later the maximum of the acquisition function given the pending points."""
        self._asked += 1
        with self._fence.own():
            if self._asked <= self._startup or len(self._points) < 2:
                configuration = self._features.at(self._design.draw(1, dtype=torch.double)[0].numpy())
            else:
                configuration = self._features.configuration(self._best())
        self._pending.append(self._features.point(configuration))
        return configuration

    def tell(self, observation: Observation) -> None:
        """Adds a result. The model is fitted when the next proposal needs it."""
        point = self._features.point(observation.configuration)
        del self._pending[next(n for n, pending in enumerate(self._pending) if np.array_equal(pending, point))]
        self._points.append(point)
        self._losses.append(observation.losses)

    def _best(self) -> NDArray[np.float64]:
        x, y = torch.tensor(np.array(self._points)), torch.tensor(-_tame(np.array(self._losses)))
        models = [self._features.model(x, y[:, [column]]) for column in range(y.shape[1])]
        model: Any = models[0] if len(models) == 1 else ModelListGP(*models)
        likelihood = ExactMarginalLogLikelihood if len(models) == 1 else SumMarginalLogLikelihood
        with torch.no_grad():  # begin where the last fit ended
            for name, parameter in model.named_parameters():
                if name in self._fitted:
                    parameter.copy_(self._fitted[name])
        fit_gpytorch_mll(likelihood(model.likelihood, model), optimizer_kwargs={"options": {"maxiter": FIT_STEPS}})
        self._fitted = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
        pending = torch.tensor(np.array(self._pending)) if self._pending else None
        found, _ = optimize_acqf_mixed_alternating(
            self._acquisition(model, y, pending), bounds=self._features.bounds, raw_samples=self._raw_samples,
            num_restarts=self._num_restarts, **self._features.kinds,
        )  # fmt: skip
        best: NDArray[np.float64] = found[0].numpy()
        return best

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
    """Log expected improvement of the hypervolume (Ament et al., NeurIPS 2023), one model per loss, no scalarisation.

    The reference point is the library's: a tenth of the front's range beyond its worst values. ``n_startup_trials``: as
    in ``LogEI``.
    """

    def _acquisition(self, model: Any, y: Any, pending: Any) -> AcquisitionFunction:
        reference = infer_reference_point(y[is_non_dominated(y)])
        return logei.qLogExpectedHypervolumeImprovement(
            model, ref_point=reference, partitioning=FastNondominatedPartitioning(reference, Y=y),
            sampler=self._sampler(), X_pending=pending,
        )  # fmt: skip


class _Features:
    """The parameters with several values, as columns of the model. ``kinds``: the library's word for choices or for
    ordered values -> the number of the column -> its values.
    """

    def __init__(self, space: Space) -> None:
        self._space = space
        self._several = np.array([parameter.several for parameter in space.values()])
        searched = [space[name] for name in space.movable]
        self._sizes = {
            n: len(p.choices) for n, p in enumerate(searched) if isinstance(p, Categorical) and not p.ordered
        }
        ordered = {n: _values(p) for n, p in enumerate(searched) if n not in self._sizes and not isinstance(p, Float)}
        numbers = {n: [float(k) for k in range(size)] for n, size in self._sizes.items()}
        self.kinds = {"cat_dims": numbers, "discrete_dims": ordered}
        values = numbers | ordered
        ends = [(values[n][0], values[n][-1]) if n in values else (0.0, 1.0) for n in range(len(searched))]
        self.bounds = torch.tensor(ends, dtype=torch.double).T

    def point(self, configuration: Configuration) -> NDArray[np.float64]:
        """A configuration as the columns of the model."""
        point: NDArray[np.float64] = self._space.to_unit_cube(configuration)[self._several]
        for n, size in self._sizes.items():
            point[n] = np.floor(point[n] * size)
        return point

    def configuration(self, point: NDArray[np.float64]) -> Configuration:
        """The configuration of a point of the model."""
        coordinates = point.copy()
        for n, size in self._sizes.items():
            coordinates[n] = (point[n] + 0.5) / size
        return self.at(coordinates)

    def at(self, coordinates: NDArray[np.float64]) -> Configuration:
        """The configuration at a point of the unit cube of the parameters with several values."""
        whole = np.zeros(len(self._several))
        whole[self._several] = coordinates
        return self._space.from_unit_cube(whole.tolist())

    def model(self, x: Any, y: Any) -> Any:
        """The library's model of one loss, not yet fitted. ``x``: points, one a row; ``y``: their values, a column."""
        encoders = {n: partial(one_hot, num_classes=size) for n, size in self._sizes.items()}
        encoding = NumericToCategoricalEncoding(len(self.bounds.T), self._sizes, encoders) if encoders else None
        return SingleTaskGP(x, y, input_transform=encoding)


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


def _values(parameter: Categorical | Integer) -> list[float]:
    """The coordinates of all values."""
    n = len(parameter.choices) if isinstance(parameter, Categorical) else parameter.high - parameter.low + 1
    return [(k + 0.5) / n for k in range(n)]


def _tame(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """The losses, one row per result, with the worst of their column in place of infinities and NaN."""
    tamed = np.where(np.abs(losses) <= LARGEST, losses, np.nan)
    worst = np.nanmax(np.vstack([tamed, np.where(np.isnan(tamed).all(axis=0), 0.0, np.nan)]), axis=0)
    return np.where(np.isnan(tamed), worst, tamed)
