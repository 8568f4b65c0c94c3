"""No pickle makes the importer run, import or allocate anything: it refuses and says what the file tried."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import pickle
import shutil
import struct
import subprocess
import sys
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ImportRefused
from harness.sources.foreign.errors import DamagedFile, HostilePickle
from harness.sources.foreign.official import read_artefact, read_layout
from harness.sources.foreign.pickles import parse, read_pickle
from support.imports import JAHS
from support.paths import TESTS

HERE = TESTS / "data" / "importer"
PARTS = ("params", "label_headers", "model")


def text(value: str) -> bytes:
    """SHORT_BINUNICODE."""
    return b"\x8c" + bytes([len(value.encode())]) + value.encode()


def name(module: str, attribute: str) -> bytes:
    """GLOBAL."""
    return f"c{module}\n{attribute}\n".encode()


def stack_name(module: str, attribute: str) -> bytes:
    """STACK_GLOBAL."""
    return text(module) + text(attribute) + b"\x93"


RECORD = name("sklearn.pipeline", "Pipeline") + b")\x81"
NESTED = name("os", "mkdir") + b"(VTARGET\ntR."  # the "object array" that joblib would hand to pickle.load
OBJECT_DTYPE = name("numpy", "dtype") + b"(VO8\nI00\nI01\ntR(I3\nV|\nNNNI-1\nI-1\nI63\ntb"
WRAPPER = (
    name("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81}(Vsubclass\n" + name("numpy", "ndarray")
    + b"Vshape\nI1\n\x85Vorder\nVC\nVdtype\n" + OBJECT_DTYPE + b"Vallow_mmap\nI00\nub"
)  # fmt: skip

RUNS = {
    "REDUCE": name("os", "mkdir") + b"(VTARGET\ntR.",
    "REDUCE of builtins": name("builtins", "eval") + b"(V__import__('os').mkdir('TARGET')\ntR.",
    "REDUCE by Python 2 names": name("__builtin__", "exec") + b"(Vimport os; os.mkdir('TARGET')\ntR.",
    "REDUCE by STACK_GLOBAL": b"\x80\x04" + stack_name("os", "mkdir") + text("TARGET") + b"\x85R.",
    "dotted STACK_GLOBAL": b"\x80\x04" + stack_name("pathlib", "Path.mkdir") + name("pathlib", "Path")
    + b"(VTARGET\ntR\x85R.",
    "INST": b"(VTARGET\nios\nmkdir\n.",
    "OBJ": b"(" + name("os", "mkdir") + b"VTARGET\no.",
    "NEWOBJ_EX": b"\x80\x04" + stack_name("subprocess", "Popen") + b")}\x92.",
    "NEWOBJ": b"\x80\x02" + name("subprocess", "Popen") + b")\x81.",
    "getattr": name("builtins", "getattr") + b"(" + name("os", "mkdir") + b"V__call__\ntR(VTARGET\ntR.",
    "partial": name("functools", "partial") + b"(" + name("os", "mkdir") + b"VTARGET\ntR)R.",
    "BUILD with __setstate__": RECORD + b"}V__setstate__\n" + name("os", "mkdir") + b"sbVTARGET\nb.",
    "memo trick": b"(" + name("os", "mkdir") + b"p1\n0I1\np1\n0" + name("os", "mkdir") + b"p2\n0g2\n(VTARGET\ntRt.",
    "after a harmless object": RECORD + b"0" + name("os", "mkdir") + b"(VTARGET\ntR.",
    "nested in an array of objects": WRAPPER + NESTED + b".",
}  # fmt: skip
"""Pickles that create a folder when opened the usual way (or would, given the packages they name)."""

REFUSED = {
    **RUNS,
    "unknown function": name("numpy.testing", "runstring") + b"(Vpass\n}tR.",
    "a name outside the list": name("os", "system") + b".",
    "__main__": name("__main__", "f") + b")R.",
    "a module that does not exist": name("no_such_module", "f") + b")R.",
    "a module that prints": name("this", "s") + b".",
    "odd module": b"\x80\x04" + text("os; os") + text("x") + b"\x93.",
    "empty name": b"\x80\x04" + text("") + text("") + b"\x93.",
    "name that is a number": b"\x80\x04K\x01K\x02\x93.",
    "relative name": b"\x80\x04" + text("..os") + text("system") + b"\x93.",
    "dunder name": b"\x80\x04" + stack_name("builtins", "object.__subclasses__") + b")R.",
    "getattr of an array": name("builtins", "getattr") + b"(" + name("numpy", "ndarray") + b"Vtofile\ntR.",
    "getattr of a transform": name("builtins", "getattr") + b"("
    + name("jahs_bench.surrogate.utils", "CustomTransformFunctions") + b"V__globals__\ntR.",
    "reconstructor of a function": name("copyreg", "_reconstructor") + b"(" + name("os", "system")
    + name("builtins", "object") + b"NtR.",
    "reconstructor through a function": name("copyreg", "_reconstructor") + b"(" + name("sklearn.base", "X")
    + name("os", "system") + b"VTARGET\ntR.",
    "calling an object": RECORD + b")R.",
    "calling a text": b"Vos.system\n)R.",
    "building a class": name("sklearn.base", "BaseEstimator") + b"}Vfit\nI1\nsb.",
    "building a function": name("numpy", "load") + b"}Vx\nI1\nsb.",
    "items of a class": name("sklearn.base", "BaseEstimator") + b"Vx\nI1\ns.",
    "codecs": name("_codecs", "decode") + b"(Vx\nVrot13\ntR.",
    "map": name("builtins", "map") + b"(" + name("os", "system") + b"]tR.",
    "EXT1": b"\x80\x02\x82\x01.",
    "EXT2": b"\x80\x02\x83\x01\x00.",
    "EXT4": b"\x80\x02\x84\x01\x00\x00\x00.",
    "PERSID": b"Psomewhere\n.",
    "BINPERSID": b"I1\nQ.",
    "NEXT_BUFFER": b"\x80\x05\x97.",
    "READONLY_BUFFER": b"\x80\x05]\x98.",
}  # fmt: skip

DAMAGED = {
    "empty stack": b".",
    "no stop": b"I1\n",
    "unknown opcode": b"I1\n\xff.",
    "mark never set": b"t.",
    "reaching below a mark": b"I1\n(0a.",
    "unknown memo": b"g7\n.",
    "protocol 9": b"\x80\x09I1\n.",
    "huge text": b"X\xff\xff\xff\xff.",
    "huge text of eight bytes": b"\x80\x04\x8d" + b"\xff" * 7 + b"\x7f.",
    "huge bytes": b"\x80\x04\x8e" + b"\xff" * 8 + b".",
    "huge frame": b"\x80\x04\x95" + b"\xff" * 8 + b".",
    "huge integer": b"\x80\x02\x8b\xff\xff\xff\x7f.",
    "negative integer length": b"\x80\x02\x8b\xff\xff\xff\xff.",
    "huge decimal": b"I" + b"9" * 100_000 + b"\n.",
    "huge array": WRAPPER.replace(b"I1\n\x85", b"I99999999999\n\x85").replace(OBJECT_DTYPE, OBJECT_DTYPE.replace(
        b"VO8", b"Vf8").replace(b"V|\n", b"V<\n")) + b"\0" * 64 + b".",
    "negative array": WRAPPER.replace(b"I1\n\x85", b"I-1\n\x85") + b".",
    "array of pointers as bytes": name("numpy.core.multiarray", "_reconstruct") + b"(" + name("numpy", "ndarray")
    + b"(I0\ntVb\ntR(I1\n(I1\nt" + OBJECT_DTYPE + b"I00\nVAAAAAAAA\ntb.",
    "void array": name("numpy", "dtype") + b"(VV999999999\ntR.",
    "structured array": name("numpy", "dtype") + b"(Vf8,f8\ntR.",
    "text array of nothing": WRAPPER.replace(b"VO8", b"VU0") + b".",
    "self-containing list": b"]p1\ng1\na.",
    "self-containing pipeline": RECORD + b"p1\n}Vsteps\n(lp2\n(Va\ng1\nta(Vb\ng1\ntasb.",
    "list as a key": b"}]I1\ns.",
    "odd number of items": b"}(I1\nu.",
    "trailing bytes": RECORD + b".more",
    "invalid text": b"X\x01\x00\x00\x00\xff.",
    "invalid number": b"Fone\n.",
}  # fmt: skip


def with_target(data: bytes, target: Path) -> bytes:
    """``data`` with its target in place, lengths adjusted."""
    path = str(target).encode()
    return data.replace(text("TARGET"), b"\x8c" + bytes([len(path)]) + path).replace(b"TARGET", path)


@contextlib.contextmanager
def tripwire() -> Iterator[None]:
    """Fails when anything is executed or imported inside the block."""
    ran: list[Any] = []

    def trip(*args: Any, **_: Any) -> None:
        ran.append(args)

    modules = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        for module, attributes in ((os, ("system", "mkdir")), (subprocess, ("Popen",)), (pickle, ("load", "loads"))):
            for attribute in attributes:
                patch.setattr(module, attribute, trip)
        yield
    assert not ran
    assert not {m for m in set(sys.modules) - modules if not m.startswith(("encodings", "harness"))}


def place(tmp_path: Path, part: str, data: bytes) -> Path:
    """An artefact whose file ``part`` holds ``data``."""
    folder = tmp_path / "copy"
    shutil.copytree(HERE / "protocol0", folder, dirs_exist_ok=True)
    (folder / f"{part}.pkl.gz").write_bytes(gzip.compress(data))
    return folder


def test_the_hostile_pickles_are_real(tmp_path: Path) -> None:
    for kind in ("REDUCE", "REDUCE of builtins", "REDUCE by STACK_GLOBAL", "INST", "OBJ", "memo trick"):
        pickle.loads(with_target(RUNS[kind], tmp_path / kind))
        assert (tmp_path / kind).is_dir(), kind


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("kind", REFUSED)
def test_a_pickle_that_would_run_code_is_refused(tmp_path: Path, part: str, kind: str) -> None:
    target = tmp_path / "ran"
    folder = place(tmp_path, part, with_target(REFUSED[kind], target))
    said = rf"{part}\.pkl\.gz is a pickle that would run code when opened: .*; nothing was imported"
    with tripwire(), pytest.raises(HostilePickle, match=said):
        read_artefact(folder)
    assert not target.exists()


def test_the_message_names_the_callable(tmp_path: Path) -> None:
    with pytest.raises(HostilePickle, match=r"model\.pkl\.gz .* os\.mkdir"):
        read_artefact(place(tmp_path, "model", RUNS["nested in an array of objects"]))
    with pytest.raises(HostilePickle, match=r"it would call no_such_module\.f"):
        read_artefact(place(tmp_path, "model", REFUSED["a module that does not exist"]))


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_malformed_pickle_is_refused(tmp_path: Path, kind: str) -> None:
    folder = place(tmp_path, "model", DAMAGED[kind])
    with tripwire(), pytest.raises(ImportRefused, match=r"model\.pkl\.gz"):
        read_artefact(folder)


def test_hostile_code_inside_a_real_model_is_found(tmp_path: Path) -> None:
    for part, where in (("model", b"Vmemory\n"), ("params", b"Vtrained_\n"), ("label_headers", b"Vattrs\n")):
        data = gzip.decompress((HERE / "protocol0" / f"{part}.pkl.gz").read_bytes())
        assert where in data
        attack = where + b"cos\nsystem\n(Vtouch ran\ntR0"
        folder = place(tmp_path / part, part, data.replace(where, attack, 1))
        with tripwire(), pytest.raises(HostilePickle, match=r"os\.system"):
            read_artefact(folder)


def test_one_hostile_file_stops_the_whole_layout(tmp_path: Path) -> None:
    for task in ("cifar10", "fashion_mnist"):
        shutil.copytree(HERE / "protocol0", tmp_path / task / "valid-acc")
    (tmp_path / "fashion_mnist" / "valid-acc" / "params.pkl.gz").write_bytes(gzip.compress(RUNS["REDUCE"]))
    with pytest.raises(HostilePickle, match=r"fashion_mnist.valid-acc.params\.pkl\.gz"):
        read_layout(tmp_path, JAHS)


def bomb(size: int) -> bytes:
    packed = zlib.compressobj(9, wbits=31)
    return b"".join(packed.compress(bytes(1 << 20)) for _ in range(size >> 20)) + packed.flush()


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("compressed zeros", bomb(400 << 20)),
        ("many empty sets", gzip.compress(b"\x8f" * 60_000_000, 1)),
        ("many empty lists", gzip.compress(b"(" + b"]" * 10_000_000 + b"t.", 1)),
        ("copies of one text", gzip.compress(
            name("_codecs", "encode") + b"p0\n0V" + b"x" * 1_000_000 + b"\np1\n0(" + b"h\x00h\x01X\x06\0\0\0latin1\x86R"
            * 20_000 + b"t.", 1)),
        ("nested tuples", gzip.compress(b")" + b"\x85" * 200_000 + b".", 1)),
        ("nested tuples as a key", gzip.compress(b"})" + b"\x85" * 200_000 + b"I1\ns.", 1)),
        ("nested lists", gzip.compress(b"]" * 100_000 + b"a" * 99_999 + b".", 1)),
        ("unpacked frames", gzip.compress(b"\x80\x04" + b"\x95" + bytes(8) * 1 + b"\x95" * 900_000, 1)),
    ],
)  # fmt: skip
def test_a_small_file_cannot_ask_for_much(tmp_path: Path, kind: str, data: bytes) -> None:
    file = tmp_path / "model.pkl.gz"
    file.write_bytes(data)
    tracemalloc.start()
    started = time.process_time()
    harmless = kind in ("nested tuples", "nested lists")  # built without recursion, and then no model
    with contextlib.nullcontext() if harmless else pytest.raises(ImportRefused, match=str(file)):
        read_pickle(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 300 << 20
    assert time.process_time() - started < 20


@pytest.mark.slow
def test_no_change_of_a_byte_gets_past_the_refusals() -> None:
    data = gzip.decompress((HERE / "protocol0" / "model.pkl.gz").read_bytes())[:9000]
    with tripwire():
        for position in range(0, len(data), 61):
            for value in b"R.bio\x81\x93":
                changed = data[:position] + bytes([value]) + data[position + 1 :]
                with pytest.raises(ImportRefused):
                    parse(changed, Path("model.pkl"))


def test_arrays_never_read_beyond_their_file() -> None:
    buffer = io.BytesIO()
    buffer.write(name("numpy.core.numeric", "_frombuffer") + b"(\x96" + struct.pack("<Q", 8) + bytes(8))
    buffer.write(name("numpy", "dtype") + b"(Vf8\nI00\nI01\ntR(I1000000\nt" + b"VC\ntR.")
    with pytest.raises(DamagedFile, match="1000000 elements has 8 bytes"):
        parse(buffer.getvalue(), Path("model.pkl"))
