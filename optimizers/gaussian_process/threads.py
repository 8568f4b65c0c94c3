"""Linear algebra on one thread: the sums of a matrix product, and so its last bits, can depend on how many share it.

It is no loss. The matrices are small, and a study runs as many runs at once as there are cores.
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
    """Within, BLAS and LAPACK of NumPy and SciPy run on the calling thread; then the old numbers are put back."""
    with _controller().limit(limits=1):
        yield
