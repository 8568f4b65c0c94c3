"""Verification: what is honest passes, and each way to cheat is named with run, row, claim and truth."""

# ruff: noqa: ARG001 - every forger is given columns and header, most need one of them

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import harness
from harness import registry
from harness.base.budget import Limits
from harness.errors import RecordError, UsageError
from harness.runs import records
from harness.runs.curves import curves
from harness.runs.results import load_results
from harness.sources.models.surrogates import SurrogateSet
from harness.verify import accounting
from harness.verify.api import save, verify
from harness.verify.claims import read_claim
from harness.verify.confine import SHARE, Bounds
from harness.verify.entry import examine
from harness.verify.reproduce import reproduce, sampled_seeds
from harness.verify.states import read_states
from protocols.jahs.space import OPERATIONS
from support.commands import child_environment
from support.forging import Columns, Header, forge, keep, recount
from support.paths import ROOT

METHODS = ("random-search", "hyperband", "hyperband-diagonal", "regularized-evolution")


@pytest.fixture(scope="module")
def results(toy_set: SurrogateSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Honest records: several methods, objectives, settings, and some variants."""
    folder = tmp_path_factory.mktemp("honest")
    for objective in ("single", "multi"):
        harness.run("cifar10", "all", METHODS, objective=objective, surrogates=toy_set, results=folder)
    variants: list[dict[str, Any]] = [{"fidelity": "W"}, {"from_scratch": True}, {"workers": 4}, {"space": "hpo"}]
    for variant in variants:
        harness.run("cifar10", "mf", "hyperband", surrogates=toy_set, results=folder, **variant)
    return folder


@pytest.fixture
def honest(results: Path) -> Callable[[str, str], Path]:
    """The record of a method on one of CIFAR-10's single-objective boards."""
    return lambda setting, method: results / "toy" / "cifar10" / "single" / setting / f"{method}.parquet"


def findings(path: Path) -> list[str]:
    """What is wrong with one file."""
    return [str(finding) for finding in examine(path, path.name).findings]


def test_honest_records_pass_and_the_methods_reproduce_them(results: Path) -> None:
    found = verify(results)
    assert [str(f) for f in found.findings] == []
    assert {v.state for v in found.verdicts} == {"reproduced"}
    assert len(found.verdicts) == 2 * (2 + 2 + 3 + 3) + 4
    assert all(len(v.reproduced_seeds) == 1 for v in found.verdicts)


def test_the_two_implementations_of_the_scores_agree(results: Path) -> None:
    for record in load_results(results).records:
        again = examine(record.path, "").scores
        for view in ("full", "observed"):
            curve = curves(record, view, [10.0, 25.0, 50.0, 100.0])
            for i, point in enumerate(curve.grid):
                assert again[f"{view}@{point:g}"] == pytest.approx(curve.values[:, i].mean(), rel=1e-12, abs=1e-12)
                for name, values in curve.companions.items():
                    assert again[f"{view}:{name}@{point:g}"] == pytest.approx(values[:, i].mean(), rel=1e-12)


# --- every way to cheat that the issue of verification names ---------------------------------------------------------


def row_of(columns: Columns, seed: int, row: int) -> int:
    """Where a seed's row stands in the file."""
    return int(np.flatnonzero(columns["seed"] == seed)[row])


def as_it_is(columns: Columns, header: Header) -> None:
    """No change."""


def better_accuracy(columns: Columns, header: Header) -> None:
    columns["valid-acc"][row_of(columns, 3, 7)] += 0.5


def lower_latency(columns: Columns, header: Header) -> None:
    columns["latency"][row_of(columns, 3, 7)] *= 0.5


def one_bit(columns: Columns, header: Header) -> None:
    at = row_of(columns, 3, 7)
    columns["valid-acc"][at] = np.nextafter(columns["valid-acc"][at], np.inf)


def shorter_cost(columns: Columns, header: Header) -> None:
    """Cheaper, and everything after it moved forward."""
    at, own = row_of(columns, 3, 7), np.flatnonzero(columns["seed"] == 3)
    columns["charge"][at] *= 0.5
    reschedule(columns, own)
    recount(columns, header)


def cheaper_price(columns: Columns, header: Header) -> None:
    at, own = row_of(columns, 3, 7), np.flatnonzero(columns["seed"] == 3)
    for name in ("price", "charge"):
        columns[name][at] *= 0.5
    reschedule(columns, own)
    recount(columns, header)


def cheaper_runtime(columns: Columns, header: Header) -> None:
    at, own = row_of(columns, 3, 7), np.flatnonzero(columns["seed"] == 3)
    for name in ("runtime", "price", "charge"):
        columns[name][at] *= 0.5
    reschedule(columns, own)
    recount(columns, header)


def reschedule(columns: Columns, own: np.ndarray[Any, Any]) -> None:
    """One worker's times from the charges."""
    now = 0.0
    for row in own:
        columns["start"][row] = now
        now = columns["end"][row] = now + columns["charge"][row]


def dropped(columns: Columns, header: Header) -> Columns:
    rows = np.ones(len(columns["seed"]), bool)
    rows[row_of(columns, 3, 7)] = False
    columns = keep(columns, rows)
    recount(columns, header)
    return columns


def dropped_last(columns: Columns, header: Header) -> Columns:
    """The evaluation that the budget cut off is left out, and one more."""
    rows = np.ones(len(columns["seed"]), bool)
    rows[np.flatnonzero(columns["seed"] == 3)[-2:]] = False
    columns = keep(columns, rows)
    recount(columns, header)
    return columns


def without_seed(seed: int) -> Callable[[Columns, Header], Columns]:
    def change(columns: Columns, header: Header) -> Columns:
        header["runs"] = [head for head in header["runs"] if head["seed"] != seed]
        return keep(columns, columns["seed"] != seed)

    return change


def renamed_seed(columns: Columns, header: Header) -> None:
    """The worst seed replaced by another draw."""
    header["runs"][9]["seed"] = 17
    columns["seed"][columns["seed"] == 9] = 17


def repeated_seed(columns: Columns, header: Header) -> Columns:
    """The best seed handed in twice."""
    own, rest = columns["seed"] == 4, columns["seed"] != 9
    copy = {name: values[own].copy() for name, values in columns.items()}
    copy["seed"][:] = 9
    joined = {name: np.concatenate([values[rest], copy[name]]) for name, values in columns.items()}
    recount(joined, header)
    return joined


def rows_of_no_seed(columns: Columns, header: Header) -> None:
    columns["seed"][-1] = 10


def past_the_budget(columns: Columns, header: Header) -> None:
    last = int(np.flatnonzero(columns["seed"] == 3)[-1])
    columns["counted"][last] = True
    recount(columns, header)


def low_fidelity(columns: Columns, header: Header) -> None:
    columns["epoch"][row_of(columns, 3, 7)] = 20


def second_axis(columns: Columns, header: Header) -> None:
    columns["W"][row_of(columns, 3, 7)] = 4


def second_axis_declared(columns: Columns, header: Header) -> None:
    columns["W"][row_of(columns, 3, 7)] = 4
    header["spec"]["axes"] = ["epoch", "W"]


def unpaid_credit(columns: Columns, header: Header) -> None:
    """A discount for a training that was never paid."""
    own = np.flatnonzero((columns["seed"] == 3) & (columns["credit"] == 0))
    at = own[5]
    columns["credit"][at] = columns["price"][at] / 2
    columns["charge"][at] = columns["price"][at] - columns["credit"][at]
    reschedule(columns, np.flatnonzero(columns["seed"] == 3))
    recount(columns, header)


def overlapping(columns: Columns, header: Header) -> None:
    own = np.flatnonzero(columns["seed"] == 3)
    length = columns["charge"][own[8]]
    columns["start"][own[8]] = columns["start"][own[7]]
    columns["end"][own[8]] = columns["start"][own[7]] + length


def idle_time(columns: Columns, header: Header) -> None:
    """Everything from one evaluation on starts a little later."""
    own = np.flatnonzero(columns["seed"] == 3)[5:]
    columns["start"][own] += 1.0
    columns["end"][own] = columns["start"][own] + columns["charge"][own]
    recount(columns, header)


def out_of_order(columns: Columns, header: Header) -> None:
    a, b = row_of(columns, 3, 5), row_of(columns, 3, 6)
    for values in columns.values():
        values[[a, b]] = values[[b, a]]


def another_worker(columns: Columns, header: Header) -> None:
    columns["worker"][row_of(columns, 3, 7)] = 1


def more_workers(columns: Columns, header: Header) -> None:
    """Half the evaluations moved to a second worker: twice the work in the same time."""
    own = np.flatnonzero(columns["seed"] == 3)
    columns["worker"][own] = np.arange(len(own)) % 2
    free = [0.0, 0.0]
    for row in own:
        worker = int(columns["worker"][row])
        columns["start"][row] = free[worker]
        free[worker] = columns["end"][row] = free[worker] + columns["charge"][row]


def another_set(columns: Columns, header: Header) -> None:
    header["spec"]["surrogates_hash"] = "0" * 64


def kinder_constants(columns: Columns, header: Header) -> None:
    header["spec"]["constants"]["mean_runtime"] *= 2


def not_a_number(columns: Columns, header: Header) -> None:
    columns["valid-acc"][row_of(columns, 3, 7)] = np.nan


def infinite(columns: Columns, header: Header) -> None:
    columns["end"][row_of(columns, 3, 7)] = np.inf


def outside(columns: Columns, header: Header) -> None:
    columns["LearningRate"][row_of(columns, 3, 7)] = 2.0


def no_such_choice(columns: Columns, header: Header) -> None:
    columns["Activation"][row_of(columns, 3, 7)] = "Sigmoid"


def no_such_fidelity(columns: Columns, header: Header) -> None:
    columns["epoch"][row_of(columns, 3, 7)] = 201


def duplicated_row(columns: Columns, header: Header) -> Columns:
    at = row_of(columns, 3, 7)
    joined = {name: np.insert(values, at, values[at]) for name, values in columns.items()}
    recount(joined, header)
    return joined


def renumbered_trial(columns: Columns, header: Header) -> None:
    columns["trial"][row_of(columns, 3, 7)] = 0


def failed(columns: Columns, header: Header) -> None:
    header["runs"][3] |= {"status": "failed", "stopped": "error", "reason": "it broke"}


def wishful_count(columns: Columns, header: Header) -> None:
    header["runs"][3]["evaluations"] += 1


def no_rows(columns: Columns, header: Header) -> Columns:
    columns = keep(columns, columns["seed"] != 3)
    recount(columns, header)
    return columns


def continued_from_scratch(columns: Columns, header: Header) -> None:
    header["spec"]["from_scratch"] = True


def unknown_method(columns: Columns, header: Header) -> None:
    header["spec"]["method"] = "random-surch"


CHEATS = [
    ("bb", "random-search", better_accuracy, "seed 3 row 7: valid-acc is recorded as"),
    ("bb", "random-search", lower_latency, "seed 3 row 7: latency is recorded as"),
    ("bb", "random-search", one_bit, "seed 3 row 7: valid-acc is recorded as"),
    ("bb", "random-search", shorter_cost, "seed 3 row 7: charge is recorded as"),
    ("bb", "random-search", cheaper_price, "seed 3 row 7: price is recorded as"),
    ("bb", "random-search", cheaper_runtime, "seed 3 row 7: runtime is recorded as"),
    ("bb", "random-search", dropped, "seed 3 row 7: starts at"),
    ("bb", "random-search", dropped_last, "seed 3: it says that the budget ended it"),
    ("bb", "random-search", without_seed(9), "it has 9 seeds; an entry has at least 10"),
    ("bb", "random-search", without_seed(4), "its seeds are 0, 1, 2, 3, 5"),
    ("bb", "random-search", renamed_seed, "its seeds are 0, 1, 2, 3, 4, 5, 6, 7, 8, 17"),
    ("bb", "random-search", rows_of_no_seed, "it is not a readable record|rows of seed 10"),
    ("bb", "random-search", past_the_budget, "seed 3 row .*counted is recorded as True"),
    ("bb", "random-search", low_fidelity, "seed 3 row 7: epoch = 20 must be 200"),
    ("ca", "random-search", low_fidelity, "seed 3 row 7: epoch = 20 must be 200"),
    ("mf", "hyperband", second_axis, "seed 3 row 7: W = 4 must be 16"),
    ("mf", "hyperband", second_axis_declared, "declares 2 fidelity axes"),
    ("mf", "hyperband", unpaid_credit, "seed 3 row .*credit is recorded as"),
    ("mf", "hyperband[axis=W]", unpaid_credit, "seed 3 row .*credit is recorded as"),
    ("multi-mf", "hyperband-diagonal", unpaid_credit, "seed 3 row .*credit is recorded as"),
    (
        "bb",
        "random-search",
        overlapping,
        "seed 3 row 8: starts at .* there is a hole in the time or work overlaps|busy",
    ),
    ("bb", "random-search", idle_time, "seed 3 row 5: starts at"),
    ("bb", "random-search", out_of_order, "seed 3 row .*starts at"),
    ("bb", "random-search", another_worker, "seed 3 row 7: is on worker 1, but the lowest free one is 0"),
    ("bb", "random-search", more_workers, "seed 3 row 1: starts at .* when all 1 workers were busy"),
    ("mf", "hyperband[workers=4]", another_worker, "seed 3 row 7: is on worker 1"),
    ("mf", "hyperband[workers=4]", idle_time, "seed 3 row 5: starts at"),
    ("bb", "random-search", another_set, "but that set has hash"),
    ("bb", "random-search", kinder_constants, "its constants are"),
    ("bb", "random-search", not_a_number, "seed 3 row 7: valid-acc = nan is not a finite number"),
    ("bb", "random-search", infinite, "seed 3 row 7: end = inf is not a finite number"),
    ("bb", "random-search", outside, "seed 3 row 7: LearningRate = 2.0 is outside its range"),
    ("bb", "random-search", no_such_choice, "seed 3 row 7: Activation = 'Sigmoid' is outside its range"),
    ("mf", "hyperband", no_such_fidelity, "seed 3 row 7: epoch = 201 is outside its range"),
    ("mf", "hyperband[space=hpo]", no_such_choice, "Activation = 'Sigmoid' is outside its range"),
    ("bb", "random-search", duplicated_row, "seed 3 row 8: starts at"),
    ("bb", "random-search", renumbered_trial, "seed 3 row 7: trial is recorded as 0"),
    ("bb", "random-search", failed, "seed 3: it is 'failed', not complete: 'it broke'"),
    ("bb", "random-search", wishful_count, "seed 3: evaluations in its header is"),
    ("bb", "random-search", no_rows, "seed 3: it has no evaluation"),
    ("mf", "hyperband", continued_from_scratch, "says both that trainings continue"),
    ("bb", "random-search", unknown_method, "'random-surch' is none of the harness's"),
]


@pytest.mark.parametrize(("setting", "method", "change", "expected"), CHEATS)
def test_each_way_to_cheat_is_named(
    honest: Callable[[str, str], Path], tmp_path: Path, setting: str, method: str, change: Any, expected: str
) -> None:
    forged = forge(honest(setting, method), tmp_path / "forged.parquet", change)
    found = findings(forged)
    assert any(re.search(expected, text) for text in found), found
    assert examine(forged, "forged").state == "refused"


def test_a_derived_space_that_the_seed_does_not_have(honest: Callable[[str, str], Path], tmp_path: Path) -> None:
    def change(columns: Columns, header: Header) -> None:
        at = row_of(columns, 3, 7)
        columns["Op1"][at] = (columns["Op1"][at] + 1) % 5

    found = findings(forge(honest("mf", "hyperband[space=hpo]"), tmp_path / "forged.parquet", change))
    assert any("seed 3 row 7: Op1" in text and "derived space" in text for text in found)


def test_what_replay_cannot_see_running_it_again_does(honest: Callable[[str, str], Path], tmp_path: Path) -> None:
    """The rules say it plainly: an evaluation left out, and everything after it moved forward, is a possible ledger."""

    def change(columns: Columns, header: Header) -> Columns:
        rows = np.ones(len(columns["seed"]), bool)
        rows[row_of(columns, 3, 7)] = False
        columns = keep(columns, rows)
        own = np.flatnonzero(columns["seed"] == 3)
        reschedule(columns, own)
        columns["counted"][own] = columns["end"][own] <= columns["end"][own].max() - 1e-9
        columns["trial"][own] = np.arange(len(own))
        header["runs"][3]["stopped"] = "budget" if not columns["counted"][own].all() else "method"
        budget = 100 * header["spec"]["constants"]["mean_runtime"]
        columns["counted"][own] = columns["end"][own] <= budget
        header["runs"][3]["stopped"] = "budget" if columns["end"][own[-1]] >= budget else "method"
        recount(columns, header)
        return columns

    forged = forge(honest("bb", "random-search"), tmp_path / "forged.parquet", change)
    assert findings(forged) == []
    found = verify(forged, reproduce=10)
    assert [f.seed for f in found.findings] == [3]
    assert "the method run again" in str(found.findings[0])
    assert found.verdicts[0].state == "refused"


def test_a_seed_handed_in_twice(honest: Callable[[str, str], Path], tmp_path: Path) -> None:
    forged = forge(honest("bb", "random-search"), tmp_path / "forged.parquet", repeated_seed)
    found = verify(forged, reproduce=0)
    assert [str(f) for f in found.findings] == [
        "forged.parquet seed 9: its ledger equals the ledger of seed 4; if the method is "
        "deterministic, declare so in the submission"
    ]


@pytest.mark.slow
def test_two_entries_with_the_same_ledger(results: Path, tmp_path: Path) -> None:
    def change(columns: Columns, header: Header) -> None:
        source = hashlib.sha256(b"mine").hexdigest()
        header["spec"] |= {"method": "mine.Search", "method_path": "mine.Search", "source": source}

    folder = Path("toy") / "cifar10" / "single" / "bb"
    forge(results / folder / "random-search.parquet", tmp_path / folder / "mine.Search.parquet", change)
    assert verify(tmp_path, reproduce=0).ok
    found = verify([results, tmp_path], reproduce=0)
    assert [str(f) for f in found.findings] == [
        f"{folder}/mine.Search.parquet seed 0: its ledger equals the ledger of seed 0 of "
        f"{folder}/random-search.parquet, another entry"
    ]


def test_a_record_must_lie_where_its_header_says(honest: Callable[[str, str], Path], tmp_path: Path) -> None:
    out = tmp_path / "toy" / "cifar10" / "multi" / "bb" / "random-search.parquet"
    forge(honest("bb", "random-search"), out, as_it_is)
    assert "by its header it should lie at toy/cifar10/single/bb/random-search.parquet" in str(
        verify(tmp_path, reproduce=0).findings[0]
    )
    assert verify(out, reproduce=0).ok  # a file given by itself may lie anywhere


# --- random changes ---------------------------------------------------------------------------------------------------


SCORED = [
    "trial", "LearningRate", "WeightDecay", "Activation", "TrivialAugment", "Op1", "Op4", "N", "W", "Resolution",
    "epoch", "valid-acc", "test-acc", "train-acc", "latency", "runtime", "size_MB", "FLOPS", "price", "credit",
    "charge", "repaired", "worker", "start", "end", "counted", "seed",
]  # fmt: skip


@pytest.mark.slow
@settings(max_examples=60)
@given(st.data())
def test_any_change_of_a_value_that_matters_is_caught(results: Path, data: st.DataObject) -> None:
    """The forger rewrites hash and sums; only the value itself can give the change away. What passes changes nothing: a
    learning rate moved within a leaf of every tree is another proposal with the same outcome.
    """
    path = data.draw(st.sampled_from(sorted(results.rglob("*.parquet"))))
    name = data.draw(st.sampled_from(SCORED))

    def change(columns: Columns, header: Header) -> None:
        values = columns[name]
        at = data.draw(st.integers(0, len(values) - 1))
        old = values[at]
        if values.dtype == bool:
            values[at] = not old
        elif values.dtype == object:
            values[at] = data.draw(
                st.sampled_from(["ReLU", "Hardswish", "Mish", "", "\x1b[31m"]).filter(lambda v: v != old)
            )
        elif values.dtype.kind == "i":
            values[at] = data.draw(st.integers(-2, 300).filter(lambda v: v != old))
        else:
            bits = np.array([old]).view(np.uint64)
            bits[0] ^= np.uint64(1) << np.uint64(data.draw(st.integers(0, 63)))
            values[at] = bits.view(np.float64)[0]
            if values[at] == old:  # -0.0 is 0.0
                values[at] = 1.0
        recount(columns, header)

    verdict = examine(forge(path, results.parent / "mutated.parquet", change), "mutated")
    if verdict.state != "refused":
        assert name in ("LearningRate", "WeightDecay", *OPERATIONS)
        assert verdict.scores == examine(path, "original").scores


@pytest.mark.slow
@settings(max_examples=40)
@given(st.data())
def test_a_file_with_changed_bytes_is_refused_or_says_the_same(results: Path, data: st.DataObject) -> None:
    """Bytes of the measured column and of parquet's own bookkeeping may change without changing what is claimed."""
    path = data.draw(st.sampled_from(sorted(results.rglob("*.parquet"))))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    mutated = results.parent / "bytes.parquet"
    mutated.write_bytes(content)
    verdict, original = examine(mutated, "mutated"), examine(path, "original")
    assert verdict.state == "refused" or (verdict.scores, verdict.label) == (original.scores, original.label)


# --- hostile files ----------------------------------------------------------------------------------------------------


def hostile(path: Path, table: pa.Table, metadata: dict[bytes, bytes], **options: Any) -> Path:
    pq.write_table(table.replace_schema_metadata(metadata), path, **options)
    return path


@pytest.fixture
def honest_table(honest: Callable[[str, str], Path]) -> pa.Table:
    return pq.read_table(honest("bb", "random-search"))


def test_a_file_that_is_no_parquet(tmp_path: Path) -> None:
    for content in (b"", b"PAR1", b"PAR1" * 100, b"\x80\x04cposix\nsystem\n(S'true'\ntR.", os.urandom(10_000)):
        file = tmp_path / "junk.parquet"
        file.write_bytes(content)
        assert any("it is not a readable record" in text for text in findings(file))


def test_links_and_devices_are_not_opened(tmp_path: Path, honest: Callable[[str, str], Path]) -> None:
    link = tmp_path / "link.parquet"
    link.symlink_to(honest("bb", "random-search"))
    pipe = tmp_path / "pipe.parquet"
    os.mkfifo(pipe)
    for file in (link, pipe):
        assert "it must be a plain file" in findings(file)[0]


def test_a_file_too_large(tmp_path: Path) -> None:
    file = tmp_path / "large.parquet"
    with open(file, "wb") as sparse:
        sparse.truncate(10**12)
    assert "at most 1,073,741,824 are read" in findings(file)[0]


def test_unknown_missing_and_wrongly_typed_columns(tmp_path: Path, honest_table: pa.Table) -> None:
    metadata, file = honest_table.schema.metadata, tmp_path / "odd.parquet"
    extra = honest_table.append_column("note", pa.array(["x"] * len(honest_table)))
    assert "does not have the columns of a record (note)" in findings(hostile(file, extra, metadata))[0]
    assert "(latency)" in findings(hostile(file, honest_table.drop_columns(["latency"]), metadata))[0]
    at = honest_table.schema.get_field_index("epoch")
    typed = honest_table.set_column(at, "epoch", honest_table["epoch"].cast(pa.float64()))
    assert "epoch is of type double, not int64" in findings(hostile(file, typed, metadata))[0]
    nullable = honest_table.set_column(
        at, pa.field("epoch", pa.int64()), pa.array([None, *honest_table["epoch"].to_pylist()[1:]], pa.int64())
    )
    assert "epoch is declared as a column that may lack values" in findings(hostile(file, nullable, metadata))[0]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"{", "its header is no JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"schema": ' + b"1" * 5000 + b"}", "a whole number of thousands of digits"),
        (b'{"schema": [' + b"[]," * 10**6 + b"1]}", "its header cannot be read (it takes more than 67,108,864 bytes"),
        (b'{"schema": 1, "schema": 1}', "a key stands there twice"),
        (b'{"schema": NaN}', "NaN is no number"),
        (b'{"schema": 2}', "not of record schema 1"),
        (b'{"schema": 1}', "its header must have exactly"),
        (b'{"schema": 1, "spec": 3, "runs": [], "sha256": ""}', "its spec must have exactly"),
        (b'"' + b"x" * (5 * 2**20) + b'"', "its header has more than"),
    ],
)
def test_hostile_headers(tmp_path: Path, honest_table: pa.Table, header: bytes, expected: str) -> None:
    file = hostile(tmp_path / "odd.parquet", honest_table, {b"harness": header})
    assert any(expected in text for text in findings(file)), findings(file)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("leaderboard", "../../etc"), ("leaderboard", 3), ("surrogates", "../../../tmp"), ("axes", [1]),
        ("axes", ["x"]), ("workers", 10**12), ("workers", -1), ("workers", True), ("space", "nowhere"),
        ("method", "a\nb"),
        ("method", ""), ("preset", []), ("constants", {"mean_runtime": "1"}), ("constants", {}), ("source", 5),
    ],
)  # fmt: skip
def test_hostile_specs(honest: Callable[[str, str], Path], tmp_path: Path, field: str, value: Any) -> None:
    def change(columns: Columns, header: Header) -> None:
        header["spec"][field] = value

    found = findings(forge(honest("bb", "random-search"), tmp_path / "forged.parquet", change))
    assert found
    assert all(text.isprintable() for text in found)


