"""Why a cell is not in NAS-Bench-101, or a file of it was refused: one class per reason."""

from __future__ import annotations

from harness.errors import ImportRefused, SpaceError, UsageError


class InvalidCell(SpaceError):
    """Not a cell of the benchmark. A method that proposes one has failed at no cost."""


class MalformedCell(InvalidCell):
    """The matrix is not square or not of zeros and ones, or the operations are not one to a vertex."""


class NotUpperTriangular(InvalidCell):
    """An edge leads from a vertex to itself or to an earlier one."""


class UnknownOperation(InvalidCell):
    """An inner vertex has none of the three operations, or an end of the cell is not ``input`` or ``output``."""


class Disconnected(InvalidCell):
    """No path leads from the input to the output."""


class TooManyVertices(InvalidCell):
    """More than 7 vertices lie on paths from input to output."""


class TooManyEdges(InvalidCell):
    """More than 9 edges."""


class UnknownCell(UsageError):
    """A hash that the table does not have."""


class BadRow(ImportRefused):
    """A row that is not what the format says: no JSON, no base64, no metrics, an unknown operation or epoch count."""


class HashMismatch(ImportRefused):
    """A row whose hash is not that of its own adjacency matrix and operations."""


class UnequalTrials(ImportRefused):
    """Trainings of one cell that do not fit together: evaluations or trials of different number, other parameters."""


class DuplicateTrial(ImportRefused):
    """More trainings of a cell for a number of epochs than the benchmark made."""
