"""Empirical runtime distributions: the fraction of (seed, target) pairs reached, over simulated time.

As in COCO (Hansen et al. 2016, "COCO: Performance Assessment", section 5; Hansen et al. 2021, "COCO: a platform for
comparing continuous optimizers in a black-box setting"), without simulated restarts: a run that does not reach a target
within its budget never does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from harness.errors import UsageError
from harness.scores.metrics import Floats
from harness.statistics.steps import time_to_reach


def runtimes(values: ArrayLike, grid: ArrayLike, targets: ArrayLike, *, maximize: bool) -> Floats:
    """When each run reaches each target: shape (seeds, targets), in the unit of ``grid``, infinite if it never does.

    ``values``: shape (seeds, grid) of one method on one task; ``targets``: scores, shape (targets,), see ``scores_at``.
    """
    scores, goals = np.asarray(values, dtype=np.float64), np.asarray(targets, dtype=np.float64)
    if scores.ndim != 2 or goals.ndim != 1:
        raise UsageError("runtimes need scores of shape (seeds, grid) and targets of shape (targets,)")
    return time_to_reach(scores[:, None, :], grid, goals, maximize=maximize)


def runtime_distribution(tasks: Sequence[ArrayLike], times: ArrayLike) -> Floats:
    """The fraction of (seed, target) pairs reached at or before each of ``times``: shape (times,), from 0 to 1.

    ``tasks``: per task the ``runtimes`` of one method, shape (seeds, targets); every task has the same weight. Its
    interval is ``bootstrap(lambda strata: runtime_distribution(strata, times), tasks, rng)``. UsageError for a task
    without pairs.
    """
    hits = [np.asarray(one, dtype=np.float64) for one in tasks]
    if not hits or any(one.ndim != 2 or not one.size for one in hits):
        raise UsageError("a runtime distribution needs, per task, runtimes of shape (seeds, targets), at least one")
    clock = np.asarray(times, dtype=np.float64)
    reached = [np.searchsorted(np.sort(one, axis=None), clock, side="right") / one.size for one in hits]
    return np.asarray(np.mean(reached, axis=0), dtype=np.float64)
