"""Turns the many kinds of errors that a damaged parquet file raises into one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from harness.errors import HarnessError

LONGEST = 200
"""The most characters of a reason; a hostile file may cause a message of any length."""


@contextlib.contextmanager
def readable(
    refused: Callable[[str], HarnessError],
    *,
    missing: HarnessError | None = None,
    passing: type[HarnessError] = HarnessError,
    hostile: bool = False,
) -> Iterator[None]:
    """Turns the errors that a damaged parquet file raises inside the block into ``refused(reason)``.

    The reason is the kind of the error and the first line of its message. ``missing``: raised instead if there is no
    such file. ``passing``: errors of the harness that pass unchanged. ``hostile``: the file comes from a stranger, so
    every other error, whatever its kind, means that the file cannot be read.
    """
    try:
        yield
    except passing:
        raise
    except Exception as error:
        if missing is not None and isinstance(error, FileNotFoundError):
            raise missing from None
        if hostile or isinstance(error, _kinds()):
            raise refused(f"{type(error).__name__}: {_line(error)}") from error
        raise


def _kinds() -> tuple[type[Exception], ...]:
    from pyarrow import ArrowException

    return (ArrowException, OSError, ValueError)


def _line(error: Exception) -> str:
    line = str(error).strip().partition("\n")[0]
    return " ".join(line.split()).rstrip(".")[:LONGEST]
