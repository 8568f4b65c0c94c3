"""DEHB (Awad, Mallik and Hutter, IJCAI 2021): differential evolution over the rungs of Hyperband, by ask and tell.

DEHB gets the dimension of the unit cube instead of a ConfigSpace: its own conversion is the same, and slower. Its
fidelities eta^0, eta^1, ... stand for the harness's rungs (2, 7, 22, 66, 200 epochs), because it only compares them.
DEHB writes a log file and state files, and replaces the handlers of loguru's global logger; here it writes nothing.

DEHB 0.1.2 asks for NumPy below 2, so an installer would replace NumPy by a version that other libraries here are not
built for. But DEHB runs with NumPy 2. So it is installed without its dependencies, and the extra installs the others.
"""

from __future__ import annotations

import importlib
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from harness.benchmark.ladder import rungs
from harness.benchmark.method import Observation, Problem, Proposal
from harness.errors import UsageError
from optimizers.fence import Fence
from optimizers.hyperband import promotion_factor
from optimizers.pending import Pending

with Fence(0).own():
    import dehb
    from loguru import logger

WORST = sys.float_info.max
"""The loss told instead of infinity, which DEHB takes for "not evaluated"."""


class DEHB:
    """DEHB over the declared axis, with the library's defaults: mutation factor 0.5, crossover 0.5, ``rand1_bin``.

    DEHB starts the next bracket instead of waiting for pending evaluations, so it never answers None. ``eta``: the
    promotion factor, which the rungs follow; default 3, or 2 if the varied axis has levels. ``mutation_factor``: how
    far a mutant moves along the difference of two configurations; ``crossover_prob``: the chance that a parameter is
    the mutant's.
    """

    def __init__(
        self, problem: Problem, seed: int, *,
        eta: int | None = None, mutation_factor: float = 0.5, crossover_prob: float = 0.5,
    ) -> None:  # fmt: skip
        factor = promotion_factor(problem, eta)
        ladder = rungs(problem, eta)
        for name, value, legal, right in (
            ("mutation_factor", mutation_factor, 0 < mutation_factor <= 2, "above 0 and at most 2"),
            ("crossover_prob", crossover_prob, 0 <= crossover_prob <= 1, "from 0 to 1"),
            ("the number of rungs", len(ladder), len(ladder) > 1, "at least 2"),
        ):
            if not legal:
                raise ValueError(f"{name} = {value} must be {right}")
        self._space, self._fence = problem.space, Fence(seed)
        self._pending: Pending[dict[str, Any]] = Pending(problem.space)
        with self._fence.own():
            self._library = _Quiet(
                dimensions=max(1, len(problem.space.movable)), eta=factor, seed=seed, n_workers=1, save_freq="end",
                mutation_factor=mutation_factor, crossover_prob=crossover_prob,
                # A little below 1, because DEHB counts the rungs by rounding a logarithm down.
                min_fidelity=0.9, max_fidelity=factor ** (len(ladder) - 1),
            )  # fmt: skip
        self._ladder = dict(zip(self._library.fidelities.tolist(), ladder, strict=True))

    def ask(self) -> Proposal:
        """The next job of the first bracket that has one; if no bracket has, the first job of a new one."""
        with self._fence.own():
            self._library._clean_inactive_brackets()
            job = self._library.ask()
        at = dict.fromkeys(self._space, 0.0) | dict(zip(self._space.movable, job["config"].tolist(), strict=False))
        configuration, fidelity = self._space.from_unit_cube(at.values()), float(job["fidelity"])
        self._pending.add(configuration, job, self._rung(self._ladder[fidelity]))
        return Proposal(configuration, self._ladder[fidelity])

    def tell(self, observation: Observation) -> None:
        """Gives the loss to the population of its rung."""
        job = self._pending.take(observation.configuration, self._rung(observation.fidelity))
        loss = observation.losses[0]
        told = min(loss, WORST) if not math.isnan(loss) else WORST
        with self._fence.own():
            self._library.tell(job, {"fitness": told, "cost": observation.cost or 0.0})

    def _rung(self, fidelity: Mapping[str, Any]) -> int:
        return next(n for n, rung in enumerate(self._ladder.values()) if rung.items() <= fidelity.items())


class _Quiet(dehb.DEHB):  # type: ignore[misc]
    """DEHB without files, and without its changes of loguru's global logger."""

    def _setup_logger(self, resume: bool, kwargs: dict[str, Any]) -> None:  # noqa: ARG002 - the library's signature
        self.output_path, self.logger = Path(), logger
        self.log_filename = ""


def _check_numpy(version: str) -> None:
    """UsageError if DEHB's installation has replaced NumPy by a version for which pyarrow, which writes the records,
    does not work. ``version``: NumPy's.
    """
    if int(version.partition(".")[0]) >= 2:
        return
    try:
        importlib.import_module("pyarrow")
    except ImportError as error:
        raise UsageError(
            f"pyarrow does not work with NumPy {version}, which DEHB asks for but does not need; "
            "install them again with: pip install --upgrade numpy && pip install --no-deps DEHB"
        ) from error


_check_numpy(np.__version__)
