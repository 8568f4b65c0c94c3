"""NAS-Bench-101 as a suite: which entry a configuration is, tables from both kinds of file, runs, what is fetched."""

# ruff: noqa: ARG001, ARG002 - fixtures whose arguments are given, not used

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import harness
from harness import registry
from harness.benchmark.settings import check_settings
from harness.errors import ImportRefused, SpaceError, UsageError
from harness.registry import load_surrogates
from harness.sources.tables.table import TableSource
from harness.verify.api import verify
from protocols.nasbench101 import LEADERBOARDS, PROTOCOLS, published
from protocols.nasbench101.cells import Cell
from protocols.nasbench101.enumerate import CellIndex, enumerate_cells
from protocols.nasbench101.errors import HashMismatch, InvalidCell
from protocols.nasbench101.keys import cell_keys
from protocols.nasbench101.presets import PRESETS
from protocols.nasbench101.space import Encoding
from support import nasbench101_files as files
from support.commands import harness_command
from support.imports import import_table
from support.nasbench101_cells import DATA as REAL
from support.nasbench101_cells import needs_data as needs_real
from support.serving import Site


@pytest.mark.parametrize("vertices", [3, 4, 5, 6, 7])
@given(seed=st.integers(0, 10**6))
def test_the_key_of_a_configuration_is_the_number_of_its_cell(vertices: int, seed: int) -> None:
    encoding, keys = Encoding(vertices), cell_keys(vertices)
    rng = np.random.default_rng(seed)
    rows = [encoding.space.sample(rng) for _ in range(20)]
    expected = [number(encoding, row) for row in rows]
    assert [keys.one(row | {"epoch": 4}) for row in rows] == expected
    assert keys.many({name: np.array([row[name] for row in rows]) for name in rows[0]}).tolist() == expected


def number(encoding: Encoding, row: dict[str, object]) -> int:
    try:
        return INDEX.row(encoding.decode(row))
    except InvalidCell:
        return -1


INDEX = CellIndex()


@pytest.mark.parametrize(("vertices", "cells"), [(4, 91), (5, 2532), (6, 64_542), (7, 423_624)])
def test_a_space_reaches_every_cell_of_its_size(vertices: int, cells: int) -> None:
    assert np.array_equal(np.unique(cell_keys(vertices)._numbers), np.arange(cells))


def test_every_encoded_cell_is_found_again() -> None:
    encoding, keys = Encoding(7), cell_keys(7)
    cells = enumerate_cells(4)
    assert [keys.one(encoding.encode(cells.cell(row))) for row in range(len(cells))] == list(range(91))


def test_the_leaderboards_and_the_papers_own() -> None:
    assert list(LEADERBOARDS) == [
        "nasbench101/cifar10/single/bb", "nasbench101/cifar10/single/mf", "nasbench101/mini/single/bb",
        "nasbench101/mini/single/mf", "nasbench101/small4/single/bb", "nasbench101/tiny4/single/bb",
    ]  # fmt: skip
    board = LEADERBOARDS["nasbench101/cifar10/single/mf"]
    assert board.fidelities["epoch"].domain == "{4, 12, 36, 108}"
    assert (board.failure["valid-acc"], board.failure["repeat"], board.continues) == (0.0, -1.0, None)
    assert [o.metric for o in board.objectives] == ["valid-acc"]
    assert {b.budget for b in PROTOCOLS["paper"].leaderboards.values()} == {5000.0}
    assert registry.leaderboard_of("nasbench101/paper/mini/single/bb").space.keys() == Encoding(6).space.keys()


CELLS = enumerate_cells(3)
EPOCHS = (4, 12, 36, 108)


def full_file(path: Path, cells: list[Cell]) -> Path:
    """A file in the benchmark's own format: three trainings of every cell for every number of epochs."""
    trials = itertools.product(cells, EPOCHS, range(3))
    rows = [files.row(cell, epochs, files.training(epochs, seed)) for seed, (cell, epochs, _) in enumerate(trials)]
    return files.write_records(path, rows)


