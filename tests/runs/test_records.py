"""Records on disk: the format, literally; whole or absent; and every kind of damage named and left alone."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import harness
from harness import registry
from harness.benchmark.method import Problem
from harness.errors import RecordError, StorageError, UsageError
from harness.runs import records
from harness.runs.pairing import pair
from harness.runs.records import Record, writing
from harness.runs.records import rows as joined_rows
from harness.runs.results import load_results
from harness.runs.run import Run
from harness.runs.runner import run
from harness.runs.spec import RunSpec
from harness.sources.models.surrogates import SurrogateSet
from support.commands import child_environment
from support.handwritten import handwritten
from support.paths import ROOT
from support.record_bytes import unmeasured

COLUMNS = [
    ("seed", "int64"), ("trial", "int64"),
    ("LearningRate", "double"), ("WeightDecay", "double"), ("Activation", "string"), ("TrivialAugment", "bool"),
    ("Op1", "int64"), ("Op2", "int64"), ("Op3", "int64"), ("Op4", "int64"), ("Op5", "int64"), ("Op6", "int64"),
    ("N", "int64"), ("W", "int64"), ("Resolution", "double"), ("epoch", "int64"),
    ("valid-acc", "double"), ("test-acc", "double"), ("train-acc", "double"), ("latency", "double"),
    ("runtime", "double"), ("size_MB", "double"), ("FLOPS", "double"),
    ("price", "double"), ("credit", "double"), ("charge", "double"), ("repaired", "bool"), ("worker", "int32"),
    ("start", "double"), ("end", "double"), ("counted", "bool"), ("method_seconds", "double"),
]  # fmt: skip
"""The schema of version 1. A change here needs a new schema version in harness/runs/records.py."""


@pytest.fixture(scope="module")
def finished(clockwork: SurrogateSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder with two entries of two seeds each."""
    made = tmp_path_factory.mktemp("results")
    for method in ("hyperband", "random-search"):
        harness.run("cifar10", "mf", method, seeds=2, surrogates=clockwork, results=made)
    return made


