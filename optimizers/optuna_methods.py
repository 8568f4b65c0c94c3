"""Optuna's samplers and pruners (Akiba et al., KDD 2019), each a study in memory driven through its ask and tell.

Settings and their defaults are the library's own. The effect of a default can change with Optuna's version, and the
record names the version: with 5.0, TPE's ``multivariate`` and ``constant_liar`` became the default for one objective.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
import warnings
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import optuna
from optuna.pruners import BasePruner, HyperbandPruner, SuccessiveHalvingPruner
from optuna.samplers import BaseSampler, GPSampler, NSGAIISampler, TPESampler

from harness.benchmark.ladder import rungs
from harness.benchmark.method import Observation, Problem, Proposal
from harness.benchmark.space import Configuration
from harness.errors import UsageError
from optimizers.hyperband import promotion_factor
from optimizers.pending import Pending


class _Study:
    """One Optuna study over the problem's space."""

    def __init__(self, problem: Problem, seed: int, sampler: BaseSampler, pruner: BasePruner | None = None) -> None:
        self._space = problem.space
        self._distributions = self._space.to_optuna()
        with _quiet():
            self._study = optuna.create_study(
                storage=optuna.storages.InMemoryStorage(),
                sampler=sampler,
                pruner=pruner or optuna.pruners.NopPruner(),
                study_name=str(seed),  # the Hyperband pruner assigns brackets by this name; without it, at random
                directions=["minimize"] * len(problem.objectives),
            )

    def _new_trial(self) -> tuple[optuna.Trial, Configuration]:
        with _quiet():
            trial = self._study.ask(self._distributions)
        return trial, self._space.from_optuna(trial.params)


class _Full(_Study):
    """A study in which each trial is one evaluation at full fidelity."""

    def __init__(self, problem: Problem, seed: int, sampler: BaseSampler) -> None:
        super().__init__(problem, seed, sampler)
        self._pending: Pending[optuna.Trial] = Pending(problem.space)

    def ask(self) -> Configuration:
        """The sampler's next suggestion. The sampler knows the pending trials as running."""
        trial, configuration = self._new_trial()
        self._pending.add(configuration, trial)
        return configuration

    def tell(self, observation: Observation) -> None:
        """Completes the trial with its losses."""
        trial = self._pending.take(observation.configuration)
        with _quiet():
            self._study.tell(trial, [_number(loss) for loss in observation.losses])


