"""The number of processes that ``--jobs`` (``n_jobs`` in Python) stands for."""

from __future__ import annotations

from harness.errors import UsageError


def check_jobs(jobs: int) -> None:
    """UsageError unless ``jobs`` is at least 1, or is -1, which stands for a process on every core."""
    if jobs == 0 or jobs < -1:
        raise UsageError(f"--jobs {jobs} is no number of processes; give --jobs at least 1 (or -1 for every core)")


def processes(jobs: int) -> int:
    """``jobs``, or for -1 the number of cores that this process may use. UsageError as in ``check_jobs``."""
    check_jobs(jobs)
    if jobs > 0:
        return jobs
    from joblib import cpu_count

    return int(cpu_count())
