"""Reading parquet files that somebody else wrote, within a budget; and one answer to damaged ones, which surface as
many kinds of errors.

A file of a kilobyte can claim any number of rows, or repeat one long text in all of them. So sizes are compared with
the budget before values are decoded, and columns of texts are first read as their different texts.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.base.budget import LIMITS, Budget
from harness.errors import HarnessError, OverBudget

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

LONGEST = 200
"""The most characters of a reason; a hostile file may cause a message of any length."""
CELL, ENTRY = 48, 60
"""Bytes of memory that a value takes as an object of Python, and what a text takes beyond its characters."""
SURE = 1 << 20
"""Bytes that a column of texts may take in any case, without a look at the texts."""
THRIFT = 64 << 20
"""Bytes of the metadata of a file."""


def layout_of(path: Path) -> pa.Schema:
    """The columns of a file and their types."""
    return _opened(path).schema_arrow


def read_table(path: Path, names: Collection[str]) -> pa.Table:
    """These columns of a table. ValueError if one is a list or the like; OverBudget, or Arrow's errors."""
    import pyarrow as pa

    budget = LIMITS["table"].budget(check_size(path, "table"))
    layout = _opened(path).schema_arrow
    texts = [name for name in names if _is_text(layout.field(name).type)]
    for name in names:
        if pa.types.is_nested(layout.field(name).type):
            raise ValueError(f"column {name!r} holds {layout.field(name).type}")
    file = _opened(path, texts)
    budget.charge(file.metadata.num_rows * len(names) * CELL)
    parts = []
    for group in range(file.num_row_groups):
        _check_group(file, group, budget)
        parts.append(_plain(file.read_row_group(group, [*names], use_threads=False), texts, budget))
        budget.look()
    kinds = pa.schema([pa.field(name, pa.large_string() if name in texts else layout.field(name).type)
                       for name in names])  # fmt: skip
    return pa.concat_tables(parts) if parts else kinds.empty_table()


def check_record(file: pq.ParquetFile, path: Path) -> None:
    """OverBudget if the values of a record take too much memory, before any is decoded."""
    size = check_size(path, "record")
    budget = LIMITS["record"].budget(size)
    meta, layout = file.metadata, file.schema_arrow
    budget.charge(meta.num_rows * len(layout) * 8)
    texts = [at for at, field in enumerate(layout) if _is_text(field.type)]
    for group in range(meta.num_row_groups):
        _check_group(file, group, budget)
        there = meta.row_group(group)
        for at in texts:
            if there.num_rows * there.column(at).total_uncompressed_size > SURE:
                name = layout.field(at).name
                _charge_texts(_opened(path, [name]).read_row_group(group, [name], use_threads=False), [name], budget)


def check_size(path: Path, kind: str) -> int:
    """The bytes of a file. OverBudget if they are more than that kind of file may have."""
    size = path.stat().st_size
    if size > LIMITS[kind].largest:
        raise OverBudget(f"{path} has {size:,} bytes; at most {LIMITS[kind].largest:,} are read")
    return size


def _opened(path: Path, dictionaries: Collection[str] = ()) -> pq.ParquetFile:
    import pyarrow.parquet as pq

    return pq.ParquetFile(
        path, memory_map=False, pre_buffer=False, read_dictionary=[*dictionaries],
        thrift_string_size_limit=THRIFT, thrift_container_size_limit=10**6,
    )  # fmt: skip


def _check_group(file: pq.ParquetFile, group: int, budget: Budget) -> None:
    there = file.metadata.row_group(group)
    if there.num_rows < 0 or there.total_byte_size < 0:
        raise ValueError("a row group claims a negative size")
    budget.spend(1 + there.num_rows)
    budget.charge(there.total_byte_size)


def _plain(table: pa.Table, texts: Collection[str], budget: Budget) -> pa.Table:
    """The table with its texts written out, after what they take is charged."""
    import pyarrow as pa

    _charge_texts(table, texts, budget)
    for name in texts:
        at = table.column_names.index(name)
        table = table.set_column(at, name, table[name].cast(pa.large_string()))
    return table


def _charge_texts(table: pa.Table, texts: Collection[str], budget: Budget) -> None:
    """Accounts for what texts take once they are written out, each of them anew."""
    import pyarrow as pa

    for name in texts:
        for chunk in table[name].chunks:
            if pa.types.is_dictionary(chunk.type):
                budget.spend(len(chunk.dictionary))
                size = int(_lengths(chunk.dictionary)[_places(chunk.indices)].sum())
            else:
                size = int(_lengths(chunk).sum())
            budget.charge(ENTRY * len(chunk) + size)


def _lengths(texts: pa.Array) -> NDArray[np.int64]:
    """The bytes of each text, any number for a missing one. Arrow's own function takes long to import."""
    import pyarrow as pa

    wide = pa.types.is_large_string(texts.type) or pa.types.is_large_binary(texts.type)
    kind = np.dtype(np.int64 if wide else np.int32)
    ends = np.frombuffer(texts.buffers()[1] or bytes(8), kind, len(texts) + 1, kind.itemsize * texts.offset)
    return np.diff(ends).astype(np.int64)


def _places(indices: pa.Array) -> NDArray[np.integer[Any]]:
    """The places of the texts in their dictionary, without those of missing texts."""
    there, data = indices.buffers()
    kind = np.dtype(indices.type.to_pandas_dtype())
    places = np.frombuffer(data or b"", kind, len(indices), kind.itemsize * indices.offset)
    if not indices.null_count:
        return places
    bits = np.unpackbits(np.frombuffer(there, np.uint8), count=indices.offset + len(indices), bitorder="little")
    return places[bits[indices.offset :].astype(np.bool_)]


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind))


@contextlib.contextmanager
def readable(
    refused: Callable[[str], HarnessError],
    *,
    missing: HarnessError | None = None,
    passing: type[HarnessError] = HarnessError,
    hostile: bool = False,
) -> Iterator[None]:
    """Turns the errors that a damaged parquet file raises inside the block into ``refused(reason)``.

    The reason is the kind of the error and the first line of its message. ``missing``: raised instead if there is no
    such file. ``passing``: errors of the harness that pass unchanged. ``hostile``: the file comes from a stranger, so
    every other error, whatever its kind, means that the file cannot be read.
    """
    try:
        yield
    except OverBudget as error:
        raise refused(str(error)) from None
    except passing:
        raise
    except Exception as error:
        if missing is not None and isinstance(error, FileNotFoundError):
            raise missing from None
        if hostile or isinstance(error, _kinds()):
            raise refused(f"{type(error).__name__}: {_line(error)}") from error
        raise


def _kinds() -> tuple[type[Exception], ...]:
    from pyarrow import ArrowException

    return (ArrowException, OSError, ValueError)


def _line(error: Exception) -> str:
    line = str(error).strip().partition("\n")[0]
    return " ".join(line.split()).rstrip(".")[:LONGEST]
