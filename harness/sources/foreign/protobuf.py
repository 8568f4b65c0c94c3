"""The wire format of protocol buffers, the part that reads scalar and nested fields of a message.

A message is a sequence of fields, each a key (field number and wire type) and a value. A *varint* is an integer in
groups of 7 bits, the lowest first, the top bit set in all bytes but the last.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from harness.sources.foreign.errors import DamagedFile

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Wire types; groups (3 and 4) were given up before any format read here was made."""
_DOUBLE = struct.Struct("<d").unpack_from
Value = int | bytes
KINDS = {VARINT: "a varint", FIXED64: "8 bytes", BYTES: "a length and bytes", FIXED32: "4 bytes"}


def fields(data: bytes) -> Iterator[tuple[int, int, Value]]:
    """Field number, wire type and value of every field: an unsigned int for a varint, else the bytes.

    Raises ``DamagedFile`` if the message is cut short or not in this format.
    """
    position, end = 0, len(data)
    while position < end:
        key, position = varint(data, position)
        number, kind = key >> 3, key & 7
        if not 0 < number < 1 << 29:
            raise DamagedFile(f"the message has a field of number {number}, which no message has")
        if kind == VARINT:
            value, position = varint(data, position)
            yield number, kind, value
            continue
        if kind == BYTES:
            length, position = varint(data, position)
        elif kind in (FIXED64, FIXED32):
            length = 8 if kind == FIXED64 else 4
        else:
            raise DamagedFile(f"field {number} of the message has wire type {kind}, which is not in use")
        if length > end - position:
            raise DamagedFile(f"the message is cut short in field {number}, {end - position} bytes into {length}")
        yield number, kind, data[position : position + length]
        position += length


def varint(data: bytes, position: int) -> tuple[int, int]:
    """The varint at ``position`` (at most 64 bits) and where it ends; ``DamagedFile`` if it is cut short or longer."""
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(data):
            raise DamagedFile("the message is cut short inside a varint")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if value >> 64:
                break
            return value, position
    raise DamagedFile("the message has a varint of more than 64 bits")


def expect(number: int, kind: int, wanted: int, name: str) -> None:
    """``DamagedFile`` if the field called ``name`` is not of the wire type wanted."""
    if kind != wanted:
        there = KINDS[kind]
        raise DamagedFile(f"field {number} of the message ({name}) is {there}, not {KINDS[wanted]}")


def double(value: Value) -> float:
    """The floating-point number in the 8 bytes of a field."""
    if isinstance(value, int):
        raise DamagedFile("a floating-point number is 8 bytes, not a varint")
    return float(_DOUBLE(value)[0])
