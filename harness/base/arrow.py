"""Columns of Arrow as arrays of NumPy and back, without Pandas.

Arrow's own conversions import Pandas first, which takes a quarter of a second and 30 MiB. Most commands need no frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def values_of(column: pa.ChunkedArray | pa.Array) -> NDArray[Any]:
    """The values of a column, perhaps a read-only view: the same array as Arrow's ``to_numpy``."""
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    kind = column.type
    if column.null_count or not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
        return np.asarray(column.to_numpy(zero_copy_only=False) if chunks == [column] else column.to_numpy())
    parts = [_of_chunk(chunk) for chunk in chunks if len(chunk)]
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.empty(0, kind.to_pandas_dtype())


def _of_chunk(chunk: pa.Array) -> NDArray[Any]:
    data, first = chunk.buffers()[1], chunk.offset
    if pa.types.is_boolean(chunk.type):
        bits = np.unpackbits(np.frombuffer(data, np.uint8), count=first + len(chunk), bitorder="little")
        return bits[first:].astype(np.bool_)
    dtype = np.dtype(chunk.type.to_pandas_dtype())
    return np.frombuffer(data, dtype, len(chunk), first * dtype.itemsize)


def empty(layout: pa.Schema) -> pa.Table:
    """A table without rows."""
    return pa.Table.from_batches([], layout)


def joined(texts: pa.ChunkedArray, separator: bytes) -> NDArray[np.uint8]:
    """The texts in UTF-8, none of them missing, with a separator of one byte between two of them.

    Arrow's own function for it would take a tenth of a second to import.
    """
    one = pa.concat_arrays(texts.chunks)
    _, ends, data = one.buffers()
    at = np.frombuffer(ends, np.int32, len(one) + 1, 4 * one.offset)
    own = np.frombuffer(data or b"", np.uint8)[at[0] : at[-1]]
    between = at[1:-1] - at[0] + np.arange(len(one) - 1)
    found = np.empty(len(own) + len(between), np.uint8)
    is_own = np.ones(len(found), np.bool_)
    is_own[between] = False
    found[between], found[is_own] = separator[0], own
    return found


def array_of(values: Sequence[Any] | NDArray[Any], kind: pa.DataType) -> pa.Array:
    """Values as an array of Arrow, as ``pa.array`` makes it; quickly if they all are of the kind's own Python type."""
    if isinstance(values, np.ndarray):
        plain = pa.types.is_integer(kind) or pa.types.is_floating(kind)
        same = plain and values.dtype == np.dtype(kind.to_pandas_dtype())
        return _array(kind, len(values), np.ascontiguousarray(values)) if same else pa.array(values, kind)
    types = set(map(type, values))
    if types == {str} and pa.types.is_string(kind):
        return _texts([value.encode() for value in values])
    if types == {bool} and pa.types.is_boolean(kind):
        return _array(kind, len(values), np.packbits(np.array(values), bitorder="little"))
    if types == {float} and pa.types.is_float64(kind):
        return _array(kind, len(values), np.array(values, np.float64))
    if types == {int} and kind in (pa.int64(), pa.int32()) and -(2**31) <= min(values) <= max(values) < 2**31:
        return _array(kind, len(values), np.array(values, kind.to_pandas_dtype()))
    return pa.array(values, kind)


def _texts(encoded: Sequence[bytes]) -> pa.Array:
    ends = np.array([0, *accumulate(map(len, encoded))], np.int64)
    if ends[-1] > np.iinfo(np.int32).max:
        return pa.array([text.decode() for text in encoded], pa.string())
    return pa.StringArray.from_buffers(
        len(encoded), pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(b"".join(encoded))
    )


def _array(kind: pa.DataType, count: int, data: NDArray[Any]) -> pa.Array:
    return pa.Array.from_buffers(kind, count, [None, pa.py_buffer(data)])
