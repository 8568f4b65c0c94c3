"""Writes files in exactly the format of NAS-Bench-101's own: record framing, JSON rows, protocol-buffer metrics."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

from protocols.nasbench101.cells import Cell

CASTAGNOLI = 0x1EDC6F41


def crc32c(data: bytes) -> int:
    """CRC-32C by long division, a bit at a time, as its definition says."""
    state = 0xFFFFFFFF
    for byte in data:
        state ^= int(f"{byte:08b}"[::-1], 2) << 24
        for _ in range(8):
            state = (state << 1 ^ (CASTAGNOLI if state >> 31 else 0)) & 0xFFFFFFFF
    return int(f"{state ^ 0xFFFFFFFF:032b}"[::-1], 2)


def masked(checksum: int) -> int:
    return ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF


def record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked(crc32c(length))) + data + struct.pack("<I", masked(crc32c(data)))


def write_records(path: Path, rows: Iterable[bytes]) -> Path:
    path.write_bytes(b"".join(record(row) for row in rows))
    return path


def varint(value: int) -> bytes:
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def field(number: int, value: bytes | int | float) -> bytes:
    if isinstance(value, float):
        return varint(number << 3 | 1) + struct.pack("<d", value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def evaluation(epoch: float, time: float, train: float, validation: float, test: float, path: bytes = b"") -> bytes:
    data = b"".join(field(n, v) for n, v in enumerate((epoch, time, train, validation, test), start=1))
    return data + (field(6, path) if path else b"")


def metrics(evaluations: Sequence[bytes], parameters: int = 1000, total: float = 99.5) -> bytes:
    return b"".join(field(1, e) for e in evaluations) + field(2, parameters) + field(3, total)


def training(epochs: int, seed: int = 0, parameters: int = 1000) -> bytes:
    """Metrics whose numbers say whose they are: exact in float32, all different for different seeds."""
    step = (seed % 1000 + 1) / 4096
    return metrics(
        [
            evaluation(0.0, 0.0, 0.1, 0.1, 0.1),
            evaluation(epochs / 2, epochs + step, 0.25 + step, 0.5 + step, 0.375 + step),
            evaluation(float(epochs), 2 * epochs + step, 0.5 + step, 0.75 + step, 0.625 + step),
        ],
        parameters,
    )


def row(cell: Cell, trained: int, data: bytes, **changes: object) -> bytes:
    """One record's data; ``changes`` replace fields of the row."""
    size = cell.vertices
    fields: dict[str, object] = {
        "hash": cell.hash,
        "epochs": trained,
        "matrix": "".join(str(cell.matrix[i, j]) for i in range(size) for j in range(size)),
        "operations": ",".join(cell.names),
        "metrics": base64.b64encode(data).decode(),
    }
    return json.dumps(list((fields | changes).values())).encode()
