"""A small file cannot ask for much: every reader has a budget of bytes, objects and seconds, and keeps to it."""

from __future__ import annotations

import contextlib
import gzip
import re
import tarfile
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.base.budget import LIMITS, Budget, Limits
from harness.errors import ImportRefused, OverBudget
from harness.sources.foreign.compressed import read_file
from harness.sources.foreign.errors import DamagedFile
from harness.sources.foreign.estimator import read_buffer
from harness.sources.foreign.pickles import parse, read_pickle
from harness.sources.foreign.records import Record
from harness.sources.foreign.translate import translate
from harness.sources.obtain import unpack as unpacking
from harness.sources.obtain.unpack import unpack
from support.paths import ROOT, TESTS

IMPORTER = TESTS / "data" / "importer"


@contextmanager
def within(seconds: float, mib: int | None = None) -> Iterator[None]:
    """The block takes at most so much CPU time and, if it is measured, which is slow, memory of Python."""
    if mib is not None:
        tracemalloc.start()
    began = time.process_time()
    try:
        yield
        taken = time.process_time() - began
        peak = tracemalloc.get_traced_memory()[1] if mib is not None else 0
    finally:
        tracemalloc.stop()
    assert taken < seconds
    assert peak <= (mib or 0) << 20


def test_a_budget_says_which_of_its_parts_is_spent() -> None:
    with pytest.raises(OverBudget, match="more than 100 bytes"):
        Budget(100, 10, 60.0).charge(101)
    with pytest.raises(OverBudget, match="more than 10 objects"):
        Budget(100, 10, 60.0).spend(11)
    with pytest.raises(OverBudget, match="seconds to read"):
        Budget(100, 10, -1.0).look()
    with pytest.raises(OverBudget, match="seconds to read"):
        Budget(100, 10_000, -1.0).spend(5000)


def test_the_documentation_states_every_budget() -> None:
    page = (ROOT / "docs" / "surrogates.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)`[^|]*\| (.*) \|$", page, re.MULTILINE))
    for kind, limits in LIMITS.items():
        least, most = limits.least >> 20, limits.most >> 30
        words = f"{limits.largest >> 20:,} MiB | {limits.times} times the file, {least:,} MiB to {most:,} GiB"
        assert rows[kind] == f"{words} | {limits.objects:,} | {limits.seconds:g} + {limits.per_mib:g} per MiB"


# Compressed files and archives -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(b"") * 100_000,
        gzip.compress(b"I1\n.") + bytes(20 << 20) + gzip.compress(b"x"),
        gzip.compress(b"x" * 10) * 100_000,
    ],
    ids=["empty members", "padding", "short members"],
)
def test_many_short_streams_are_refused_soon(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "model.pkl.gz"
    file.write_bytes(data)
    with within(10), pytest.raises(ImportRefused, match=str(file)):
        read_pickle(file)


def test_a_blocked_gzip_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "model.pkl.gz"
    file.write_bytes(gzip.compress(b"x" * 65_000) * 200)
    assert len(read_file(file)[0]) == 13_000_000


def zeros(size: int, *, head: bytes = b"", tail: bytes = b"") -> bytes:
    packed = zlib.compressobj(9, wbits=31)
    body = b"".join(packed.compress(bytes(1 << 20)) for _ in range(size >> 20))
    return packed.compress(head) + body + packed.compress(tail) + packed.flush()


@pytest.mark.parametrize("wanted", ["big", "other"])
def test_an_archive_that_unpacks_to_much_more_than_its_size_is_refused(
    tmp_path: Path, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "LIMITS", {"archive": Limits(1 << 30, 8 << 20, 20, 1 << 30, 10, 60.0)})
    info = tarfile.TarInfo("big")
    info.size = 30 << 20
    file = tmp_path / "a.tar"
    file.write_bytes(zeros(info.size, head=info.tobuf(), tail=bytes(10240)))
    assert file.stat().st_size < 1 << 20
    (tmp_path / "out").mkdir()
    with within(60), pytest.raises(ImportRefused, match="more than 8,388,608 bytes to read"):
        unpack(file, tmp_path / "out", {wanted})


def test_empty_members_before_an_archive_cost_only_the_time_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "LIMITS", {"archive": Limits(1 << 30, 1 << 29, 20, 1 << 30, 10, 0.1, 0.0)})
    file = tmp_path / "a.tar"
    file.write_bytes(gzip.compress(b"") * 100_000)
    with within(6), pytest.raises(ImportRefused, match="seconds to read"):
        unpack(file, tmp_path, {"x"})


# Pickles -----------------------------------------------------------------------------------------------------------


