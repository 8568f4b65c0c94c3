"""Changed files of every foreign format, for a minute: only the documented errors, within time and memory.

Each format has small valid examples, which are changed at random: bytes flipped, pieces cut, copied, repeated and
exchanged, and numbers made huge. The changes depend on the seed alone; ``FUZZ_SECONDS`` and ``FUZZ_SEED`` change both.
"""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import pickle
import random
import shutil
import struct
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.base.documents import load_json
from harness.base.toml import load_toml
from harness.errors import HarnessError, ImportRefused, OverBudget, RecordError, SubmissionError, SurrogateError
from harness.registry import load_surrogates
from harness.runs.execution.executors import Batch
from harness.runs.execution.executors.answers import Unfit, unpack
from harness.runs.execution.executors.work import do_remotely
from harness.runs.execution.plans import FOLDER, plans
from harness.runs.records import decode, read, sealed, unsealed
from harness.runs.selection import Selection
from harness.sources.foreign.crc32c import crc32c
from harness.sources.foreign.estimator import read_buffer
from harness.sources.foreign.official import read_artefact
from harness.sources.foreign.pickles import parse, read_pickle
from harness.sources.foreign.protobuf import fields
from harness.sources.foreign.records import Record
from harness.sources.foreign.tfrecord import masked, read_records
from harness.sources.obtain.unpack import unpack as unpack_archive
from harness.sources.store import read_manifest
from harness.sources.tables.errors import BadDeclaration
from harness.suites.declaration import read_declaration
from harness.suites.trainings import read_plan
from harness.verify.claims import read_claim
from harness.verify.states import read_file
from harness.verify.submissions.manifest import Submission
from harness.verify.submissions.manifest_file import from_toml, to_toml
from support import made_suite
from support.paths import ROOT, TESTS
from support.serving import make_tar

SECONDS = float(os.environ.get("FUZZ_SECONDS", "60"))
SEED = int(os.environ.get("FUZZ_SEED", "2027"))
SLOWEST = 10.0
"""CPU seconds that a file of a few kilobytes may take."""
LARGEST = 700
"""MiB that the process may grow by: the budget of the largest small file."""
IMPORTER = TESTS / "data" / "importer"
Read = Callable[[bytes, Path], Any]


def booster(name: str) -> bytes:
    """The serialised model within an artefact."""
    found = read_pickle(IMPORTER / name / "model.pkl.gz").value
    waiting = [found]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Record):
            if isinstance(value.state.get("handle"), bytes):
                return bytes(value.state["handle"])
            waiting += [*value.state.values(), *value.args]
        elif isinstance(value, list | tuple):
            waiting += value
    raise AssertionError(name)


def tfrecord() -> bytes:
    """Three records."""
    out = b""
    for data in (b"", b"some data", bytes(range(200))):
        length = struct.pack("<Q", len(data))
        out += length + struct.pack("<I", masked(crc32c(length))) + data + struct.pack("<I", masked(crc32c(data)))
    return out


def on_disk(read_path: Callable[[Path], Any], name: str) -> Read:
    """A reader of files as one of bytes."""

    def read_bytes(data: bytes, folder: Path) -> Any:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
        return read_path(folder / name)

    return read_bytes