@pytest.fixture(scope="module")
def record_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return full_file(tmp_path_factory.mktemp("official") / "nasbench_full.tfrecord", [CELLS.cell(r) for r in range(7)])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "data"))
    return tmp_path


def test_the_official_file_becomes_a_table(record_file: Path, home: Path) -> None:
    table = import_table(record_file)
    assert (table.name, table.tasks) == ("nasbench101", ["cifar10", "mini"])
    for row in range(len(CELLS)):
        for at, epochs in enumerate(EPOCHS):
            seeds = [row * 12 + at * 3 + trial for trial in range(3)]
            steps = [(seed + 1) / 4096 for seed in seeds]
            found = table.query("cifar10", Encoding(7).encode(CELLS.cell(row)) | {"epoch": epochs})
            assert found["runtime"] == pytest.approx(2 * epochs + np.mean(steps))
            assert found["valid-acc"] == pytest.approx(100 * (0.75 + np.mean(steps)))
            assert found["mean-test-acc"] == pytest.approx(100 * (0.625 + np.mean(steps)))
            assert (found["repeat"], found["parameters"]) == (3.0, 1000.0)
            assert found == table.query("mini", Encoding(6).encode(CELLS.cell(row)) | {"epoch": epochs})


def test_a_graph_that_is_no_cell_has_no_entry(record_file: Path, home: Path) -> None:
    table = import_table(record_file)
    nothing = Encoding(7).encode(CELLS.cell(0)) | dict.fromkeys(Encoding(7).edges, 0)
    with pytest.raises(SpaceError, match=r"has no entry for edge_0 = 0.*is invalid; .*no path"):
        table.query("cifar10", nothing | {"epoch": 4})
    everything = nothing | dict.fromkeys(Encoding(7).edges, 1)
    with pytest.raises(SpaceError, match=r"is invalid; .*21 edges"):
        table.query("cifar10", everything | {"epoch": 4})


@pytest.mark.parametrize(("setting", "method"), [("bb", "regularized-evolution"), ("mf", "hyperband")])
def test_runs_on_it_are_verified(setting: str, method: str, record_file: Path, home: Path) -> None:
    import_table(record_file)
    results = harness.run("mini", setting, method, seeds=1, suite="nasbench101", results=home / "r")
    (row,) = results.summary()
    assert (row["failed"], row["invalid"] > 0) == (0, True)
    found = verify(home / "r")
    assert {re.sub(r".*: ", "", str(f)) for f in found.findings} == {"it has 1 seeds; an entry has at least 500"}


def test_a_table_of_full_trainings_is_refused_where_fidelities_vary(home: Path) -> None:
    cells = [CELLS.cell(row) for row in range(7)]
    trials = itertools.product(cells, range(3))
    rows = [files.row(cell, 108, files.training(108, seed)) for seed, (cell, _) in enumerate(trials)]
    import_table(files.write_records(home / "nasbench_only108.tfrecord", rows))
    wanted = ("run", "--suite", "nasbench101", "--task", "mini", "--surrogates", "nasbench101-only108", "--seeds", 1)
    done = harness_command(*wanted, "--setting", "mf", "--results", home / "r")
    assert (done.code, done.err) == (
        2,
        "harness: source nasbench101-only108 has epoch 108 only, and setting mf needs 4, 12, 36 too; use "
        "--surrogates nasbench101, or a setting that stays at the full epoch\n",
    )
    assert not (home / "r").exists()
    assert harness_command(*wanted, "--setting", "bb", "--results", home / "r").code == 0
    still = harness_command(*wanted, "--setting", "mf", "--method", "random-search", "--results", home / "r")
    assert still.code == 0, still.err  # which stays at full fidelity


def test_a_part_of_the_file_says_so_on_its_card(record_file: Path, home: Path) -> None:
    """Cut between the records of two cells, a file has no damage that its checksums would tell."""
    done = harness_command("data", "import", record_file)
    assert (done.code, "partial: has 7 of the 423,624 cells of cifar10" in done.out) == (0, True), done.err
    assert harness_command("data", "import", record_file, "--replace", "--partial").code == 2


