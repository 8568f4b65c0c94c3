"""A row of the benchmark's own files: a JSON list of five fields.

The fields are the cell's hash, the number of epochs, the matrix as a string of 0 and 1 row by row, the operations
separated by commas, and the base64 text of a ``ModelMetrics`` (``metrics``). Errors say what is wrong with the row; the
caller adds which row it is.
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode

from protocols.nasbench101.cells import Cell
from protocols.nasbench101.errors import BadRow, InvalidCell
from protocols.nasbench101.table import EPOCHS

_HASH = re.compile(r"[0-9a-f]{32}\Z")


def parse_row(payload: bytes) -> tuple[str, int, str, str, str]:
    """The five fields of a record. Their types and ranges are checked; the cell and the metrics are not yet read."""
    try:
        row = json.loads(payload.decode("utf-8"))
    except (ValueError, RecursionError):
        raise BadRow("it is no JSON text in UTF-8") from None
    if not isinstance(row, list) or len(row) != 5:
        raise BadRow("it is no list of hash, epochs, matrix, operations and metrics")
    name, epochs, matrix, operations, encoded = row
    if not (isinstance(name, str) and _HASH.match(name)):
        raise BadRow(f"it begins with {name!r:.50}, not with a hash of 32 hexadecimal digits")
    if type(epochs) is not int or epochs not in EPOCHS:
        raise BadRow(f"it has {epochs!r:.50} epochs; the benchmark trained for {', '.join(map(str, EPOCHS))}")
    if not (isinstance(matrix, str) and matrix and not matrix.strip("01")):
        raise BadRow(f"it has {matrix!r:.80} where a matrix of zeros and ones should be")
    if not isinstance(operations, str) or not isinstance(encoded, str):
        raise BadRow("it has no text where its operations and metrics should be")
    return name, epochs, matrix, operations, encoded


def parse_cell(matrix: str, operations: str) -> Cell:
    """The cell of a row's matrix and operations, which must be pruned and valid."""
    names = operations.split(",")
    size = len(names)
    if len(matrix) != size * size:
        raise BadRow(f"it has a matrix of {len(matrix)} entries for {size} operations, which need {size * size}")
    try:
        cell = Cell.with_edges([divmod(at, size) for at, entry in enumerate(matrix) if entry == "1"], names)
        if cell.checked != cell:
            raise BadRow("it has a cell with vertices on no path from input to output")
    except InvalidCell as error:
        raise BadRow(f"it has no cell of the benchmark: {error}") from None
    return cell


def parse_base64(text: str) -> bytes:
    """The bytes of a row's metrics."""
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        pass
    try:  # older encoders break the text into lines
        return b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise BadRow("it has metrics that are no base64 text") from None
