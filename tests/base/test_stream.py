"""Arrow streams of strangers: what they claim is compared with the budget before anything is unpacked."""

from __future__ import annotations

import struct

import pyarrow as pa
import pytest

from harness.base.budget import Budget
from harness.base.stream import read_layout, read_stream
from harness.errors import OverBudget

TABLE = pa.table({"a": pa.array(range(1000), pa.int64()), "b": ["text"] * 1000, "c": [True, False] * 500})


def stream(table: pa.Table, compression: str | None = "lz4") -> bytes:
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table, 300)
    data: bytes = out.getvalue().to_pybytes()
    return data


def read(data: bytes, limit: int = 1 << 20) -> pa.Table:
    return read_stream(data, lambda _: None, Budget(limit, 10**6, 60.0))


@pytest.mark.parametrize("compression", [None, "lz4", "zstd"])
def test_a_stream_is_read_as_it_was_written(compression: str | None) -> None:
    data = stream(TABLE, compression)
    assert read(data).equals(TABLE)
    assert read_layout(pa.BufferReader(data)).equals(TABLE.schema)
    assert read(stream(TABLE.slice(0, 0), compression)).num_rows == 0


@pytest.mark.parametrize("compression", [None, "lz4"])
def test_what_it_takes_unpacked_is_charged(compression: str | None) -> None:
    data = stream(pa.table({"a": [0.0] * 100_000}), compression)
    assert read(data, 900_000).num_rows == 100_000
    with pytest.raises(OverBudget):
        read(data, 700_000)


def test_a_claim_of_any_size_is_refused_before_anything_is_unpacked() -> None:
    data = stream(pa.table({"a": [0.0] * 300}))
    claim = struct.pack("<q", 2400)
    assert data.count(claim) >= 1
    with pytest.raises(OverBudget):
        read(data.replace(claim, struct.pack("<q", 1 << 60)), 1 << 30)


def test_missing_values_dictionaries_and_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="lacks values"):
        read(stream(pa.table({"a": [1, None]})))
    with pytest.raises(ValueError, match="it has a dictionary"):
        read(stream(pa.table({"a": pa.array(["x", "y"]).dictionary_encode()})))
    with pytest.raises(ValueError, match="it is empty"):
        read(b"")
