"""HpBandSter 0.7 (Falkner, Klein and Hutter, ICML 2018): its iterations and configuration generators, driven directly.

HpBandSter's master, a Pyro server with threads and sockets, is left out. An ``ask`` does the master's work: it goes
through the running iterations, and if none of them has a run to give, it starts the next iteration. So no worker ever
waits. HpBandSter draws from NumPy's global generator; ``Fence`` gives it a generator of its own. When BOHB's model
fails, HpBandSter logs a warning and proposes a random configuration; ``Log`` turns the warning into an error. The
"budgets" given to HpBandSter are the numbers of the harness's rungs (2, 7, 22, 66, 200 epochs), because it only
compares budgets.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from harness.benchmark.ladder import rungs
from harness.benchmark.method import Observation, Problem, Proposal
from optimizers.hpbandster_library import Fence, Job, Log, RandomSampling, View, generators, masters
from optimizers.hyperband import promotion_factor
from optimizers.pending import Pending


class _HpBandSter:
    """Iterations of successive halving, one after the other. ``master``: the class that makes the next iteration."""

    master: Any

    def __init__(self, problem: Problem, seed: int, generator: Any, ladder: Mapping[int, Any], **state: Any) -> None:
        self._space, self._ladder, self._generator = problem.space, ladder, generator
        self._fence = Fence(seed)
        self._pending: Pending[tuple[Any, Any]] = Pending(problem.space)
        self._self = SimpleNamespace(config_generator=generator, **state)
        self._started = 0
        self._iterations: list[Any] = []

    def ask(self) -> Proposal:
        """The next run of the first iteration that has one; if no iteration has a run, the first of a new iteration."""
        with self._fence.own():
            run = self._next_run()
            while run is None:
                self._iterations = [iteration for iteration in self._iterations if not iteration.is_finished]
                self._iterations.append(self.master.get_next_iteration(self._self, self._started))
                self._started += 1
                run = self._next_run()
        iteration, (number, encoded, budget) = run
        configuration = self._space.from_configspace(encoded)
        self._pending.add(configuration, (iteration, Job(number, config=encoded, budget=budget)), int(budget))
        return Proposal(configuration, self._ladder[int(budget)])

    def tell(self, observation: Observation) -> None:
        """Gives the result to its iteration, and to the generator, which learns from it."""
        rung = next(k for k, fidelity in self._ladder.items() if fidelity.items() <= observation.fidelity.items())
        iteration, job = self._pending.take(observation.configuration, rung)
        job.result = {"loss": observation.losses[0]}
        with self._fence.own():
            iteration.register_result(job)
            self._generator.new_result(job)

    def _next_run(self) -> tuple[Any, Any] | None:
        for iteration in self._iterations:
            run = iteration.get_next_run()
            if run is not None:
                return iteration, run
        return None


class RandomSearch(_HpBandSter):
    """HpBandSter's random search at full fidelity. It learns nothing, so it works with any number of objectives."""

    master = masters.RandomSearch

    def __init__(self, problem: Problem, seed: int) -> None:
        generator = RandomSampling(View(problem.space.to_configspace(seed=seed)))
        super().__init__(problem, seed, generator, {1: {}}, max_budget=1, budget_per_iteration=1)


class HyperBand(_HpBandSter):
    """HpBandSter's Hyperband, whose brackets are a little smaller than the paper's.

    ``eta``: as in the harness's own ``Hyperband``.
    """

    master = masters.HyperBand

    def __init__(self, problem: Problem, seed: int, *, eta: int | None = None) -> None:
        self._start(problem, seed, RandomSampling(View(problem.space.to_configspace(seed=seed))), eta)

    def _start(self, problem: Problem, seed: int, generator: Any, eta: int | None) -> None:
        factor = promotion_factor(problem, eta)
        ladder = dict(enumerate(rungs(problem, eta)))
        super().__init__(
            problem, seed, generator, ladder,
            eta=factor, max_SH_iter=len(ladder), budgets=np.arange(len(ladder)),
        )  # fmt: skip


class BOHB(HyperBand):
    """BOHB: Hyperband that draws configurations from a density of the good configurations, estimated at the highest
    rung with enough results.

    ``eta``: as in ``HyperBand``. The other settings have the library's names, meanings and defaults:
    ``min_points_in_model``, the results that a rung needs for a model (default: one more than there are parameters);
    ``top_n_percent``, the share of results that count as good; ``num_samples``, the samples tried for a proposal;
    ``random_fraction``, the share of proposals drawn at random; ``bandwidth_factor`` and ``min_bandwidth``. If the
    densities are degenerate at all samples tried, the proposal is random: this is the library's own rule, not a
    failure.
    """

    master = masters.BOHB

    def __init__(
        self, problem: Problem, seed: int, *, eta: int | None = None, min_points_in_model: int | None = None,
        top_n_percent: int = 15, num_samples: int = 64, random_fraction: float = 1 / 3, bandwidth_factor: float = 3.0,
        min_bandwidth: float = 1e-3,
    ) -> None:  # fmt: skip
        fewest = len(problem.space) + 1
        points = fewest if min_points_in_model is None else min_points_in_model
        for name, value, legal, what in (
            ("min_points_in_model", points, points >= fewest, f"at least {fewest}, one more than there are parameters"),
            ("top_n_percent", top_n_percent, 1 <= top_n_percent <= 99, "from 1 to 99"),
            ("num_samples", num_samples, num_samples >= 1, "at least 1"),
            ("random_fraction", random_fraction, 0 <= random_fraction <= 1, "between 0 and 1"),
            ("bandwidth_factor", bandwidth_factor, bandwidth_factor > 0, "above 0"),
            ("min_bandwidth", min_bandwidth, 0 < min_bandwidth < 1, "between 0 and 1"),
        ):
            if not legal:
                raise ValueError(f"{name} = {value} must be {what}")
        generator = generators.BOHB(
            View(problem.space.to_configspace(seed=seed)), min_points_in_model=points, top_n_percent=top_n_percent,
            num_samples=num_samples, random_fraction=random_fraction, bandwidth_factor=bandwidth_factor,
            min_bandwidth=min_bandwidth, logger=Log(),
        )  # fmt: skip
        self._start(problem, seed, generator, eta)
