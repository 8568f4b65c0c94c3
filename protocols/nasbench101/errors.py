"""Reasons why a cell is not in NAS-Bench-101, or why one of its files is refused: one class per reason."""

from __future__ import annotations

from harness.errors import ImportRefused, SpaceError, UsageError


class InvalidCell(SpaceError):
    """The cell is not in the benchmark. If a method proposes one, the evaluation fails at no cost."""


class MalformedCell(InvalidCell):
    """The matrix is not square, has entries other than 0 and 1, or there is not one operation per vertex."""


class NotUpperTriangular(InvalidCell):
    """An edge leads from a vertex to itself or to an earlier one."""


class UnknownOperation(InvalidCell):
    """An inner vertex has an unknown operation, or the cell does not begin with ``input`` and end with ``output``."""


class Disconnected(InvalidCell):
    """No path leads from the input to the output."""


class TooManyVertices(InvalidCell):
    """More than 7 vertices lie on paths from input to output."""


class TooManyEdges(InvalidCell):
    """The cell has more than 9 edges."""


class UnknownCell(UsageError):
    """A hash that the table does not have."""


class BadRow(ImportRefused):
    """A row does not follow the format: no JSON, no base64, no metrics, an unknown operation or number of epochs."""


class HashMismatch(ImportRefused):
    """A row has a hash that differs from the hash of its adjacency matrix and operations."""


class UnequalTrials(ImportRefused):
    """Trainings of one cell do not fit together: they differ in the number of evaluations, trials or parameters."""


class DuplicateTrial(ImportRefused):
    """A cell has more trainings for a number of epochs than the benchmark made."""
