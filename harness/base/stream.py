"""Reading an Arrow stream that another process or somebody else wrote, within a budget.

A body of a few kilobytes can claim to unpack to any size, and Arrow believes it. So the claims are read first, from the
description of each batch (a flatbuffer: the tables of ``Message.fbs``), and compared with the budget.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.base.budget import Budget

if TYPE_CHECKING:
    import pyarrow as pa

HEADER = 2
"""The field of a message with the description of a batch."""
BUFFERS, COMPRESSION = 2, 3
"""Fields of this description: where each buffer is in the body, and whether the buffers are packed."""


def read_stream(data: bytes | memoryview, check: Callable[[pa.Schema], object], budget: Budget) -> pa.Table:
    """The table of a stream, every value checked. ``check`` is called with the schema before a value is read.

    ValueError if it is no whole stream of plain columns without missing values; OverBudget, or Arrow's errors.
    """
    import pyarrow as pa

    messages = pa.ipc.MessageReader.open_stream(pa.py_buffer(data))
    layout = _layout(messages)
    check(layout)
    batches = []
    for message in messages:
        if message.type != "record batch":
            raise ValueError(f"it has a {message.type}")
        budget.charge(_claimed(message.metadata.to_pybytes(), message.body))
        batch = pa.ipc.read_record_batch(message, layout)
        batch.validate(full=True)
        if any(column.null_count for column in batch.columns):
            raise ValueError("it lacks values")
        batches.append(batch)
    return pa.Table.from_batches(batches, layout)


def read_layout(stream: pa.NativeFile) -> pa.Schema:
    """The schema at the beginning of a stream; nothing else is read."""
    import pyarrow as pa

    return _layout(pa.ipc.MessageReader.open_stream(stream))


def _layout(messages: pa.MessageReader) -> pa.Schema:
    import pyarrow as pa

    try:
        return pa.ipc.read_schema(messages.read_next_message())
    except StopIteration:
        raise ValueError("it is empty") from None


def _claimed(about: bytes, body: pa.Buffer) -> int:
    """The bytes that the buffers of a batch take when they are unpacked, as they claim."""
    batch = _follow(about, _field(about, _follow(about, 0), HEADER))
    start, packed = _field(about, batch, BUFFERS), _field(about, batch, COMPRESSION)
    if not start:
        return 0
    first = _follow(about, start)
    count: int = struct.unpack_from("<I", about, first)[0]
    total = 0
    for at in range(first + 4, first + 4 + 16 * count, 16):
        where, length = struct.unpack_from("<qq", about, at)
        if min(where, length) < 0 or where + length > body.size:
            raise ValueError("a buffer lies outside its body")
        if packed and length >= 8:
            length = max(length, struct.unpack_from("<q", body, where)[0])  # -1 for one that is stored as it is
        total += length
    return total


def _follow(about: bytes, at: int) -> int:
    """Where the offset at this place leads to."""
    to: int = at + struct.unpack_from("<I", about, at)[0]
    return to


def _field(about: bytes, table: int, number: int) -> int:
    """The place of a table's field; 0 if it has no such field."""
    fields = table - struct.unpack_from("<i", about, table)[0]
    size = struct.unpack_from("<H", about, fields)[0]
    own = struct.unpack_from("<H", about, fields + 4 + 2 * number)[0] if 4 + 2 * number < size else 0
    return table + own if own else 0
