"""A command that ends early: its message says how many runs are done and kept, and how to go on."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator, Sequence

from harness.errors import Stopped, WorkerError
from harness.runs.execution.tally import Tally


class Interrupted(KeyboardInterrupt):
    """Ctrl-C while running. The message says how many runs are done, and how to go on."""


@contextlib.contextmanager
def explained(tally: Tally, command: Sequence[str]) -> Iterator[None]:
    """Adds to the exception that ends the block how many runs are done, and how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(f"interrupted; {_so_far(tally, command)}") from None
    except Stopped as error:
        if error.exit_code != 1:
            raise  # no run has begun
        longer = type(error)(f"{error}; {_so_far(tally, command)}")
        raise longer from (_Remote(error.trace) if isinstance(error, WorkerError) and error.trace else error.__cause__)


class _Remote(Exception):
    """A traceback from a worker, shown as the cause of the WorkerError that is raised here."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


def _so_far(tally: Tally, command: Sequence[str]) -> str:
    how = shlex.join(command) if command else "the same call again"
    return f"{tally.done - tally.held} of {tally.total} runs are done and kept; go on with: {how}"
