"""NAS-Bench-201 as a suite: how cells are written, how the table is read, and runs on the real one where it is."""

# ruff: noqa: ARG001, ARG002 - fixtures whose arguments are given, not used

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import harness
from harness import registry
from harness.cli import main
from harness.errors import HarnessError, SpaceError, UsageError
from harness.registry import load_surrogates
from harness.sources.stored import StoredSource
from harness.sources.tables import errors
from harness.verify.api import verify
from protocols.jahs.space import SPACE as JAHS
from protocols.nasbench201 import LEADERBOARDS, PROTOCOLS, TASKS
from protocols.nasbench201.space import OPERATIONS, SPACE, from_text, to_text
from support.commands import harness_command
from support.imports import import_table, is_table
from support.paths import SHARED

REAL = SHARED / "data" / "nas" / "nasbench201.parquet"
needs_real = pytest.mark.skipif(not REAL.is_file(), reason=f"{REAL} is not there")


def test_the_edges_are_those_of_the_jahs_space() -> None:
    assert {name: p.domain for name, p in SPACE.items()} == {n: JAHS[n].domain for n in JAHS if n.startswith("Op")}


def test_a_text_is_read_edge_by_edge() -> None:
    """Node by node, as what comes into it: edges 1->2; 1->3, 2->3; 1->4, 2->4, 3->4."""
    text = "|skip_connect~0|+|none~0|nor_conv_3x3~1|+|nor_conv_1x1~0|avg_pool_3x3~1|none~2|"
    edges = {"1->2": 0, "1->3": 1, "2->3": 2, "1->4": 3, "2->4": 4, "3->4": 1}  # codes: skip, zero, 3x3, 1x1, pool
    named = {"Op1": "1->2", "Op2": "1->3", "Op3": "1->4", "Op4": "2->3", "Op5": "2->4", "Op6": "3->4"}
    assert from_text(text) == {name: edges[edge] for name, edge in named.items()}
    assert to_text(from_text(text)) == text


@given(st.lists(st.integers(0, 4), min_size=6, max_size=6))
def test_texts_and_configurations_are_one_to_one(codes: list[int]) -> None:
    configuration = dict(zip(SPACE, codes, strict=True))
    assert from_text(to_text(configuration)) == configuration


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "|sep_conv~0|+|none~0|none~1|+|none~0|none~1|none~2|",
            "unknown operation 'sep_conv' .*; valid: skip_connect, none",
        ),
        ("|none~0|+|none~0|none~1|+|none~0|none~1|", "is no cell; one is written"),
        ("|none~0|+|none~1|none~0|+|none~0|none~1|none~2|", "is no cell"),
        ("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|\n", "is no cell"),
        ("", "'' is no cell"),
    ],
)
def test_other_texts_are_refused(text: str, words: str) -> None:
    with pytest.raises(SpaceError, match=words):
        from_text(text)


def test_the_leaderboards() -> None:
    assert list(LEADERBOARDS) == [f"nasbench201/{task}/single/{setting}" for task in TASKS for setting in ("bb", "mf")]
    board = LEADERBOARDS["nasbench201/cifar10/single/mf"]
    assert registry.leaderboard_of(board.id) is board
    assert (board.seeds, board.budget, board.continues, board.axis) == (500, 100.0, None, "epoch")
    assert "test" not in "".join(objective.metric for objective in board.objectives)
    wide = PROTOCOLS["async"].leaderboards["nasbench201/async-w8/cifar10/single/mf"]
    assert (wide.workers, wide.budget, registry.default_method(wide)) == (8, 12.5, "asha-stopping")


def synthetic() -> pd.DataFrame:
    """A table of every cell whose numbers follow from its codes, so that each value says whose it is."""
    rng = np.random.default_rng(201)
    parts = []
    for number, task in enumerate(TASKS):
        codes = np.array(list(product(range(5), repeat=6)))
        score = 10.0 + codes @ np.array([1, 2, 3, 4, 5, 6]) + number
        third = np.where(rng.random(len(codes)) < 0.5, score + 0.2, np.nan)
        parts.append(
            pd.DataFrame(
                {
                    "architecture": [to_text(dict(zip(SPACE, row, strict=True))) for row in codes.tolist()],
                    "dataset": task,
                    "valid_acc_200_seed0": score, "valid_acc_200_seed1": score + 0.1, "valid_acc_200_seed2": third,
                    "runtime_200": 1000.0 + codes.sum(axis=1), "size_MB": 1.0, "test_acc_200": score - 1.0,
                    "valid_acc_12": score / 2, "test_acc_12": score / 2 - 1.0,
                }
            )
        )  # fmt: skip
    shuffled: pd.DataFrame = pd.concat(parts, ignore_index=True).sample(frac=1.0, random_state=1)
    return shuffled


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return synthetic()


