"""The errors a user can meet: each message is one sentence saying what is wrong and what would be right.

The command line prints the message and exits with ``exit_code``; a traceback appears only with ``--debug``.
Exit codes: 1 = the work was done in part or a file is damaged, 2 = the command or its input was wrong.
"""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable
from pathlib import Path


class HarnessError(Exception):
    """Base of every error the harness raises on purpose."""

    exit_code = 1


class SlowPathWarning(RuntimeWarning):
    """Predictions are right but slow, because the compiled core is missing: the one warning of the harness itself."""


class UsageError(HarnessError):
    """The caller asked for something that does not exist or does not fit together."""

    exit_code = 2


class UnknownName(UsageError):
    """A name that is in no registry; the message lists the valid ones and the nearest match."""

    def __init__(self, kind: str, name: object, valid: Iterable[str]) -> None:
        options = list(valid)
        near = difflib.get_close_matches(str(name).lower(), options, n=1, cutoff=0.5)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        what = f"unknown {kind} {str(name)!r}{hint}" if name != "" else f"no {kind} given"
        super().__init__(f"{what}; valid: {', '.join(options) or 'none'}")


class DoesNotApply(UsageError):
    """Something that these records, whatever their number, cannot have: in a mixed folder others may."""


class TooFewSeeds(UsageError):
    """A statistic or test that fewer seeds cannot give: ``have`` are there, ``need`` would do."""

    def __init__(self, what: str, *, have: int, need: int) -> None:
        self.what, self.have, self.need = what, have, need
        super().__init__(f"{what} needs at least {need} seeds, but there are {have}; run more with --seeds {need}")


class MixedScores(UsageError):
    """Scores that must not meet in one statistic, because they are of different surrogate sets or views."""

    def __init__(self, kind: str, found: Iterable[str]) -> None:
        names = ", ".join(found)
        super().__init__(f"scores of different {kind}s are never averaged ({names}); choose one {kind}")


class SpaceError(UsageError):
    """A configuration or fidelity outside its space: names the parameter, its value and its range."""


class SuiteError(UsageError):
    """A suite whose parts do not fit together: names the part, and how it should be."""


class SurrogateError(HarnessError):
    """A surrogate set that cannot be read: missing, damaged, of another schema, or not matching its hash."""


class ImportRefused(HarnessError):
    """A foreign surrogate file that was refused: hostile, truncated, or of a kind not understood."""


class RecordError(HarnessError):
    """A results file that cannot be read as a record: damaged, foreign, or of another schema version."""


class RunsLost(RecordError):
    """Runs that were done and are not there any more: somebody else removed or replaced them meanwhile."""


class Stopped(HarnessError):
    """Running came to an end before everything was run; what was finished is kept."""


class StorageError(Stopped):
    """A file or folder that cannot be written: the disk is full, read-only, or not the user's. ``reason``: what the
    system said.
    """

    reason = ""

    @classmethod
    def of(cls, path: Path, error: OSError) -> StorageError:
        """What went wrong at ``path``, and that nothing half-written is left."""
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        what = "the disk is full" if full else f"it cannot be written ({error.strerror or error})"
        right = "make room" if full else "choose another folder or change its permissions"
        told = cls(f"{path}: {what}, and nothing half-written is left; {right}")
        told.reason = error.strerror or str(error)
        return told


class WorkerError(Stopped):
    """A run that crashed outside its method, or took its worker down: names the run and the worker's host. ``trace``
    is the traceback on the worker, as text.
    """

    def __init__(self, message: str, trace: str = "") -> None:
        super().__init__(message)
        self.trace = trace


class WorkerMismatch(Stopped):
    """A worker on which the same run would not give the same bytes: names what differs there."""


class WorkersRefused(WorkerMismatch, UsageError):
    """The same, found before anything was run."""

    exit_code = 2


class ClusterLost(Stopped):
    """A cluster that was there when running began, and is not any more."""


class ClusterError(UsageError):
    """A cluster that cannot be used: not reachable, without workers, or wrongly configured."""


class SubmissionError(HarnessError):
    """A submission that cannot be accepted: its ``submission.toml`` or its records are not what the rules ask for."""
