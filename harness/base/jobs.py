"""The number of processes that ``--jobs`` (``n_jobs`` in Python) stands for."""

from __future__ import annotations

import operator

from harness.base.escape import shown
from harness.errors import UsageError

MOST = 4096
"""Processes on one machine."""


def check_jobs(jobs: int) -> None:
    """UsageError unless ``jobs`` is from 1 to ``MOST``, or is -1, which stands for a process on every core."""
    try:
        number = 0 if isinstance(jobs, bool) else operator.index(jobs)
    except TypeError:
        number = 0
    if not (number == -1 or 1 <= number <= MOST):
        raise UsageError(
            f"--jobs {shown(jobs)} is no number of processes; give --jobs at least 1 (or -1 for every core) and at "
            f"most {MOST}"
        )


def processes(jobs: int) -> int:
    """``jobs``, or for -1 the number of cores that this process may use. UsageError as in ``check_jobs``."""
    check_jobs(jobs)
    if jobs > 0:
        return int(jobs)
    from joblib import cpu_count

    return int(cpu_count())
