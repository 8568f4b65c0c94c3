"""Records in TensorFlow's framing: every flipped bit and every cut is found and named, and what is whole is read."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.base.budget import Limits
from harness.sources.foreign import protobuf, tfrecord
from harness.sources.foreign.crc32c import LONGEST, crc32c, crc32c_of
from harness.sources.foreign.errors import DamagedFile, MissingPart
from harness.sources.foreign.tfrecord import masked, read_records
from support.nasbench101_files import crc32c as by_definition
from support.nasbench101_files import field, record, varint, write_records

KNOWN = [
    (bytes(32), 0x8A9136AA),
    (b"\xff" * 32, 0x62A8AB43),
    (bytes(range(32)), 0x46DD794E),
    (bytes(range(31, -1, -1)), 0x113FDB5C),
    (b"123456789", 0xE3069283),
    (b"", 0),
]
"""RFC 3720, appendix B.4, and the check value of the catalogue of CRCs."""


@pytest.mark.parametrize(("data", "checksum"), KNOWN)
def test_known_checksums(data: bytes, checksum: int) -> None:
    one = crc32c_of(data, np.array([0]), np.array([len(data)]))
    assert crc32c(data) == by_definition(data) == int(one[0]) == checksum


@given(st.lists(st.binary(max_size=40), max_size=12), st.binary(max_size=9))
def test_many_checksums_are_those_of_each(messages: list[bytes], gap: bytes) -> None:
    lengths = np.array([len(message) for message in messages], dtype=np.int64)
    starts = np.cumsum(lengths + len(gap)) - lengths
    found = crc32c_of(b"".join(gap + message for message in messages), starts, lengths)
    assert found.tolist() == [by_definition(message) for message in messages]


def test_long_messages_among_short_ones() -> None:
    rng = np.random.default_rng(0)
    messages = [rng.bytes(n) for n in (5, LONGEST, LONGEST + 1, 7, 3 * LONGEST)]
    lengths = np.array([len(message) for message in messages])
    found = crc32c_of(b"".join(messages), np.cumsum(lengths) - lengths, lengths)
    assert found.tolist() == [crc32c(message) for message in messages]


def test_masking_is_undone_by_its_inverse() -> None:
    checksums = np.random.default_rng(1).integers(0, 1 << 32, 100, dtype=np.uint32)
    stored = masked(checksums)
    rotated = stored - np.uint32(0xA282EAD8)
    assert (rotated >> 17 | rotated << 15).tolist() == checksums.tolist()
    assert [masked(int(c)) for c in checksums] == stored.tolist()


def contents(path: Path) -> list[bytes]:
    return [data for batch in read_records(path) for data in batch]


ROWS = [b"first", b"", b"x", b"the fourth record", bytes(range(256))]


def test_records_come_back(tmp_path: Path) -> None:
    assert contents(write_records(tmp_path / "a", ROWS)) == ROWS


def test_a_record_of_tensorflow_itself(tmp_path: Path) -> None:
    """An empty record as TensorFlow writes it: length 0, masked checksum of eight zeros, masked checksum of nothing."""
    path = tmp_path / "a"
    path.write_bytes(bytes.fromhex("0000000000000000" + "29039807" + "d8ea82a2"))
    assert contents(path) == [b""]


@pytest.mark.parametrize("chunk", [1, 13, 100])
def test_records_may_lie_across_the_pieces_that_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(tfrecord, "CHUNK", chunk)
    seen: list[tuple[int, int]] = []
    path = write_records(tmp_path / "a", ROWS)
    found = [data for batch in read_records(path, progress=lambda *at: seen.append(at)) for data in batch]
    assert found == ROWS
    assert seen[-1] == (path.stat().st_size, path.stat().st_size)


@pytest.mark.parametrize("chunk", [29, 1 << 20])
def test_every_flipped_bit_is_found_in_its_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(tfrecord, "CHUNK", chunk)
    rows = [b"one", b"two more", b"three"]
    whole = b"".join(map(record, rows))
    bounds = np.cumsum([len(record(row)) for row in rows])
    path = tmp_path / "a"
    for at in range(len(whole)):
        for bit in (0, 7):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])
            number = int(np.searchsorted(bounds, at, side="right"))
            pattern = (
                rf"record {number + 1} of .* is corrupt.*\({number} records were read before it, nothing is imported"
            )
            with pytest.raises(DamagedFile, match=pattern):
                contents(path)


def test_every_cut_is_found(tmp_path: Path) -> None:
    whole = b"".join(map(record, [b"one", b"two"]))
    bounds = [0, len(record(b"one")), len(whole)]
    path = tmp_path / "a"
    for length in range(1, len(whole)):
        path.write_bytes(whole[:length])
        if length in bounds:
            assert contents(path) == [b"one"]
            continue
        number = int(length > bounds[1])
        into = length - bounds[number]
        with pytest.raises(
            DamagedFile, match=rf"record {number + 1} of .* is cut short: the file ends {into} bytes into"
        ):
            contents(path)


def oversized() -> bytes:
    header = struct.pack("<Q", 1 << 40)
    return header + struct.pack("<I", masked(by_definition(header))) + b"x" * 100


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"text, not records, at all", r"record 1 of .* its length does not match its checksum"),
        (gzip.compress(record(b"one") * 3, mtime=0), "compressed with gzip; unpack it first"),
        (record(b"one") + oversized(), r"record 2 of .* has 1,099,511,627,776 bytes, more than the 16,777,216"),
        (record(b"one") + bytes(16), r"record 2 of .* is corrupt"),
    ],
    ids=["empty", "text", "gzip", "huge", "zeros"],
)
def test_what_is_no_such_file(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(data)
    with pytest.raises(DamagedFile, match=message):
        contents(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingPart, match="is missing"):
        contents(tmp_path / "none")
    with pytest.raises(DamagedFile, match="cannot be read"):
        contents(tmp_path)


def test_the_fields_of_a_message() -> None:
    data = (
        field(1, b"abc")
        + field(2, 300)
        + varint(3 << 3 | 5)
        + b"\x01\x00\x00\x00"
        + field(1, 0.5)
        + field(7, 2**64 - 1)
    )
    assert list(protobuf.fields(data)) == [
        (1, protobuf.BYTES, b"abc"),
        (2, protobuf.VARINT, 300),
        (3, protobuf.FIXED32, b"\x01\x00\x00\x00"),
        (1, protobuf.FIXED64, struct.pack("<d", 0.5)),
        (7, protobuf.VARINT, 2**64 - 1),
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x08", "cut short inside a varint"),
        (b"\x08\x80\x80", "cut short inside a varint"),
        (b"\x08" + b"\xff" * 9 + b"\x02", "more than 64 bits"),
        (b"\x08" + b"\x80" * 10 + b"\x01", "more than 64 bits"),
        (b"\x0a\x05abc", "cut short in field 1, 3 bytes into 5"),
        (b"\x09\x00\x00", "cut short in field 1, 2 bytes into 8"),
        (b"\x0b", "wire type 3, which is not in use"),
        (b"\x0e", "wire type 6, which is not in use"),
        (b"\x00\x00", "field of number 0"),
    ],
)
def test_what_is_no_message(data: bytes, message: str) -> None:
    with pytest.raises(DamagedFile, match=message):
        list(protobuf.fields(data))


@given(st.binary(max_size=60))
def test_any_bytes_are_fields_or_are_refused(data: bytes) -> None:
    try:
        found = list(protobuf.fields(data))
    except DamagedFile:
        return
    assert sum(2 if isinstance(value, int) else 1 + len(value) for _, _, value in found) <= len(data)


def test_a_file_of_records_of_nothing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tfrecord, "LIMITS", {"tfrecord": Limits(1 << 30, 1 << 20, 64, 1 << 30, 1000, 60.0)})
    length = struct.pack("<Q", 0)
    record = length + struct.pack("<I", masked(crc32c(length))) + struct.pack("<I", masked(crc32c(b"")))
    (tmp_path / "a.tfrecord").write_bytes(record * 1001)
    with pytest.raises(DamagedFile, match="more than 1,000 objects to read"):
        list(read_records(tmp_path / "a.tfrecord"))