def colliding(count: int) -> bytes:
    """A pickle of a dict whose keys are tuples."""
    keys = b"".join(b"J" + at.to_bytes(4, "little") + b"\x85N" for at in range(count))
    return b"\x80\x02}(" + keys + b"u."


def ordered(count: int) -> bytes:
    keys = b"".join(b"J" + at.to_bytes(4, "little") + b"\x85N\x86" for at in range(count))
    return b"\x80\x02ccollections\nOrderedDict\n(" + b"(" + keys + b"ltR."


@pytest.mark.parametrize("make", [colliding, ordered])
def test_only_few_tuples_may_be_keys(make: Callable[[int], bytes]) -> None:
    assert len(parse(make(500), Path("model.pkl"))) == 500
    with within(5), pytest.raises(ImportRefused, match="objects to read"):
        parse(make(5000), Path("model.pkl"))


RECORD = b"csklearn.pipeline\nPipeline\n)\x81"
MANY = b"(" + b"".join(b"J" + at.to_bytes(4, "little") + b"N" for at in range(30_000)) + b"d"


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x02" + MANY + b"q\x010" + RECORD + b"h\x01b" * 40_000 + b".",
        b"\x80\x02" + MANY + b"q\x010" + RECORD + b"(" + b"h\x01" * 40_000 + b"tb.",
        b"\x80\x02(X\x04\0\0\0aaaaq\x01" + b"h\x01" * 100 + b"lq\x020(" + b"h\x02\x85" * 30_000 + b"l.",
    ],
    ids=["one state over and over", "a state many times", "shared lists"],
)
def test_sharing_does_not_multiply_the_work(data: bytes) -> None:
    with within(10), contextlib.suppress(ImportRefused):
        parse(data, Path("model.pkl"))


def test_an_output_that_is_there_many_times_is_read_within_the_budget() -> None:
    found = read_pickle(IMPORTER / "several" / "model.pkl.gz").value
    regressor = next(
        step[1] for step in found.state["steps"] if isinstance(step[1], Record) and "estimators_" in step[1].state
    )
    regressor.states.append({"estimators_": regressor.state["estimators_"] * 2000})
    with within(30), pytest.raises(OverBudget):
        translate(found, None, LIMITS["surrogate"].budget(1000))


# Boosters ----------------------------------------------------------------------------------------------------------


def packed_small() -> Budget:
    """Of a model that compresses a hundredfold."""
    return Limits(1 << 30, 4 << 20, 64, 4 << 30, 20_000, 60.0).budget(10_000)


@pytest.mark.parametrize(
    "data",
    [
        b"[" + b"0," * 500_000 + b"0]",
        b"{" + b",".join(b'"%d":0' % at for at in range(15_000)) + b"}",
        b"[" + b'"ab",' * 200_000 + b"0]",
        b'"' + b"x" * 1_000_000 + "\U0001f600".encode() + b'"',
        b"[" * 10_000,
        b'{"a":' * 10_000,
    ],
    ids=["numbers", "entries", "texts", "wide text", "nested lists", "nested objects"],
)
def test_a_booster_in_json_takes_no_more_memory_than_allowed(data: bytes) -> None:
    read_buffer_of = b'{"a":' + data + b"}"
    with within(5, 8), pytest.raises((OverBudget, DamagedFile)):
        read_buffer(read_buffer_of, budget=packed_small())


@pytest.mark.parametrize(
    "data",
    [
        b"{U\x01a[#l" + (600_000).to_bytes(4, "big") + b"Z" * 600_000,
        b"{U\x01a" + b"N" * 600_000 + b"Z}",
        b"{U\x01a[" + b"[]" * 50_000 + b"]}",
        b"{" + b"U\x01aZ" * 50_000 + b"}",
    ],
    ids=["constants", "no-operations", "lists", "one key"],
)
def test_a_booster_in_ubjson_takes_no_more_time_than_allowed(data: bytes) -> None:
    with within(5, 8), pytest.raises(OverBudget):
        read_buffer(data, budget=packed_small())


def test_many_small_trees_are_too_many_objects() -> None:
    tree = (1).to_bytes(4, "little") * 2 + bytes(140) + b"\xff" * 12 + bytes(8) + bytes(16)
    count = 2000
    head = b"binf" + b"\0\0\0\x3f" + (1).to_bytes(4, "little") + bytes(128)
    names = b"".join(len(text).to_bytes(8, "little") + text for text in (b"reg:linear", b"gbtree"))
    model = count.to_bytes(4, "little") + bytes(156) + tree * count + bytes(4 * count)
    with within(5), pytest.raises(OverBudget, match="objects"):
        read_buffer(head + names + model, budget=packed_small())