def test_a_file_without_header_or_with_another_one(tmp_path: Path, honest_table: pa.Table) -> None:
    for metadata in ({}, {b"pandas": b"{}"}, {**honest_table.schema.metadata, b"more": b"x"}):
        file = hostile(tmp_path / "odd.parquet", honest_table, metadata)
        assert "no record of this harness" in findings(file)[0]


@pytest.mark.slow
def test_a_bomb_is_refused_within_bounds(tmp_path: Path, honest_table: pa.Table) -> None:
    """A few kilobytes that claim two million rows, and a few that unpack to gigabytes in one column."""
    many = pa.concat_tables([honest_table] * 2000)
    file = hostile(tmp_path / "many.parquet", many, honest_table.schema.metadata, compression="zstd")
    assert "a record has at most 1,000,000 in one" in str(verify(file, reproduce=0).findings[0])
    file = hostile(
        tmp_path / "seeds.parquet", many, honest_table.schema.metadata, compression="zstd", row_group_size=10**5
    )
    assert "it does not match its own hash" in str(verify(file, reproduce=0).findings[0])
    few = honest_table.slice(0, 10)
    at = few.schema.get_field_index("Activation")
    wide = few.set_column(at, few.schema.field("Activation"), pa.array(["x" * 8_000_000] * 10))
    file = tmp_path / "wide.parquet"
    with pq.ParquetWriter(file, wide.schema, compression="zstd") as writer:
        for _ in range(20):
            writer.write_table(wide)  # a dictionary of one word: kilobytes here, 1.6 GB when read
    assert file.stat().st_size < 2**20
    found = verify(file, reproduce=0)
    assert found.verdicts[0].state == "refused"