class TPE(_Full):
    """``TPESampler``: tree-structured Parzen estimators (Bergstra et al., 2011). With two objectives it is the
    library's multi-objective TPE (non-domination rank and hypervolume contribution; no scalarisation).

    ``multivariate``: whether to model the parameters jointly; None takes the library's default.
    """

    def __init__(
        self, problem: Problem, seed: int, *,
        n_startup_trials: int = 10, n_ei_candidates: int = 24, multivariate: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__(problem, seed, _tpe(seed, n_startup_trials, n_ei_candidates, multivariate))


class NSGA2(_Full):
    """``NSGAIISampler``: NSGA-II (Deb et al., 2002), for one or two objectives (no scalarisation).

    ``population_size``: with the library's default of 50, a budget of 100 full evaluations allows two generations.
    """

    def __init__(self, problem: Problem, seed: int, *, population_size: int = 50) -> None:
        if population_size < 2:
            raise ValueError(f"population_size = {population_size} must be at least 2")
        super().__init__(problem, seed, NSGAIISampler(seed=seed, population_size=population_size))


class GP(_Full):
    """``GPSampler``: Gaussian-process Bayesian optimisation by log expected improvement. With two objectives it uses
    log expected hypervolume improvement (no scalarisation; Optuna 4.4 and later).

    ``deterministic_objective``: True fits no noise; the library's default is False. PyTorch runs on one thread, so that
    the proposals do not depend on the number of cores. With such small matrices, more threads are slower too.
    """

    def __init__(
        self, problem: Problem, seed: int, *, n_startup_trials: int = 10, deterministic_objective: bool = False
    ) -> None:
        _at_least(1, n_startup_trials=n_startup_trials)
        if missing := [name for name in ("torch", "scipy") if importlib.util.find_spec(name) is None]:
            raise UsageError(f"optuna-gp needs {' and '.join(missing)}: pip install {' '.join(missing)}")
        with _quiet():
            sampler = GPSampler(
                seed=seed, n_startup_trials=n_startup_trials, deterministic_objective=deterministic_objective
            )
        super().__init__(problem, seed, sampler)

    def ask(self) -> Configuration:
        """The sampler's next suggestion, computed on one thread. The sampler knows the pending trials as running."""
        with _one_torch_thread():
            return super().ask()


class _Pruned(_Study):
    """TPE whose trials climb the rungs of the declared fidelity axis until the pruner stops them.

    A trial is evaluated at the cheapest rung, reports its loss, and is either pruned or evaluated at the next rung.
    With several workers, other trials run meanwhile. Rung k reports as resource ``eta**k``, so that the pruner's rungs
    are the harness's rungs (2, 7, 22, 66, 200 epochs with the default). Trials of a bracket that prunes at later rungs
    only are evaluated at the earlier rungs too, like a training that reports its progress.
    """

    def __init__(
        self, problem: Problem, seed: int, *, eta: int | None = None,
        n_startup_trials: int = 10, n_ei_candidates: int = 24, multivariate: bool | None = None,
    ) -> None:  # fmt: skip
        self._eta = promotion_factor(problem, eta)
        self._rungs = rungs(problem, eta)
        sampler = _tpe(seed, n_startup_trials, n_ei_candidates, multivariate)
        super().__init__(problem, seed, sampler, self._pruner())
        self._pending: Pending[tuple[optuna.Trial, Configuration]] = Pending(problem.space)
        self._promoted: deque[tuple[optuna.Trial, Configuration, int]] = deque()

    def ask(self) -> Proposal:
        """The next rung of a trial that was not pruned, else the cheapest rung of a new trial."""
        trial, configuration, rung = self._promoted.popleft() if self._promoted else (*self._new_trial(), 0)
        self._pending.add(configuration, (trial, configuration), stage=rung)
        return Proposal(configuration, self._rungs[rung])

    def tell(self, observation: Observation) -> None:
        """Reports a rung's loss; the pruner decides whether the trial goes on."""
        rung = self._rungs.index({axis: observation.fidelity[axis] for axis in self._rungs[0]})
        trial, configuration = self._pending.take(observation.configuration, stage=rung)
        loss = _number(observation.losses[0])
        with _quiet():
            trial.report(loss, self._eta**rung)
            if rung == len(self._rungs) - 1:
                self._study.tell(trial, loss)
            elif trial.should_prune():
                self._study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            else:
                self._promoted.append((trial, configuration, rung + 1))

    def _pruner(self) -> BasePruner:
        raise NotImplementedError


class TPEHyperband(_Pruned):
    """``TPESampler`` with ``HyperbandPruner``: one bracket per rung, and each bracket models only its own trials.

    ``eta``: the pruner's reduction factor, and the ratio of the rungs; defaults as in the harness's own ``Hyperband``.
    ``n_startup_trials``, ``n_ei_candidates``, ``multivariate``: as in ``TPE``.
    """

    def _pruner(self) -> BasePruner:
        # The pruner makes as many brackets as the rounded-down logarithm of ``top``, and math.log(243, 3) is 4.999.
        top = self._eta ** (len(self._rungs) - 1) + 1
        return HyperbandPruner(min_resource=1, max_resource=top, reduction_factor=self._eta)


class TPESuccessiveHalving(_Pruned):
    """``TPESampler`` with ``SuccessiveHalvingPruner``, which is asynchronous: it compares a trial with earlier trials.

    ``eta``: as in ``TPEHyperband``.
    ``n_startup_trials``, ``n_ei_candidates``, ``multivariate``: as in ``TPE``.
    """

    def _pruner(self) -> BasePruner:
        return SuccessiveHalvingPruner(min_resource=1, reduction_factor=self._eta)


def _tpe(seed: int, n_startup_trials: int, n_ei_candidates: int, multivariate: bool | None) -> TPESampler:
    _at_least(1, n_startup_trials=n_startup_trials, n_ei_candidates=n_ei_candidates)
    chosen: dict[str, Any] = {} if multivariate is None else {"multivariate": multivariate}
    with _quiet():
        return TPESampler(seed=seed, n_startup_trials=n_startup_trials, n_ei_candidates=n_ei_candidates, **chosen)


def _at_least(least: int, **settings: int) -> None:
    for name, value in settings.items():
        if value < least:
            raise ValueError(f"{name} = {value} must be at least {least}")


def _number(loss: float) -> float:
    """The loss, with infinity in place of NaN: Optuna accepts infinity, but drops a trial that returns NaN as
    failed.
    """
    return math.inf if math.isnan(loss) else loss


@contextmanager
def _one_torch_thread() -> Iterator[None]:
    torch = importlib.import_module("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def _quiet() -> Iterator[None]:
    """Inside this context, Optuna logs nothing, and its warnings of experimental interfaces and of infinite losses are
    silenced.
    """
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            warnings.filterwarnings("ignore", "Clip non-finite values|.*cannot handle infinite values", UserWarning)
            yield
    finally:
        optuna.logging.set_verbosity(level)