def emptied(out: Path, unpack_into: Callable[..., Any], path: Path) -> None:
    """Unpacks into a folder that was empty before."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    unpack_into(path, out, {"a/b"})


def claim(path: Path) -> None:
    with read_claim(path) as found:
        for _ in found.each_run() if found.ordered else ():
            pass


def table(path: Path) -> None:
    read_plan(read_declaration(path.with_name("toynets.toml"), {}))


def artefact(part: str) -> Read:
    def read_part(data: bytes, folder: Path) -> None:
        for other in ("params", "label_headers", "model"):
            source = (IMPORTER / "protocol4" / f"{other}.pkl.gz").read_bytes()
            (folder / f"{other}.pkl.gz").write_bytes(gzip.compress(data, 1) if other == part else source)
        read_artefact(folder)

    return read_part


def formats(folder: Path) -> dict[str, tuple[list[bytes], Read, tuple[type[Exception], ...]]]:
    """Format -> examples, how they are read, and the documented errors."""
    plain = [gzip.decompress((IMPORTER / n / "model.pkl.gz").read_bytes()) for n in ("protocol0", "protocol4")]
    small = pickle.dumps([(1, "a", {"b": 2.5}, b"c", {3, 4}), ["d"] * 50], 4)
    record = next((ROOT / "results" / "baselines").rglob("random-search.parquet")).read_bytes()
    states = (ROOT / "results" / "baselines" / "verification.csv").read_bytes()[:2000].rpartition(b"\n")[0] + b"\n"
    submission = to_toml(
        Submission(
            rules="1.0", name="A method", version="1.0", authors=("A", "B"), url="https://example.org/a",
            contact="a@example.org", licence="MIT", surrogates="lite-1", surrogates_hash="0" * 64, method="mine",
            axis="", continuation=True,
        )
    ).encode()  # fmt: skip
    made_suite.write(folder / "made")
    parquet, declaration = ((folder / "made" / f"toynets.{end}").read_bytes() for end in ("parquet", "toml"))
    plan = json.dumps({"host": "h", "pid": 1, "folder": "/", "command": ["a"], "started": 1.0, "state": "running",
                       "beat": 2.0, "progress": {}, "wanted": [{"path": "a", "leaderboard": "b", "method": "c",
                       "seeds": [[0, 9], [12, 14]]}]}).encode()  # fmt: skip
    manifest = next((ROOT / "harness" / "sources" / "embedded").rglob("manifest.json")).read_bytes()
    job = Selection("cifar10", "bb", ("random-search",), 1).jobs(load_surrogates("lite-1"))[0]
    part = bytes(unsealed(do_remotely(Batch(job.spec, job.entry, (3,), "lite-1"))))
    packed = [squeeze(small) for squeeze in (gzip.compress, zlib.compress, bz2.compress, lzma.compress)]
    packed.append(lzma.compress(small, lzma.FORMAT_ALONE))
    tar = make_tar(("a/b", b"content" * 50), ("c", b"x"), mode="w")
    refused = (ImportRefused,)
    return {
        "compressed": (packed, on_disk(read_pickle, "model.pkl.gz"), refused),
        "pickle": ([*plain, small], parse, refused),
        **{f"artefact {part}": ([gzip.decompress((IMPORTER / "protocol4" / f"{part}.pkl.gz").read_bytes())],
                                artefact(part), refused) for part in ("params", "label_headers", "model")},
        "booster": ([booster(name) for name in ("binary", "ubjson", "protocol4")],
                    lambda data, _: read_buffer(data), (*refused, OverBudget)),
        "tfrecord": ([tfrecord()], on_disk(lambda path: list(read_records(path)), "a.tfrecord"), refused),
        "protobuf": ([b"\x08\x96\x01\x12\x03abc\x19" + bytes(8) + b"\x25" + bytes(4)],
                     lambda data, _: list(fields(data)), refused),
        "archive": ([tar, gzip.compress(tar)], lambda data, at: on_disk(
            lambda path: emptied(at / "out", unpack_archive, path), "a.tar")(data, at), (HarnessError,)),
        "table": ([parquet], on_disk(table, "toynets.parquet"), (ImportRefused, BadDeclaration)),
        "declaration": ([declaration], on_disk(lambda path: read_declaration(path, {}), "own.toml"), (BadDeclaration,)),
        "record": ([record], on_disk(read, "r.parquet"), (RecordError,)),
        "claim": ([record], on_disk(claim, "r.parquet"), (HarnessError,)),
        "submission": ([submission], lambda data, _: from_toml(data), (SubmissionError,)),
        "states": ([states], on_disk(read_file, "verification.csv"), (RecordError,)),
        "plan": ([plan], on_disk(lambda path: plans(path.parents[1]), f"{FOLDER}/a.json"), ()),
        "manifest": ([manifest], on_disk(lambda path: read_manifest(path.parent), "manifest.json"), (SurrogateError,)),
        "part": ([part], lambda data, _: decode(sealed(data), "it"), (RecordError,)),
        "answer": ([part], lambda data, _: unpack(sealed(data), job.spec, (3,)), (HarnessError, Unfit)),
        "toml": ([declaration], lambda data, _: load_toml(data), (ValueError, OverBudget)),
        "json": ([plan], lambda data, _: load_json(data), (ValueError, OverBudget)),
    }  # fmt: skip


def changes(rng: random.Random, data: bytes, other: bytes) -> bytes:
    """The data with one to five changes."""
    for _ in range(rng.randint(1, 5)):
        at, length = rng.randrange(len(data) + 1), rng.choice([1, 1, 2, 4, 8, rng.randrange(1, 200)])
        start = rng.randrange(len(other) + 1)
        huge = rng.choice([2**31 - 1, 2**32 - 1, 2**63 - 1, 2**64 - 1, 1 << 40])
        words = [b"nan", b"1e999", b"-1", b"9" * 5000, b"[" * 5000, b"{", b"\x1b[2J", b"\xf0\x9f"]
        piece = rng.choice(
            [
                rng.randbytes(length),
                rng.choice([b"\xff", b"\0", b"\x7f", b"\x80"]) * length,
                other[start : start + length] * rng.choice([1, 2, 100, 5000]),
                b"",
                rng.choice(words),
                struct.pack("<Q", huge),
            ]
        )
        data = data[:at] + piece + data[at + rng.choice([0, length, len(piece)]) :]
        if rng.random() < 0.05:
            data = data[: rng.randrange(len(data) + 1)]
    return data[: 1 << 20]


def resident() -> int:
    """MiB that the process has taken at most so far."""
    resource = pytest.importorskip("resource")
    peak: int = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak >> (20 if sys.platform == "darwin" else 10)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of the libraries that parse, about what they are given
def test_changed_files_are_read_or_refused_as_documented(tmp_path: Path) -> None:
    rng = random.Random(SEED)
    all_formats = formats(tmp_path)
    for name, (examples, read_bytes, _) in all_formats.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "toynets.toml").write_text(made_suite.DECLARATION)
        for example in examples:
            read_bytes(example, tmp_path / name)
    before, until, done = resident(), time.monotonic() + SECONDS, dict.fromkeys(all_formats, 0)
    while time.monotonic() < until:
        for name, (examples, read_bytes, documented) in all_formats.items():
            data = changes(rng, rng.choice(examples), rng.choice(examples))
            began = time.process_time()
            try:
                read_bytes(data, tmp_path / name)
            except documented as error:
                assert len(str(error)) < 5000, name  # noqa: PT017 - not every change is refused
            except Exception as error:
                (tmp_path / f"{name}.failed").write_bytes(data)
                raise AssertionError(f"{name}, change {done[name]} of seed {SEED}: {error!r}") from error
            assert time.process_time() - began < SLOWEST, f"{name}, change {done[name]} of seed {SEED}"
            done[name] += 1
    assert min(done.values()) > 10, done
    assert resident() - before < LARGEST
