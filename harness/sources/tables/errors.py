"""The reasons why a table is refused, one class each. Nothing is imported then."""

from __future__ import annotations

from harness.errors import ImportRefused, UsageError


class BadDeclaration(UsageError):
    """A suite's declaration with an entry that is missing, unknown or of the wrong kind."""


class NoFidelity(BadDeclaration):
    """A declaration that does not say which column is the fidelity."""


class BadModule(UsageError):
    """A Python module that makes no suite: a part is missing, or its leaderboards do not fit its table."""


class MissingColumn(ImportRefused):
    """A required column that a table lacks, or whose values are of another kind."""


class DuplicateKey(ImportRefused):
    """Two rows of a table for the same configuration, fidelity and trial."""


class UnequalMetrics(ImportRefused):
    """A trial that has some of its metrics and lacks others, or metrics of different shapes."""


class IncompleteEntry(ImportRefused):
    """A configuration without any training at one of the fidelities."""


class BadValue(ImportRefused):
    """An impossible value, such as an unknown level or a price that is not positive."""
