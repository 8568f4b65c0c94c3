"""The number of processes."""

from __future__ import annotations

import pytest

from harness.base.jobs import check_jobs, processes
from harness.errors import UsageError
from harness.runs.api import run
from harness.runs.execution.executors import open_executor


@pytest.mark.parametrize("jobs", [0, -2, -10])
def test_an_impossible_number_is_refused_wherever_it_is_given(jobs: int) -> None:
    for refuse in (check_jobs, processes, open_executor, lambda n: run("cifar10", "bb", jobs=n)):
        with pytest.raises(UsageError, match=rf"--jobs {jobs} is no number of processes; give --jobs at least 1"):
            refuse(jobs)


def test_a_number_is_itself_and_minus_one_is_every_core() -> None:
    assert [processes(n) for n in (1, 2, 7)] == [1, 2, 7]
    assert processes(-1) >= 1