def test_the_epochs_of_a_file_are_all_or_the_full_ones(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setattr(published, "CELLS", {"cifar10": 1, "mini": 1})
    cell = CELLS.cell(3)

    def written(*epochs: int) -> Path:
        rows = [files.row(cell, e, files.training(e, k)) for e in epochs for k in range(3)]
        return files.write_records(home / "nasbench_full.tfrecord", rows)

    odd = import_table(written(4, 36, 108))
    assert odd.manifest["about"]["partial"] == "has trainings of 4, 36, 108 epochs, not of 4, 12, 36, 108"
    for epochs in ((108,), EPOCHS):
        assert "partial" not in import_table(written(*epochs), replacing=True).manifest["about"]


def test_an_unknown_task_is_named_before_a_set_is_asked_for(home: Path) -> None:
    for task, setting, said in (("svhn", "bb", "unknown task 'svhn'"), ("cifar10", "ca", "unknown setting 'ca'")):
        done = harness_command("run", "--suite", "nasbench101", "--task", task, "--setting", setting)
        assert (done.code, said in done.err) == (2, True), done.err
        with pytest.raises(UsageError, match=said):
            harness.run(task, setting, suite="nasbench101")


def test_a_file_with_a_wrong_record_leaves_nothing(home: Path) -> None:
    cell, other = CELLS.cell(1), CELLS.cell(2)
    rows = [files.row(cell, 4, files.training(4, k)) for k in range(3)]
    rows.append(files.row(other, 4, files.training(4), hash=cell.hash))
    path = files.write_records(home / "nasbench_full.tfrecord", rows)
    with pytest.raises(HashMismatch, match=r"record 4 of .*nasbench_full\.tfrecord: .*3 records were read before it"):
        import_table(path)
    cut = home / "nasbench_only108.tfrecord"
    cut.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(ImportRefused, match="record 4"):
        import_table(cut)
    assert not (home / "data" / "sets").exists() or not list((home / "data" / "sets").iterdir())


def test_it_is_fetched_as_one_file(record_file: Path, home: Path, site: Site) -> None:
    site.body = record_file.read_bytes()
    site.cuts = [1000]
    assert registry.publication("nasbench101").how_to_get("nasbench101") == "harness data fetch nasbench101"
    with pytest.raises(UsageError, match="get it with: harness data fetch nasbench101"):
        harness.run("cifar10", "bb", suite="nasbench101")
    done = harness_command("data", "fetch", "nasbench101", "--url", site.url, "--delete-archive")
    assert (done.code, done.out.splitlines()[-1]) == (0, "Use it with: --surrogates nasbench101"), done.err
    assert not (home / "data" / "downloads" / "nasbench_full.tfrecord").exists()
    assert load_surrogates("nasbench101").tasks == ["cifar10", "mini"]


def test_a_fetched_file_that_is_damaged_is_deleted(record_file: Path, home: Path, site: Site) -> None:
    body = bytearray(record_file.read_bytes())
    body[700] ^= 1
    site.body = bytes(body)
    done = harness_command("data", "fetch", "nasbench101", "--url", site.url)
    assert (done.code, "(the archive was deleted)" in done.err) == (1, True), done.err
    assert not (home / "data" / "downloads" / "nasbench_full.tfrecord").exists()
    assert not (home / "data" / "sets" / "nasbench101").exists()


def test_files_are_recognised_by_what_they_are(tmp_path: Path) -> None:
    assert published.recognise(Path("x/nasbench_full.tfrecord")) == "nasbench101"
    assert published.recognise(Path("x/nasbench_only108.tfrecord.gz")) == "nasbench101-only108"
    pd.DataFrame({"hash": ["a"]}).to_parquet(tmp_path / "t.parquet")
    (tmp_path / "u.parquet").write_text("no parquet")
    assert [published.recognise(tmp_path / f"{n}.parquet") for n in "tu"] == ["", ""]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("small")


@pytest.mark.parametrize("name", PRESETS["published"])
def test_published_settings_are_settings_of_their_methods(name: str) -> None:
    entry = registry.method(name)
    try:
        entry.require()
    except UsageError as error:
        pytest.skip(str(error))
    settings = dict(PRESETS["published"][name])
    assert check_settings(name, entry.load(), settings) == settings


def test_a_preset_that_does_not_help_is_refused() -> None:
    wanted = ("run", "--task", "cifar10", "--setting", "bb", "--preset")
    assert "suite jahs has no presets" in harness_command(*wanted, "published").err
    other = (*wanted, "publishd", "--suite", "nasbench101", "--surrogates", "lite-1")
    assert "unknown preset 'publishd' (did you mean 'published'?)" in harness_command(*other).err


@needs_real
class TestTheSmallRealTable:
    @pytest.fixture
    def small(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> TableSource:
        monkeypatch.setenv("HARNESS_DATA", str(folder / "data"))
        return import_table(REAL, replacing=True)

    def test_a_cell_that_is_missing_is_missed(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HARNESS_DATA", str(folder / "other"))
        pd.read_parquet(REAL).iloc[:-1].to_parquet(folder / "cut.parquet")
        assert (
            import_table(folder / "cut.parquet").manifest["about"]["partial"]
            == "has 2,531 of the 2,532 cells of small4"
        )

    def test_its_numbers_are_those_of_the_file(self, small: TableSource) -> None:
        rows = pd.read_parquet(REAL)
        for task, space, cells in (("small4", "5V9E", 2532), ("tiny4", "4V9E", 91)):
            own = rows[rows.space == space]
            means = own.groupby("hash").test_acc.mean()
            assert len(means) == cells == len(small.entries(task).keys)
            assert small.constants(task)["best"] == pytest.approx(100 * means.max())
            assert small.constants(task)["mean_runtime"] == pytest.approx(own.training_time.mean())

    def test_a_preset_is_recorded_as_settings(self, small: TableSource, tmp_path: Path) -> None:
        wanted = ("run", "--suite", "nasbench101", "--task", "tiny4", "--setting", "bb", "--seeds", 2)
        methods = ("--method", "regularized-evolution", "--method", "random-search")
        done = harness_command(*wanted, *methods, "--preset", "published", "--set", "sample=5", "--results", tmp_path)
        assert (done.code, "unknown setting of random-search 'sample'" in done.err) == (2, True)
        done = harness_command(*wanted, *methods, "--preset", "published", "--results", tmp_path)
        assert done.code == 0, done.err
        specs = {record.spec.label: record.spec for record in harness.load_results(tmp_path)}
        assert list(specs) == ["random-search", "regularized-evolution[population=100,sample=10]"]
        own = harness.run(
            "tiny4", "bb", "regularized-evolution", seeds=2, suite="nasbench101", preset="published",
            settings={"sample": 5},
        )  # fmt: skip
        assert own.records[0].spec.settings == {"population": 100, "sample": 5}
        refused = harness_command(*wanted, "--method", "random-search", "--preset", "published")
        assert (refused.code, "preset published has no settings of random-search" in refused.err) == (2, True)
        assert {re.sub(r".*: ", "", str(f)) for f in verify(tmp_path).findings} == {
            "it has 2 seeds; an entry has at least 500"
        }

    def test_the_whole_protocol_runs_on_it(self, small: TableSource, tmp_path: Path) -> None:
        for task in ("small4", "tiny4"):
            methods = ["random-search", "regularized-evolution", "non-regularized-evolution", "reinforce"]
            harness.run(task, "bb", methods, seeds=5, suite="nasbench101", results=tmp_path)
        rows = harness.load_results(tmp_path).summary()
        assert len(rows) == 8
        assert all(row["invalid"] > 0 and 0 <= row["lower"] <= row["median"] <= row["upper"] < 76 for row in rows)
        found = verify(tmp_path)
        assert {re.sub(r".*: ", "", str(f)) for f in found.findings} == {"it has 5 seeds; an entry has at least 500"}
        repeats = harness.load_results(tmp_path).evaluations().groupby("leaderboard").repeat.unique()
        assert sorted(repeats["nasbench101/tiny4/single/bb"]) == [-1.0, 0.0, 1.0, 2.0]
        assert sorted(repeats["nasbench101/small4/single/bb"]) == [-1.0, 0.0]