@pytest.fixture(scope="module")
def home(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the set ``nasbench201``."""
    folder = tmp_path_factory.mktemp("nasbench201")
    frame.to_parquet(folder / "any-name.parquet")
    return imported(folder / "any-name.parquet", folder / "data")


def imported(file: Path, home: Path) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_DATA", str(home))
        import_table(file)
    return home


@pytest.fixture
def table(home: Path, monkeypatch: pytest.MonkeyPatch) -> StoredSource:
    """The set ``nasbench201`` of synthetic numbers."""
    monkeypatch.setenv("HARNESS_DATA", str(home))
    return load_surrogates("nasbench201")


def test_the_table_is_read_cell_by_cell(table: StoredSource) -> None:
    assert (table.name, table.tasks) == ("nasbench201", sorted(TASKS))
    configuration = {"Op1": 4, "Op2": 0, "Op3": 1, "Op4": 2, "Op5": 0, "Op6": 3}
    score = 10.0 + 4 + 3 + 8 + 18 + 1  # of cifar100
    found = table.query("cifar100", configuration | {"epoch": 12})
    assert found == {
        "valid-acc": score / 2, "mean-test-acc": score / 2 - 1, "runtime": pytest.approx(1010 * 12 / 200),
        "size_MB": 1.0, "repeat": 1.0,
    }  # fmt: skip
    full = table.query("cifar100", configuration | {"epoch": 200})
    assert (full["runtime"], full["mean-test-acc"]) == (1010.0, score - 1)
    assert full["repeat"] in (2.0, 3.0)
    oracle = table.oracle("cifar100", ["valid-acc", "repeat"], np.random.default_rng(0))
    drawn = {tuple(oracle.one(configuration | {"epoch": 200})) for _ in range(60)}
    assert drawn == {(score + 0.1 * k, float(k)) for k in range(int(full["repeat"]))}
    assert table.constants("cifar10")["best"] == 10.0 + 4 * 21 - 1.0


def test_runs_of_both_protocols_are_verified(table: StoredSource, tmp_path: Path) -> None:
    harness.run("cifar10", "all", seeds=2, suite="nasbench201", results=tmp_path)
    harness.run("cifar10", "mf", "asha-promotion", seeds=2, suite="nasbench201", protocol="async", results=tmp_path)
    found = verify(tmp_path)
    assert {re.sub(r".*: ", "", str(f)) for f in found.findings} == {"it has 2 seeds; an entry has at least 500"}
    assert len(found.verdicts) == 3
    assert (tmp_path / "nasbench201/nasbench201/async-w8/cifar10/single/mf/asha-promotion.parquet").is_file()


def test_without_the_table_the_command_that_gets_it_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    with pytest.raises(
        UsageError, match=r"nasbench201 is not here yet; get it with: harness data import nasbench201\.parquet"
    ):
        harness.run("cifar10", "bb", suite="nasbench201")


@pytest.mark.parametrize("setting", ["multi-mf", "ca"])
def test_a_setting_that_the_suite_does_not_have(table: StoredSource, setting: str) -> None:
    with pytest.raises(UsageError, match=f"unknown setting '{setting}'.*bb, mf"):
        harness.run("cifar10", setting, suite="nasbench201")


def test_trainings_start_from_scratch_anyway(table: StoredSource) -> None:
    with pytest.raises(UsageError, match="is a training from scratch already; leave out --from-scratch"):
        harness.run("cifar10", "mf", suite="nasbench201", from_scratch=True)
    (record,) = harness.run("cifar10", "mf", seeds=1, suite="nasbench201").records
    assert not record.spec.continuation
    assert not np.any(record.table["credit"].to_numpy())


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        (lambda f: f.drop(columns="size_MB"), errors.MissingColumn, "no column 'size_MB'"),
        (lambda f: f.iloc[1:], errors.IncompleteEntry, "15,624 of the 15,625 cells"),
        (lambda f: pd.concat([f, f.iloc[[3]]]), errors.DuplicateKey, "two rows of"),
        (lambda f: f.replace({"dataset": {"cifar100": "svhn"}}), errors.BadValue, "a data set 'svhn'; valid: cifar10"),
        (
            lambda f: f.assign(architecture=f.architecture.str.replace("none", "zero")),
            errors.BadValue,
            "unknown operation",
        ),
        (lambda f: f.assign(runtime_200=-1.0), errors.BadValue, "a price is a positive number of seconds"),
        (lambda f: f.assign(runtime_200="fast"), errors.MissingColumn, "column 'runtime_200' must hold numbers"),
        (lambda f: f.assign(dataset=None), errors.MissingColumn, "column 'dataset' must hold a text in every row"),
        (lambda f: f.assign(test_acc_200=100 + f.test_acc_200), errors.BadValue, "accuracies are in percent"),
        (lambda f: f.assign(test_acc_12=np.nan), errors.UnequalMetrics, "has no mean-test-acc, but other metrics"),
        (
            lambda f: f.assign(valid_acc_12=np.nan),
            errors.IncompleteEntry,
            r"cifar10: \|skip_connect~0\|\+.* at epoch 12: there is no training",
        ),
    ],
)
def test_a_wrong_table_is_refused(
    frame: pd.DataFrame, change: Callable[[pd.DataFrame], pd.DataFrame], kind: type[HarnessError], words: str,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "data"))
    change(frame).to_parquet(tmp_path / "table.parquet")
    with pytest.raises(kind, match=words):
        import_table(tmp_path / "table.parquet")
    assert not list((tmp_path / "data").rglob("*.bin"))


def test_another_parquet_is_no_table_of_a_suite(tmp_path: Path) -> None:
    pd.DataFrame({"architecture": ["x"]}).to_parquet(tmp_path / "t.parquet")
    (tmp_path / "u.parquet").write_text("no parquet")
    for name, said in (
        ("t", r"is no table that a suite .* knows \(its columns are architecture"),
        ("u", "no readable"),
    ):
        assert is_table(tmp_path / f"{name}.parquet")
        with pytest.raises(HarnessError, match=said):
            import_table(tmp_path / f"{name}.parquet")


@pytest.fixture(scope="module")
def real_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return imported(REAL, tmp_path_factory.mktemp("real"))


@needs_real
class TestTheRealTable:
    @pytest.fixture
    def real(self, real_home: Path, monkeypatch: pytest.MonkeyPatch) -> StoredSource:
        monkeypatch.setenv("HARNESS_DATA", str(real_home))
        return load_surrogates("nasbench201")

    def test_its_best_cells_are_the_published_ones(self, real: StoredSource) -> None:
        """Dong and Yang, Table 5, "optimal"."""
        for task, accuracy in (("cifar10", 94.37), ("cifar100", 73.51), ("imagenet16-120", 47.31)):
            assert real.constants(task)["best"] == pytest.approx(accuracy, abs=0.005)

    def test_every_number_is_that_of_the_file(self, real: StoredSource) -> None:
        rows = pd.read_parquet(REAL).sample(40, random_state=0)
        for _, row in rows.iterrows():
            configuration = from_text(row.architecture)
            full = real.query(row.dataset, configuration | {"epoch": 200})
            trainings = row[[f"valid_acc_200_seed{k}" for k in range(3)]].dropna()
            assert full["valid-acc"] == pytest.approx(trainings.mean())
            assert (full["repeat"], full["runtime"]) == (len(trainings), row.runtime_200)
            assert full["mean-test-acc"] == pytest.approx(row.test_acc_200)
            short = real.query(row.dataset, configuration | {"epoch": 12})
            assert (short["valid-acc"], short["repeat"]) == (row.valid_acc_12, 1.0)

    def test_evolution_finds_better_cells_than_random_search(self, real: StoredSource) -> None:
        methods = ["random-search", "regularized-evolution"]
        rows = harness.run("cifar10", "bb", methods, seeds=40, suite="nasbench201").summary()
        random, evolution = (row["median"] for row in rows)
        assert 0.3 < evolution < random < 0.9


def test_the_command_line_of_the_issue(table: StoredSource, tmp_path: Path) -> None:
    command = harness_command
    assert "nasbench201" in command("list", "suites").out
    done = command(
        "run", "--suite", "nasbench201", "--task", "cifar10", "--setting", "bb", "--method", "regularized-evolution",
        "--seeds", 2, "--results", tmp_path, "--json",
    )  # fmt: skip
    assert (done.code, '"leaderboard": "nasbench201/cifar10/single/bb"' in done.out) == (0, True)
    assert '"median"' in done.out
    query = command(
        "query", "--suite", "nasbench201", "--task", "cifar10", "--config", json.dumps(dict.fromkeys(SPACE, 0))
    )
    assert '"mean-test-acc": 9.0' in query.out


def test_operations_are_those_of_the_jahs_codes() -> None:
    assert OPERATIONS == ("skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3")


@pytest.mark.parametrize(("given", "title"), [((), "on 8 workers"), (("1",), "on 1 worker"), (("3",), "on 3 workers")])
def test_the_title_says_how_many_workers_the_runs_had(
    given: tuple[str, ...], title: str, table: StoredSource, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workers = [f"--workers={count}" for count in given]
    arguments = ["--suite", "nasbench201", "--protocol", "async", "--task", "cifar10", "--setting", "bb", *workers]
    with pytest.raises(SystemExit):
        main(["run", *arguments, "--seeds", "1", "--results", str(tmp_path)])
    assert capsys.readouterr().out.partition("\n")[0].rstrip().endswith(title)
