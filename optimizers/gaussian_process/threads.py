"""Linear algebra on one thread. With several threads, the sums of a matrix product are split among them, so the last
bits can depend on the number of threads.

One thread costs no time here: the matrices are small, and a study runs as many runs at once as there are cores.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import scipy.linalg  # noqa: F401 - brings its BLAS along, which the controller must find
from threadpoolctl import ThreadpoolController


@cache
def _controller() -> Any:
    return ThreadpoolController()


@contextmanager
def one_thread() -> Iterator[None]:
    """Inside this context, BLAS and LAPACK of NumPy and SciPy run on the calling thread alone."""
    with _controller().limit(limits=1):
        yield