@pytest.fixture
def folder(finished: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return Path(shutil.copytree(finished, tmp_path / "results"))


def paths(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.parquet"))


def test_the_layout_of_a_results_folder(folder: Path) -> None:
    files = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    assert [f for f in files if not f.endswith(".lock")] == [
        "clockwork/cifar10/single/mf/hyperband.parquet",
        "clockwork/cifar10/single/mf/random-search.parquet",
    ]


def test_the_columns_of_a_record(folder: Path) -> None:
    schema = pq.read_schema(paths(folder)[0])
    assert [(field.name, str(field.type)) for field in schema] == COLUMNS
    assert not any(field.nullable for field in schema)


def test_the_header_of_a_record(folder: Path, clockwork: SurrogateSet) -> None:
    header = json.loads(pq.read_schema(paths(folder)[0]).metadata[b"harness"])
    assert header["schema"] == 1
    spec = dict(header["spec"])
    assert spec == {
        "leaderboard": "cifar10/single/mf", "surrogates": "clockwork", "surrogates_hash": clockwork.hash,
        "method": "hyperband", "method_path": "optimizers.hyperband:Hyperband", "preset": {}, "settings": {},
        "axes": ["epoch"], "from_scratch": False, "continuation": True, "space": "jahs", "workers": 1, "source": None,
        "constants": clockwork.constants("cifar10"),
    }  # fmt: skip
    assert [head["seed"] for head in header["runs"]] == [0, 1]
    first = header["runs"][0]
    assert set(first) == {
        "seed", "status", "stopped", "reason", "traceback", "evaluations", "repairs", "versions", "platform",
    }  # fmt: skip
    assert (first["status"], first["stopped"]) == ("complete", "budget")
    assert (first["reason"], first["traceback"]) == (None, None)
    assert {"jahs-harness", "numpy", "python"} <= set(first["versions"])
    assert first["versions"]["numpy"] == np.__version__
    assert first["platform"].startswith(sys.platform)


def test_the_header_counts_what_the_rows_say(folder: Path) -> None:
    for path in paths(folder):
        record = records.read(path)
        for seed, head in record.runs.items():
            rows = record.table.filter(pa.compute.equal(record.table["seed"], seed))
            assert head["evaluations"] == sum(rows["counted"].to_pylist()) > 0
            assert head["repairs"] == sum(rows["repaired"].to_pylist()) == 0


def test_rows_are_ordered_by_seed_then_by_start(folder: Path) -> None:
    for path in paths(folder):
        table = records.read(path).table
        keys = list(zip(table["seed"].to_pylist(), table["start"].to_pylist(), strict=True))
        assert keys == sorted(keys)


def some_run(clockwork: SurrogateSet, *, seed: int = 0, fails: bool = False) -> tuple[RunSpec, Run]:
    class Few:
        def __init__(self, problem: Problem, seed: int) -> None:
            self.space, self.rng, self.left = problem.space, np.random.default_rng(seed), 3

        def ask(self) -> Any:
            self.left -= 1
            if self.left < 0 and fails:
                raise RuntimeError("enough: µ ∑")
            return self.space.sample(self.rng) if self.left >= 0 else None

        def tell(self, observation: Any) -> None:
            pass

    entry = handwritten(Few)
    pairing = pair(registry.leaderboard("cifar10", "single", "mf"), clockwork, entry)
    return pairing.spec, run(pairing, seed)


def save(spec: RunSpec, outcome: Run, path: Path) -> None:
    board = registry.leaderboard_of(spec.leaderboard)
    records.write(records.to_table(board, spec, outcome, records.environment(())), path)


def test_what_is_written_is_what_is_read(clockwork: SurrogateSet, tmp_path: Path) -> None:
    spec, outcome = some_run(clockwork, seed=5)
    save(spec, outcome, tmp_path / "r.parquet")
    record = records.read(tmp_path / "r.parquet")
    assert record.spec == spec
    assert set(record.runs) == {5}
    assert record.table.to_pydict() == {"seed": [5] * 3, **outcome.columns}


def test_a_failed_run_keeps_its_rows_its_reason_and_its_traceback(clockwork: SurrogateSet, tmp_path: Path) -> None:
    spec, outcome = some_run(clockwork, fails=True)
    save(spec, outcome, tmp_path / "r.parquet")
    record = records.read(tmp_path / "r.parquet")
    assert record.runs[0]["status"] == "failed"
    assert record.runs[0]["reason"] == "mine raised RuntimeError: enough: µ ∑"
    assert "in ask" in record.runs[0]["traceback"]
    assert record.table.num_rows == 3


def test_a_run_without_a_single_evaluation_has_a_record(clockwork: SurrogateSet, tmp_path: Path) -> None:
    spec, outcome = some_run(clockwork)
    save(spec, dataclasses.replace(outcome, columns={k: [] for k in outcome.columns}), tmp_path / "r.parquet")
    record = records.read(tmp_path / "r.parquet")
    assert (record.table.num_rows, record.runs[0]["evaluations"]) == (0, 0)


def test_the_bytes_depend_on_the_runs_alone(clockwork: SurrogateSet, tmp_path: Path) -> None:
    for name in ("a", "b"):
        save(*some_run(clockwork), tmp_path / name)
    assert unmeasured(tmp_path / "a") == unmeasured(tmp_path / "b")


def test_the_bytes_are_those_of_a_table_written_at_once(folder: Path) -> None:
    path, again = paths(folder)[0], folder / "again.parquet"
    table = records.read(path).table
    reals = [f.name for f in table.schema if pa.types.is_floating(f.type) and f.name != "method_seconds"]
    names = [name for name in table.column_names if name != "method_seconds"]
    pq.write_table(
        table, again, compression=dict.fromkeys(names, "zstd") | {"method_seconds": "none"},
        compression_level=dict.fromkeys(names, 9), use_byte_stream_split=reals,
        use_dictionary=[name for name in names if name not in reals], write_statistics=names, data_page_size=1 << 26,
    )  # fmt: skip
    assert again.read_bytes() == path.read_bytes()


# Joining ----------------------------------------------------------------------------------------------------------


def long_run(clockwork: SurrogateSet, seed: int, rows: int, shade: float) -> pa.Table:
    """A run of so many evaluations, as a part has it."""
    spec, outcome = some_run(clockwork)
    columns = {name: [values[row % len(values)] for row in range(rows)] for name, values in outcome.columns.items()}
    columns["trial"], columns["price"] = list(range(rows)), [shade + row for row in range(rows)]
    long = dataclasses.replace(outcome, seed=seed, columns=columns)
    return records.to_table(registry.leaderboard_of(spec.leaderboard), spec, long, {"shade": shade})


def put_part(table: pa.Table, path: Path, name: str) -> None:
    """A part as an earlier version wrote it: a parquet file of one run."""
    records.write(table, records.parts_path(path) / name)


def plainly(tables: dict[int, pa.Table], path: Path) -> bytes:
    """What the tables' runs are as one record, joined in memory."""
    headers = [json.loads(table.schema.metadata[b"harness"]) for table in tables.values()]
    rows = pa.concat_tables([tables[seed].replace_schema_metadata() for seed in sorted(tables)]).combine_chunks()
    runs = {head["seed"]: head for header in headers for head in header["runs"]}
    records.write(records.with_header(rows, headers[0]["spec"], runs), path)
    return path.read_bytes()


@settings(max_examples=25, deadline=None)
@given(
    lengths=st.dictionaries(st.integers(0, 30), st.integers(0, 40), min_size=1, max_size=8),
    again=st.dictionaries(st.integers(0, 30), st.integers(0, 40), max_size=4),
    whole=st.integers(1, 80), group=st.integers(1, 40),
)  # fmt: skip
def test_parts_are_joined_as_if_all_at_once(
    clockwork: SurrogateSet, tmp_path_factory: pytest.TempPathFactory,
    lengths: dict[int, int], again: dict[int, int], whole: int, group: int,
) -> None:  # fmt: skip
    path = tmp_path_factory.mktemp("joined") / "r.parquet"
    tables: dict[int, pa.Table] = {}
    small: dict[str, Any] = {"WHOLE": whole, "GROUP": group}
    with mock.patch.multiple(writing, **small), mock.patch.multiple(joined_rows, **small), mock.patch("os.fsync"):
        for shade, runs in enumerate((lengths, again)):
            new = {seed: long_run(clockwork, seed, rows, shade) for seed, rows in runs.items()}
            tables |= new
            for seed, table in new.items():
                put_part(table, path, f"{seed:06d}.parquet")
            gathered = records.gather(path)
            some = records.gather(path, ("price",))
            records.merge(path)
            expected = plainly(tables, path.with_name("plain.parquet"))
            assert path.read_bytes() == expected
            merged = records.read(path)
            assert gathered is not None
            assert some is not None
            assert gathered.table.equals(merged.table, check_metadata=True)
            assert (gathered.spec, gathered.runs) == (merged.spec, merged.runs)
            assert some.runs == merged.runs
            assert some.table["price"].equals(merged.table["price"])
            assert not records.parts_path(path).exists()
    assert sorted(p.name for p in path.parent.iterdir()) == [".lock", "plain.parquet", "r.parquet"]


@pytest.mark.slow
def test_more_than_a_million_rows_are_joined_as_if_all_at_once(clockwork: SurrogateSet, tmp_path: Path) -> None:
    path, table = tmp_path / "r.parquet", long_run(clockwork, 0, 100_000, 0.5)
    tables = {}
    for seed in range(11):
        header = json.loads(table.schema.metadata[b"harness"])
        header["runs"][0]["seed"] = seed
        one = table.set_column(0, table.schema.field(0), pa.array([seed] * len(table)))
        tables[seed] = records.with_header(one, header["spec"], {seed: header["runs"][0]})
        put_part(tables[seed], path, f"{seed:06d}.parquet")
    records.merge(path)
    assert path.read_bytes() == plainly(tables, path.with_name("plain.parquet"))
    assert pq.read_metadata(path).num_row_groups == 5


@pytest.mark.parametrize(("name", "words"), [("first.parquet", "seed"), ("000008.parquet", "run of seed 8 alone")])
def test_a_part_that_is_none_is_named_and_nothing_lost(
    clockwork: SurrogateSet, tmp_path: Path, name: str, words: str
) -> None:
    path = tmp_path / "r.parquet"
    put_part(long_run(clockwork, 3, 5, 0.0), path, "000003.parquet")
    put_part(long_run(clockwork, 7, 5, 0.0), path, name)
    for join in (records.merge, records.gather):
        with pytest.raises(RecordError, match=words):
            join(path)
    assert sorted(p.name for p in records.parts_path(path).iterdir()) == sorted(["000003.parquet", name])
    assert not path.exists()


def test_nothing_is_joined_to_rows_out_of_order(clockwork: SurrogateSet, tmp_path: Path) -> None:
    path = tmp_path / "r.parquet"
    tables = {seed: long_run(clockwork, seed, 5, 0.0) for seed in (1, 2)}
    plainly(tables, path)
    record = records.read(path)
    shuffled = record.table.take(list(range(9, -1, -1)))
    records.write(records.with_header(shuffled, record.spec.as_dict(), record.runs), path)
    before = path.read_bytes()
    put_part(long_run(clockwork, 0, 5, 0.0), path, "000000.parquet")
    for join in (records.merge, records.gather):
        with pytest.raises(RecordError, match="order of the seeds"):
            join(path)
    assert path.read_bytes() == before


# Whole or absent --------------------------------------------------------------------------------------------------


def test_a_write_that_fails_leaves_no_trace(clockwork: SurrogateSet, tmp_path: Path) -> None:
    target = tmp_path / "r.parquet"
    (target / "in the way").mkdir(parents=True)
    with pytest.raises(StorageError, match=r"r\.parquet"):
        save(*some_run(clockwork), target)
    assert [p.name for p in tmp_path.iterdir()] == ["r.parquet"]


@pytest.mark.skipif(sys.platform == "win32", reason="limits on file sizes are POSIX")
def test_a_full_disk_in_the_middle_of_a_write_leaves_the_old_record(folder: Path) -> None:
    path = paths(folder)[0]
    before = path.read_bytes()
    limited = """
import pathlib, resource, sys
from harness.runs import records
from harness.errors import StorageError
path = pathlib.Path(sys.argv[1])
record = records.read(path)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    records.write(record.table, path)
except StorageError:
    sys.exit(7)
"""
    done = subprocess.run([sys.executable, "-c", limited, str(path)], cwd=ROOT, env=child_environment(), check=False)
    assert done.returncode == 7
    assert path.read_bytes() == before
    assert not list(folder.rglob("*.tmp"))


def damaged(folder: Path, blob: bytes) -> tuple[Path, bytes]:
    """Replaces the first record's bytes."""
    path = paths(folder)[0]
    path.write_bytes(blob)
    return path, blob


def assert_named_and_untouched_the_rest_served(folder: Path, path: Path, blob: bytes) -> None:
    with pytest.raises(RecordError) as caught:
        records.read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    found = load_results(folder)
    assert [record.spec.method for record in found] == ["random-search"]
    assert [str(path) in str(error) for error in found.errors] == [True]
    assert len(found.trajectory()) == 2 * 1001
    assert path.read_bytes() == blob


@pytest.mark.parametrize("keep", [0, 1, 4, 100, 0.5, 0.9, -9, -1], ids=str)
def test_a_half_written_record_is_never_read_as_complete(folder: Path, keep: float) -> None:
    whole = paths(folder)[0].read_bytes()
    cut = int(keep * len(whole)) if isinstance(keep, float) else keep
    assert_named_and_untouched_the_rest_served(folder, *damaged(folder, whole[:cut]))


@pytest.mark.parametrize("blob", [b"hello", b"PAR1", b"PAR1" * 100, b"\0" * 1000, b"seed,trial\n0,1\n"], ids=range(5))
def test_a_foreign_file_is_named(folder: Path, blob: bytes) -> None:
    assert_named_and_untouched_the_rest_served(folder, *damaged(folder, blob))


def test_a_parquet_file_of_someone_else_is_named(folder: Path) -> None:
    path = paths(folder)[0]
    pq.write_table(pa.table({"a": [1, 2]}), path)
    assert_named_and_untouched_the_rest_served(folder, path, path.read_bytes())


@pytest.fixture(scope="module")
def one_record(clockwork: SurrogateSet, tmp_path_factory: pytest.TempPathFactory) -> Record:
    path = tmp_path_factory.mktemp("one") / "r.parquet"
    save(*some_run(clockwork), path)
    return records.read(path)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.floats(0.0, 1.0, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_never_changes_what_is_read(one_record: Record, where: float, bit: int) -> None:
    blob = bytearray(one_record.path.read_bytes())
    blob[int(where * len(blob))] ^= 1 << bit
    path = one_record.path.with_name("flipped.parquet")
    path.write_bytes(blob)
    try:
        record = records.read(path)
    except RecordError:
        return
    assert record.runs == one_record.runs
    assert record.spec == one_record.spec
    assert record.table.drop_columns("method_seconds").equals(one_record.table.drop_columns("method_seconds"))


def rewrite(path: Path, change: Any) -> None:
    """Edits the JSON header of a record."""
    table = pq.read_table(path)
    header = json.loads(table.schema.metadata[b"harness"])
    change(header)
    pq.write_table(table.replace_schema_metadata({b"harness": json.dumps(header)}), path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda h: h.update(schema=2), "schema 2"),
        (lambda h: h.update(schema="1"), "schema '1'"),
        (lambda h: h.pop("schema"), "KeyError"),
        (lambda h: h.pop("spec"), "KeyError"),
        (lambda h: h["spec"].update(leaderboard="cifar10/single/fm"), "cifar10/single/fm"),
        (lambda h: h["spec"].update(workers=2), "hash"),
        (lambda h: h["runs"].pop(), "hash"),
        (lambda h: h["runs"][0].update(status="failed"), "hash"),
        (lambda h: h["runs"][0].pop("status"), "hash"),
        (lambda h: h.pop("sha256"), "hash"),
    ],
    ids=range(10),
)
def test_a_header_of_another_version_or_edited_is_named(folder: Path, change: Any, words: str) -> None:
    path = paths(folder)[0]
    rewrite(path, change)
    with pytest.raises(RecordError, match=words):
        records.read(path)
    assert_named_and_untouched_the_rest_served(folder, path, path.read_bytes())


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (b"", "JSON"),
        (b"text", "JSON"),
        (b"[1, 2]", "readable"),
        (b'"text"', "readable"),
        (b"\xff\xfe", "UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"schema": ' + b"1" * 5000 + b"}", "a whole number of thousands of digits"),
        (b'{"schema": [' + b"[]," * 10**6 + b"1]}", "more than 67,108,864 bytes"),
    ],
    ids=range(8),
)
def test_a_header_that_is_none_is_named(folder: Path, header: bytes, words: str) -> None:
    path = paths(folder)[0]
    pq.write_table(pq.read_table(path).replace_schema_metadata({b"harness": header}), path)
    with pytest.raises(RecordError, match=words):
        records.read(path)
    assert_named_and_untouched_the_rest_served(folder, path, path.read_bytes())


