"""NumPy dtypes and arrays rebuilt from pickles, of safe kinds only and never larger than the bytes that are there.

Booleans, integers, floats and fixed-width text become ndarrays (views of the file's bytes, nothing is copied);
arrays of objects become ``ObjectArray`` records. Structured, datetime and void types are refused.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.sources.foreign.errors import DamagedFile, UnsupportedModel
from harness.sources.foreign.records import ArrayShell, DTypeShell, Global, ObjectArray, describe

MAX_DIMS = 8
_DTYPE = re.compile(r"([<>=|]?)([biufUSaO])(\d{0,6})")
_SIZES = {"b": {1}, "i": {1, 2, 4, 8}, "u": {1, 2, 4, 8}, "f": {2, 4, 8}}
_ALIASES = {"bool": "b1", "float64": "f8", "float32": "f4", "int64": "i8", "int32": "i4", "object": "O8"}


def dtype_shell(args: tuple[Any, ...]) -> DTypeShell:
    """``numpy.dtype(code, ...)`` for the codes that pickles of plain arrays use."""
    code = args[0] if args else None
    if isinstance(code, Global) and code.package in ("numpy", "builtins", "__builtin__"):
        code = _ALIASES.get(code.name.rstrip("_"), code)
    match = _DTYPE.fullmatch(code) if isinstance(code, str) else None
    if match is None:
        raise UnsupportedModel(f"an array of type {describe(code)}, which no surrogate needs")
    order, kind, digits = match.groups()
    kind = "S" if kind == "a" else kind
    if kind == "O":
        return DTypeShell("O", 8)
    size = int(digits or 0)
    if kind in _SIZES and size not in _SIZES[kind]:
        raise UnsupportedModel(f"an array of type {describe(code)}, which no surrogate needs")
    return DTypeShell(kind, size, order or "=")


def set_dtype_state(shell: DTypeShell, state: Any) -> None:
    """The state ``(version, byte order, subarray, names, fields, size, alignment, ...)`` of a pickled dtype."""
    if not isinstance(state, tuple) or len(state) < 7 or state[1] not in ("<", ">", "=", "|"):
        raise UnsupportedModel("a dtype whose state is not the one NumPy writes")
    if any(part is not None for part in state[2:5]):
        raise UnsupportedModel("a structured array, which no surrogate needs")
    shell.order = state[1]


def real_dtype(shell: Any) -> np.dtype[Any]:
    """The NumPy dtype of a shell that is not of objects."""
    if not isinstance(shell, DTypeShell) or shell.kind == "O":
        raise UnsupportedModel(f"an array of type {describe(shell)}, which no surrogate needs")
    if shell.kind in "US" and not 0 < shell.size <= 1 << 16:
        raise UnsupportedModel(f"text of {shell.size} characters in an array, which no surrogate needs")
    order = "<" if shell.order in "=|" else shell.order
    return np.dtype(f"{order}{shell.kind}{shell.size}")


def checked_shape(shape: Any) -> tuple[tuple[int, ...], int]:
    """A pickled shape and its number of elements; refuses what is not a short tuple of small non-negative integers."""
    if isinstance(shape, int) and not isinstance(shape, bool):
        shape = (shape,)
    if not isinstance(shape, tuple) or len(shape) > MAX_DIMS:
        raise DamagedFile(f"an array claims the shape {describe(shape)}; the file is damaged")
    if not all(isinstance(n, int) and not isinstance(n, bool) and 0 <= n < 1 << 40 for n in shape):
        raise DamagedFile("an array claims an impossible shape; the file is damaged")
    return shape, math.prod(shape)


def from_bytes(raw: bytes | memoryview, dtype: np.dtype[Any], shape: Any, fortran: bool) -> NDArray[Any]:
    """An array of exactly ``raw``; native byte order, read-only."""
    dims, count = checked_shape(shape)
    if count * dtype.itemsize != len(raw):
        raise DamagedFile(f"an array of {count} elements has {len(raw)} bytes; the file is truncated or damaged")
    array: NDArray[Any] = np.frombuffer(raw, dtype, count)
    array = array.reshape(dims[::-1]).T if fortran else array.reshape(dims)
    return array.astype(array.dtype.newbyteorder("=")) if dtype.byteorder == ">" else array


def set_array_state(shell: ArrayShell, state: Any) -> None:
    """The state ``(version, shape, dtype, is_fortran, raw data or list)`` of a pickled ndarray."""
    if not isinstance(state, tuple) or len(state) not in (4, 5):
        raise UnsupportedModel("an array whose state is not the one NumPy writes")
    shape, dtype, fortran, raw = state[-4:]
    if isinstance(dtype, DTypeShell) and dtype.kind == "O":
        dims, count = checked_shape(shape)
        if not isinstance(raw, list) or len(raw) != count:
            raise DamagedFile(f"an array of {count} objects holds another number of them; the file is damaged")
        if fortran and len(dims) > 1:
            raise UnsupportedModel("a many-dimensional array of objects in Fortran order")
        shell.value = ObjectArray(dims, raw)
        return
    if isinstance(raw, str):  # written by Python 2, or by protocol 0
        raw = raw.encode("latin-1")
    if not isinstance(raw, bytes):
        raise UnsupportedModel(f"an array whose data are {describe(raw)}")
    shell.value = from_bytes(raw, real_dtype(dtype), shape, bool(fortran))


def scalar(args: tuple[Any, ...]) -> Any:
    """``numpy.core.multiarray.scalar(dtype, bytes)`` as a Python number or string."""
    if len(args) != 2 or not isinstance(args[0], DTypeShell):
        raise UnsupportedModel("a NumPy scalar that is not made of a dtype and its bytes")
    if args[0].kind == "O":
        return args[1]
    raw = args[1].encode("latin-1") if isinstance(args[1], str) else args[1]
    if not isinstance(raw, bytes):
        raise UnsupportedModel(f"a NumPy scalar whose data are {describe(raw)}")
    return from_bytes(raw, real_dtype(args[0]), (), False).item()


def from_buffer(args: tuple[Any, ...]) -> ArrayShell:
    """``numpy.core.numeric._frombuffer(buffer, dtype, shape, order)``, protocol 5's way of writing an array."""
    if len(args) != 4 or not isinstance(args[0], bytes):
        raise UnsupportedModel("an array whose buffer is not in the file")
    return ArrayShell(from_bytes(args[0], real_dtype(args[1]), args[2], args[3] == "F"))