def test_more_rows_than_the_budget_of_a_record_allows_are_refused_unread(
    honest: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Limits(1 << 30, 1 << 10, 0, 1 << 30, 10**6, 60.0)
    monkeypatch.setattr("harness.verify.claims.LIMITS", {"record": small})
    monkeypatch.setattr("harness.verify.claims.digest_of", None)
    with pytest.raises(RecordError, match="more than 1,024 bytes"), read_claim(honest("bb", "random-search")):
        pass


@pytest.mark.slow
def test_a_record_is_read_run_by_run_whatever_its_row_groups(
    honest: Callable[[str, str], Path], honest_table: pa.Table, tmp_path: Path
) -> None:
    path = honest("bb", "random-search")
    whole, file = examine(path, "whole"), tmp_path / "groups.parquet"
    for size in (1, 7, len(honest_table) // 3):
        hostile(file, honest_table, honest_table.schema.metadata, row_group_size=size)
        if size > 1:
            found = examine(file, "whole")
            assert (found.scores, found.fingerprints, found.findings) == (whole.scores, whole.fingerprints, ())
            assert records.read(file).table.equals(records.read(path).table)
        else:
            assert "row groups; a record has at most 1,000" in findings(file)[0]
    hostile(file, honest_table, honest_table.schema.metadata, row_group_size=7)
    assert reproduce(str(file), "groups", 2, None)["seeds"] == list(
        sampled_seeds(examine(file, "").sha256, range(10), 2)
    )


def test_rows_in_another_order_and_rows_of_nobody(honest: Callable[[str, str], Path], tmp_path: Path) -> None:
    def shuffled(columns: Columns, header: Header) -> Columns:
        return {name: np.roll(values, 1) for name, values in columns.items()}

    def nobody(columns: Columns, header: Header) -> None:
        header["runs"] = [head for head in header["runs"] if head["seed"] != 4]

    path, file = honest("bb", "random-search"), tmp_path / "odd.parquet"
    assert findings(forge(path, file, shuffled)) == ["odd.parquet: its rows are not in the order of the seeds"]
    assert "odd.parquet: it has rows of seed 4, which has no header" in findings(forge(path, file, nobody))


def test_a_run_of_too_many_rows(
    honest: Callable[[str, str], Path], honest_table: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.verify.claims.MAX_ROWS", 50)
    file = hostile(tmp_path / "long.parquet", honest_table, honest_table.schema.metadata, row_group_size=20)
    assert "it has a run of more than 50 rows" in findings(file)[0]


def test_a_large_file_has_as_much_more_time(tmp_path: Path) -> None:
    with open(tmp_path / "large", "wb") as sparse:
        sparse.truncate(3 * SHARE)
    assert Bounds(10.0).allowed(str(tmp_path / "large")) == 30.0
    assert Bounds(10.0).allowed(str(tmp_path / "none")) == 10.0


def test_what_takes_too_long_is_refused_and_the_rest_goes_on(results: Path) -> None:
    found = verify(results / "toy" / "cifar10" / "single" / "bb", reproduce=0, bounds=Bounds(seconds=1e-9))
    assert len(found.verdicts) == 2
    assert {v.state for v in found.verdicts} == {"refused"}
    assert "takes more than 1e-09 s" in str(found.findings[0])


@pytest.mark.skipif(sys.platform != "linux", reason="the bound on memory is Linux's")
def test_what_takes_too_much_memory_is_refused(results: Path) -> None:
    found = verify(results / "toy" / "cifar10" / "single" / "bb", reproduce=0, bounds=Bounds(memory=1 << 16))
    assert {v.state for v in found.verdicts} == {"refused"}


# --- what is kept, and the command ------------------------------------------------------------------------------------


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    code = "from harness.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, "verify", *arguments], cwd=ROOT, env=child_environment(), capture_output=True,
        text=True, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_what_passed_is_kept_by_the_hash_of_its_file(results: Path, tmp_path: Path) -> None:
    found = verify(results, reproduce=0)
    save(found, results)
    try:
        states = read_states(results)
        assert {v.sha256: v.state for v in found.verdicts} == {k: s.state for k, s in states.items()}
    finally:
        (results / "verification.csv").unlink()


def test_a_kept_verification_must_be_of_the_records_that_are_there(
    honest: Callable[[str, str], Path], tmp_path: Path
) -> None:
    out = tmp_path / "toy" / "cifar10" / "single" / "bb" / "random-search.parquet"
    forge(honest("bb", "random-search"), out, as_it_is)
    save(verify(tmp_path, reproduce=0), tmp_path)
    assert verify(tmp_path, reproduce=0).ok
    out.write_bytes(out.read_bytes()[:-1] + b"x")
    texts = [str(finding) for finding in verify(tmp_path, reproduce=0).findings]
    assert "it vouches for 'toy/cifar10/single/bb/random-search.parquet'" in texts[-1]
    (tmp_path / "verification.csv").write_text("nonsense")
    assert "is no verification file" in str(verify(tmp_path, reproduce=0).findings[-1])


def test_the_command_says_verified(results: Path) -> None:
    done = command(str(results), "--jobs", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("verified: ")
    assert " evaluations replayed, " in done.stdout


def test_the_command_names_what_is_wrong(honest: Callable[[str, str], Path], tmp_path: Path) -> None:
    forged = forge(honest("bb", "random-search"), tmp_path / "forged.parquet", better_accuracy)
    done = command(str(forged))
    assert done.returncode == 1
    assert "forged.parquet seed 3 row 7: valid-acc is recorded as" in done.stdout
    assert "not verified: 0 of 1 records" in done.stdout
    as_json = [json.loads(line) for line in command(str(forged), "--json").stdout.splitlines()]
    assert as_json[0]["findings"][0]["row"] == 7


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("nowhere",), "there is no nowhere"), ((".", "--reproduce", "-1"), "--reproduce must be at least 0"),
        ((".", "--jobs", "0"), "--jobs at least 1"),
    ],
)  # fmt: skip
def test_wrong_usage(arguments: tuple[str, ...], expected: str) -> None:
    done = command(*arguments)
    assert done.returncode == 2
    assert expected in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there are no records in"):
        verify(tmp_path)


def test_an_unfinished_run_and_a_damaged_record_are_named(results: Path, tmp_path: Path) -> None:
    folder = tmp_path / "toy" / "cifar10" / "single" / "bb"
    (folder / "x.parts").mkdir(parents=True)
    (folder / "x.parts" / "000000.parquet").write_bytes(b"PAR1")
    (folder / "random-search.parquet").write_bytes(b"PAR1PAR1")
    texts = [str(f) for f in verify(tmp_path).findings]
    assert len(texts) == 2
    assert any("part of an unfinished run" in text for text in texts)
    assert any("not a readable record" in text for text in texts)


# --- running it again -------------------------------------------------------------------------------------------------


def test_a_ledger_under_another_methods_name(honest: Callable[[str, str], Path], tmp_path: Path) -> None:
    def change(columns: Columns, header: Header) -> None:
        header["spec"]["method"] = "regularized-evolution"

    forged = forge(honest("bb", "random-search"), tmp_path / "forged.parquet", change)
    assert "method_path in its spec is" in str(verify(forged).findings[0])


@pytest.mark.slow
def test_a_method_of_ones_own_is_run_from_the_file_that_is_named(toy_set: SurrogateSet, tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(
        "import numpy as np\n\nclass Own:\n    def __init__(self, problem, seed):\n"
        "        self.space, self.rng = problem.space, np.random.default_rng(seed)\n"
        "    def ask(self):\n        return self.space.sample(self.rng)\n"
        "    def tell(self, observation):\n        pass\n"
    )
    harness.run("cifar10", "bb", f"{file}:Own", surrogates=toy_set, results=tmp_path / "results")
    found = verify(tmp_path / "results")
    assert (found.ok, found.verdicts[0].state) == (True, "replayed")
    assert "name its file with --method" in found.verdicts[0].notes[0]
    assert verify(tmp_path / "results", method_file=f"{file}:Own").verdicts[0].state == "reproduced"
    file.write_text(file.read_text() + "# another version\n")
    assert verify(tmp_path / "results", method_file=f"{file}:Own").verdicts[0].state == "replayed"


# --- the second accounting --------------------------------------------------------------------------------------------


def test_credits_by_hand() -> None:
    """Trial a: to 10, on to 30 (credit 10), back to 20 (new, none), on to 40 while 20 ends: continues 30."""
    found = accounting.checkpoint_credits(
        ["a", "a", "b", "a", "a"], [10, 30, 40, 20, 40], [1.0, 3.0, 4.0, 2.0, 4.0], [0.0, 1.0, 3.0, 7.0, 9.0],
        [1.0, 3.0, 7.0, 9.0, 10.0],
    )  # fmt: skip
    assert found == [0.0, 1.0, 0.0, 0.0, 3.0]


def test_a_training_that_is_still_running_is_no_checkpoint() -> None:
    found = accounting.checkpoint_credits(["a", "a"], [10, 30], [1.0, 3.0], [0.0, 0.5], [1.0, 3.5])
    assert found == [0.0, 0.0]


def problems(
    starts: list[float], ends: list[float], workers: list[int], count: int, trials: list[int] | None = None
) -> list[str]:
    trials = list(range(len(starts))) if trials is None else trials
    charges = [e - s for s, e in zip(starts, ends, strict=True)]
    terms = accounting.Terms(count, 100.0, 1e-6, None)
    return [
        f"{row}: {text}" for row, text in accounting.schedule_problems(starts, ends, charges, workers, trials, terms)
    ]


def test_schedules_by_hand() -> None:
    assert problems([0.0, 2.0], [2.0, 3.0], [0, 0], 1) == []
    assert problems([0.0, 0.0, 1.0, 2.0], [2.0, 1.0, 4.0, 3.0], [0, 1, 1, 0], 2) == []
    assert problems([0.0, 2.5], [2.0, 3.0], [0, 0], 1)[0].startswith("1: starts at 2.5, when no evaluation ended")
    assert "all 1 workers were busy" in problems([0.0, 0.0], [2.0, 3.0], [0, 0], 1)[0]
    assert "the budget of 100.0 s was spent" in problems([0.0, 100.0], [100.0, 101.0], [0, 0], 1)[0]
    assert "before the evaluation started last" in problems([0.0, 1.0, 0.0], [1.0, 2.0, 3.0], [0, 0, 1], 2)[0]


def test_endings_by_hand() -> None:
    assert accounting.ending_problem([50.0, 100.0], "budget", 100.0) is None
    assert accounting.ending_problem([50.0], "method", 100.0) is None
    assert "before 100.0 s" in str(accounting.ending_problem([50.0], "budget", 100.0))
    assert "'method' ended it" in str(accounting.ending_problem([150.0], "method", 100.0))


def test_the_verifier_shares_nothing_with_the_runner_but_the_evaluator_and_the_protocols() -> None:
    """Whatever it imports, directly or through others, the accounting and the scores are not among it."""
    code = (
        "import sys, harness.verify.entry as e\n"
        "print(sorted(m for m in sys.modules if m in {'harness.runs.runner', 'harness.runs.clock',"
        " 'harness.runs.ledger', 'harness.runs.results', 'harness.runs.execution.execute'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=child_environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.fixture(autouse=True)
def _no_leftovers(results: Path) -> Iterator[None]:
    """Verification writes nothing below what it reads."""
    before = sorted(results.rglob("*"))
    yield
    assert sorted(results.rglob("*")) == before


def test_every_leaderboard_can_be_rescored() -> None:
    for board in registry.suite().leaderboards.values():
        columns = {name: np.empty(0) for name in (*board.metrics, "end")}
        constants = {"mean_runtime": 1.0, "latency_p99": 1.0}
        found = registry.rescore_of(board)(board, columns, constants, [1.0])
        assert found["value"] == [board.score.start(board, constants)["value"]]
