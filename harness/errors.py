"""The errors a user can meet: each message is one sentence saying what is wrong and what would be right.

The command line prints the message and exits with ``exit_code``; a traceback appears only with ``--debug``.
Exit codes: 1 = the work was done in part or a file is damaged, 2 = the command or its input was wrong.
"""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable
from pathlib import Path
from typing import Any

LONGEST = 200
"""Characters of an unknown name."""


class HarnessError(Exception):
    """Base of every error that the harness raises on purpose."""

    exit_code = 1

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and other processes get the message as it is, whatever the class makes it from."""
        return _error_again, (type(self), self.args, vars(self))


def _error_again(kind: type[HarnessError], args: tuple[Any, ...], more: dict[str, Any]) -> HarnessError:
    error: HarnessError = kind.__new__(kind, *args)
    error.__dict__.update(more)
    return error


class SlowPathWarning(RuntimeWarning):
    """Predictions are right but slow, because the compiled core is missing. The harness gives no other warning."""


class UsageError(HarnessError):
    """The caller asked for something that does not exist or does not fit together."""

    exit_code = 2


class UnknownName(UsageError):
    """A name that does not exist. The message lists the valid names and suggests the most similar one."""

    def __init__(self, kind: str, name: object, valid: Iterable[str]) -> None:
        options = list(valid)
        text = _text(name)
        near = difflib.get_close_matches(text.lower(), options, n=1, cutoff=0.5)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        what = f"unknown {kind} {text!r}{hint}" if text else f"no {kind} given"
        super().__init__(f"{what}; valid: {', '.join(options) or 'none'}")


def _text(name: object) -> str:
    """A name as text, cut where it is too long; in its place may be anything."""
    try:
        text = " ".join(str(name).splitlines())
    except Exception:
        return f"a {type(name).__name__}"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


class DoesNotApply(UsageError):
    """A figure that these records cannot have, however many seeds are run: an attainment surface of one objective.

    Where a folder holds several kinds of records, the figure is drawn for the other kinds.
    """


class TooFewSeeds(UsageError):
    """A statistic or test that needs more seeds. ``have``: the seeds there are; ``need``: the least number."""

    def __init__(self, what: str, *, have: int, need: int) -> None:
        self.what, self.have, self.need = what, have, need
        super().__init__(f"{what} needs at least {need} seeds, but there are {have}; run more with --seeds {need}")


class MixedScores(UsageError):
    """Scores that must not be combined in one statistic, because they are of different sources or views."""

    def __init__(self, kind: str, found: Iterable[str]) -> None:
        names = ", ".join(found)
        super().__init__(f"scores of different {kind}s are never averaged ({names}); choose one {kind}")


class SpaceError(UsageError):
    """A configuration or fidelity outside its space. The message names the parameter, its value and its range."""


class SuiteError(UsageError):
    """A suite whose parts do not fit together. The message names the part, and says what it should be."""


class SurrogateError(HarnessError):
    """A source that cannot be used: its files are missing, damaged, of another schema or of another hash."""


class ImportRefused(HarnessError):
    """A foreign file that was not imported, because it is hostile, truncated or of an unknown kind."""


class OverBudget(HarnessError):
    """A foreign file that takes more bytes of memory, objects or seconds than its reader may spend on it."""


class RecordError(HarnessError):
    """A results file that cannot be read as a record: damaged, foreign, or of another schema version. ``fate``: what a
    command that met it adds to the message.
    """

    fate = "; it was left untouched"


class RunsLost(RecordError):
    """Runs that were done and are not there any more: somebody has removed or replaced their files."""

    fate = ""


class Stopped(HarnessError):
    """A command that ended before all its runs were done. Finished runs are kept."""


class StorageError(Stopped):
    """A file or folder that cannot be written: the disk is full, read-only, or not the user's.

    ``reason``: the message of the operating system.
    """

    reason = ""

    @classmethod
    def of(cls, path: Path, error: OSError) -> StorageError:
        """The error for ``path``, from the error of the operating system."""
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        what = "the disk is full" if full else f"it cannot be written ({error.strerror or error})"
        right = "make room" if full else "choose another folder or change its permissions"
        told = cls(f"{path}: {what}, and nothing half-written is left; {right}")
        told.reason = error.strerror or str(error)
        return told


class WorkerError(Stopped):
    """A run that crashed outside its method's code, or ended its worker process.

    The message names the run and the worker's host. ``trace``: the traceback on the worker, as text.
    """

    def __init__(self, message: str, trace: str = "") -> None:
        super().__init__(message)
        self.trace = trace


class WorkerMismatch(Stopped):
    """A worker on which the same run would give other bytes. The message names the differences."""


class WorkersRefused(WorkerMismatch, UsageError):
    """A worker on which the same run would give other bytes, found before the first run."""

    exit_code = 2


class ClusterLost(Stopped):
    """A cluster that was reachable when running began, and no longer is."""


class ClusterError(UsageError):
    """A cluster that cannot be used: not reachable, without workers, or wrongly configured."""


class SubmissionError(HarnessError):
    """A submission that cannot be accepted, because its ``submission.toml`` or its records break the rules."""
