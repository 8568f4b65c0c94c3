"""Why a table was refused: one class per reason. Nothing is imported then."""

from __future__ import annotations

from harness.errors import ImportRefused, UsageError


class BadDeclaration(UsageError):
    """A suite's declaration with an entry that is missing, unknown or of the wrong kind."""


class NoFidelity(BadDeclaration):
    """A declaration that does not say which column is the fidelity."""


class BadModule(UsageError):
    """A Python module that is no suite: something is missing, or its leaderboards do not fit its table."""


class MissingColumn(ImportRefused):
    """A column that a table must have and does not, or that holds something else."""


class DuplicateKey(ImportRefused):
    """Two rows of a table for the same configuration, fidelity and trial."""


class UnequalMetrics(ImportRefused):
    """Metrics of one trial that do not fit together: some are there, others are missing."""


class IncompleteEntry(ImportRefused):
    """A configuration without any training at one of the fidelities."""


class BadValue(ImportRefused):
    """A value that cannot be: an unknown level, a price that is no positive number of seconds."""