def test_an_edited_number_is_noticed(folder: Path) -> None:
    path = paths(folder)[0]
    table = pq.read_table(path)
    at = table.schema.get_field_index("valid-acc")
    better = pa.array([100.0] * table.num_rows)
    pq.write_table(table.set_column(at, table.schema.field(at), better), path)
    with pytest.raises(RecordError, match="hash"):
        records.read(path)


def test_a_missing_or_extra_column_is_named(folder: Path) -> None:
    path = paths(folder)[0]
    pq.write_table(pq.read_table(path).drop_columns("charge"), path)
    with pytest.raises(RecordError, match="columns"):
        records.read(path)


def test_a_missing_record_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="does not exist"):
        records.read(tmp_path / "none.parquet")


def test_a_directory_with_the_name_of_a_record_is_named(folder: Path) -> None:
    path = folder / "clockwork" / "a.parquet"
    path.mkdir()
    found = load_results(folder)
    assert len(found.records) == 2
    assert [str(path) in str(error) for error in found.errors] == [True]


def test_a_results_folder_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        load_results(tmp_path / "nowhere")


def test_an_empty_results_folder_has_no_results(tmp_path: Path) -> None:
    found = load_results(tmp_path)
    assert (found.records, found.errors, len(found.evaluations()), found.summary()) == ((), (), 0, [])


def test_temporary_and_hidden_files_are_not_records(folder: Path) -> None:
    inside = paths(folder)[0].parent
    (inside / ".hyperband.parquet.123.tmp").write_bytes(b"half")
    (inside / ".hidden.parquet").write_bytes(b"half")
    found = load_results(folder)
    assert (len(found.records), found.errors) == (2, ())


def test_results_of_one_surrogate_set_only(folder: Path, toy_set: SurrogateSet) -> None:
    harness.run("cifar10", "bb", seeds=1, surrogates=toy_set, results=folder)
    assert [r.spec.surrogates for r in load_results(folder)] == ["clockwork", "clockwork", "toy"]
    assert [r.spec.surrogates for r in load_results(folder, "toy")] == ["toy"]
