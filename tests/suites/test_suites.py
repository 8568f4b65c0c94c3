"""A user's own suite: declared, imported, run, verified, drawn; and what is refused, with nothing left behind."""

# ruff: noqa: ARG001 - fixtures and changes whose arguments are given, not used

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import harness
from harness import registry
from harness.errors import HarnessError, SpaceError, SurrogateError, UsageError
from harness.registry import load_surrogates
from harness.sources import shelf as catalogue
from harness.sources.open import damages
from harness.sources.tables import errors
from harness.sources.tables.table import TableSource
from harness.verify.api import verify
from support import made_suite
from support.commands import Answer
from support.forging import Columns, Header, forge
from support.imports import import_table


@pytest.fixture(scope="session")
def toynets(data_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> TableSource:
    """The suite ``toynets``, imported."""
    return import_table(made_suite.write(tmp_path_factory.mktemp("suite")))


@pytest.fixture(scope="session")
def results(toynets: TableSource, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records of both settings."""
    folder = tmp_path_factory.mktemp("toynets-results")
    methods = ["random-search", "regularized-evolution", "local-search"]
    harness.run("toy", "bb", methods, seeds=3, suite="toynets", results=folder)
    harness.run("toy", "mf", "hyperband", seeds=3, suite="toynets", results=folder)
    return folder


def test_an_imported_suite_is_listed_and_its_leaderboards_are_found_by_their_ids(toynets: TableSource) -> None:
    assert registry.suites()[-1] == "toynets"
    assert harness.leaderboards("toynets") == ["toynets/toy/single/bb", "toynets/toy/single/mf"]
    board = registry.leaderboard_of("toynets/toy/single/mf")
    assert (board.suite, board.budget, board.seeds, board.continues) == ("toynets", 12.0, 3, "epochs")
    assert {name: p.domain for name, p in board.space.items()} == {
        "width": "{8, 16, 32}", "depth": "{1, 2, 3, 4}", "act": "{relu, tanh}",
    }  # fmt: skip
    assert board.full == {"epochs": 9}
    assert board.metrics == ("valid", "test", "seconds", "parameters", "mean-test", "repeat")
    assert registry.default_method(board) == "hyperband"


def test_its_constants_are_those_of_the_rows(toynets: TableSource) -> None:
    frame = made_suite.rows()
    full = frame[frame.epochs == 9].groupby(["width", "depth", "act"])
    found = toynets.constants("toy")
    assert found["best"] == pytest.approx(full.test.mean().max())
    assert found["worst"] == pytest.approx(full.test.mean().min())
    assert found["failure"] == frame.valid.min()


def test_a_query_is_the_mean_over_an_entry_and_an_invalid_one_is_named(toynets: TableSource) -> None:
    frame = made_suite.rows()
    own = frame[(frame.width == 16) & (frame.depth == 2) & (frame.act == "relu") & (frame.epochs == 3)]
    found = toynets.query("toy", {"width": 16, "depth": 2, "act": "relu", "epochs": 3})
    assert found["valid"] == pytest.approx(own.valid.mean())
    assert found["mean-test"] == found["test"] == pytest.approx(own.test.mean())
    assert found["repeat"] == len(own)
    with pytest.raises(
        SpaceError, match=r"toynets has no entry for width = 32, depth = 4.*the configuration is invalid"
    ):
        toynets.query("toy", {"width": 32, "depth": 4, "act": "tanh", "epochs": 3})
    with pytest.raises(SpaceError, match=r"act = 'gelu' is outside its range \{relu, tanh\}"):
        toynets.query("toy", {"width": 32, "depth": 4, "act": "gelu", "epochs": 3})


def test_what_a_run_leaves_is_verified_and_reproduced(results: Path) -> None:
    found = verify(results)
    assert found.ok, [str(finding) for finding in found.findings]
    assert {v.state for v in found.verdicts} == {"reproduced"}
    summary = {row["leaderboard"] + row["method"]: row for row in harness.load_results(results).summary()}
    assert summary["toynets/toy/single/bbrandom-search"]["invalid"] > 0


def test_the_two_implementations_of_the_regret_agree(results: Path) -> None:
    scores = {(v.leaderboard, v.label): v.scores for v in verify(results, reproduce=0).verdicts}
    for row in harness.load_results(results).summary():
        second = scores[row["leaderboard"], row["method"]]
        assert second["full"] == pytest.approx(row["mean"], abs=1e-12)
        assert second["observed"] == pytest.approx(row["observed_mean"], abs=1e-12)


def other_trial(columns: Columns, header: Header) -> None:
    columns["repeat"][0] = 1.0 - min(columns["repeat"][0], 1.0)


def luckier(columns: Columns, header: Header) -> None:
    columns["valid"][0] += 1.0


def failure_counted(columns: Columns, header: Header) -> None:
    row = int(np.flatnonzero(columns["repeat"] == -1)[0])
    columns["counted"][row] = True


def failure_charged(columns: Columns, header: Header) -> None:
    row = int(np.flatnonzero(columns["repeat"] == -1)[0])
    columns["charge"][row] = columns["price"][row] = 1.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (other_trial, "repeat is recorded as .*, but the surrogates predict"),
        (luckier, "valid is recorded as .*, but the surrogates predict"),
        (failure_counted, "counted is recorded as True, but ending within .* is False"),
        (failure_charged, "charge is recorded as 1.0, but due is 0.0"),
    ],
)
def test_a_forged_draw_or_failure_is_found(
    change: Callable[[Columns, Header], None], words: str, results: Path, tmp_path: Path
) -> None:
    honest = results / "toynets/toynets/toy/single/bb/random-search.parquet"
    forged = forge(honest, tmp_path / honest.name, change)
    found = "\n".join(str(finding) for finding in verify(forged, reproduce=0).findings)
    assert pd.Series([found]).str.contains(words).all(), found


@pytest.mark.slow
def test_the_command_line_finds_the_suite_again_in_every_process(
    tmp_path: Path, command: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "data"))
    file = made_suite.write(tmp_path / "own")
    made = command("data", "import", file)
    assert (made.code, made.out.splitlines()[-1]) == (0, "Use it with: --suite toynets")
    assert command("list", "tasks", "--suite", "toynets").out.split() == ["toy", "toy"]
    run = ("run", "--suite", "toynets", "--task", "toy", "--results", tmp_path / "r", "--seeds", 3, "--jobs", 2)
    done = command(*run, "--setting", "all")
    assert (done.code, "toynets/toy/single/mf" in done.out) == (0, True), done
    assert command("verify", tmp_path / "r").out.startswith("verified: 2 of 2 records")
    drawn = command(
        "plot", "--results", tmp_path / "r", "--out", tmp_path / "p", "--kind", "quartiles", "--format", "svg"
    )
    assert drawn.code == 0
    assert {p.name for p in (tmp_path / "p").iterdir()} == {
        f"toynets-toynets-single-{setting}-quartiles.svg" for setting in ("bb", "mf")
    }
    assert command("data", "verify", "toynets").out == "toynets: intact\n"
    assert command("data", "remove", "toynets", "--yes").code == 0
    gone = command("verify", tmp_path / "r")
    assert (gone.code, "unknown leaderboard 'toynets/toy/single/bb'" in gone.out) == (1, True)


def test_a_damaged_table_is_noticed(data_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "data"))
    made = import_table(made_suite.write(tmp_path))
    file = made.path / "toy" / "table.bin"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(SurrogateError, match="does not match the hash in its manifest"):
        load_surrogates("toynets").query("toy", {"width": 16, "depth": 2, "act": "relu", "epochs": 3})
    assert len(list(damages(catalogue.entry("toynets")))) == 1


def test_the_same_table_has_the_same_hash_in_any_order_of_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = made_suite.rows()
    hashes = set()
    for name, given in (("a", frame), ("b", frame.sample(frac=1.0, random_state=3))):
        monkeypatch.setenv("HARNESS_DATA", str(tmp_path / name))
        hashes.add(import_table(made_suite.write(tmp_path / f"own-{name}", given)).hash)
    assert len(hashes) == 1


def without(text: str) -> Callable[[str], str]:
    return lambda declaration: "\n".join(line for line in declaration.splitlines() if not line.startswith(text))


def put(old: str, new: str) -> Callable[[str], str]:
    return lambda declaration: declaration.replace(old, new)


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        (without("fidelity"), errors.NoFidelity, "it declares no fidelity; give the column"),
        (without("name"), errors.BadDeclaration, "it has no entry name"),
        (without("objective"), errors.BadDeclaration, "it has no entry objective"),
        (without("parameters"), errors.BadDeclaration, "it has no entry parameters"),
        (put('"Toy networks"', "7"), errors.BadDeclaration, "title = 7 must be a text"),
        (put("maximize = true, ", ""), errors.BadDeclaration, "it has no entry objective.maximize"),
        (put("maximize = true", "maximise = true"), errors.BadDeclaration, "it has no entry objective.maximize"),
        (put("seeds = 3", "seed = 3"), errors.BadDeclaration, "an entry budget.seed that no declaration has"),
        (put("evaluations = 12", "evaluations = 0"), errors.BadDeclaration, r"evaluations of at least 0\.001"),
        (put("[8, 16, 32]", '[8, 16, "32"]'), errors.BadDeclaration, "different values of one kind"),
        (put('{ name = "toy" }', '{ name = "a/b" }'), errors.BadDeclaration, "'a/b' is no name for a task"),
        (put('{ name = "toy" }', "{}"), errors.BadDeclaration, "task needs either a name"),
        (put('name = "toynets"', 'name = "nasbench201"'), errors.BadDeclaration, "has a suite nasbench201 already"),
        (put('name = "toynets"', 'name = "cifar10"'), errors.BadDeclaration, "give another name than 'cifar10'"),
        (
            put('name = "toynets"', 'name = "nasbench101-small"'),
            errors.BadDeclaration,
            "a source of suite nasbench101",
        ),
        (
            put('name = "toynets"', 'name = "../x"'),
            errors.BadDeclaration,
            "'../x' is no name for a suite",
        ),
        (put('metric = "seconds"', 'metric = "epochs"'), errors.BadDeclaration, "'epochs' is declared twice"),
        (put('metric = "seconds"', 'metric = "price"'), errors.BadDeclaration, "a column 'price' of its own"),
        (put('metric = "seconds"', 'metric = "hours"'), errors.MissingColumn, "no column 'hours'; it has width, depth"),
        (put("[8, 16, 32]", "[8, 16]"), errors.BadValue, "width = 32 is none of its levels: 8, 16"),
        (without("trials"), errors.DuplicateKey, "two rows of width = 8.*declare the column that tells them apart"),
        (put("toynets.parquet", "no.parquet"), HarnessError, "there is no table .*no.parquet"),
        (put("toynets.parquet", "toynets.toml"), HarnessError, "is no readable parquet file"),
        (put('name = "toynets"', "name = "), errors.BadDeclaration, "is no declaration of a suite"),
    ],
)
def test_a_wrong_declaration_is_refused(
    change: Callable[[str], str], kind: type[HarnessError], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused(made_suite.write(tmp_path / "own", declaration=change(made_suite.DECLARATION)), kind, words, monkeypatch)


def lacking_test(frame: pd.DataFrame) -> pd.DataFrame:
    changed: pd.DataFrame = frame.assign(test=frame.test.where(frame.index != 5))
    return changed


def lacking_fidelity(frame: pd.DataFrame) -> pd.DataFrame:
    lost = (frame.width == 8) & (frame.depth == 1) & (frame.act == "relu") & (frame.epochs == 3)
    kept: pd.DataFrame = frame[~lost]
    return kept


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        (lacking_test, errors.UnequalMetrics, "width = 8, depth = 1, act = .* has no test, but other metrics"),
        (
            lacking_fidelity,
            errors.IncompleteEntry,
            "width = 8, depth = 1, act = relu at epochs 3: there is no training",
        ),
        (lambda f: pd.concat([f, f.iloc[[7]]]), errors.DuplicateKey, "two rows of width = 8.*repeat .; give each once"),
        (lambda f: f.assign(seconds=0.0), errors.BadValue, "a price is a positive number of seconds"),
        (lambda f: f.assign(valid="high"), errors.MissingColumn, "column 'valid' is a metric, but holds"),
        (lambda f: f.assign(valid="78.1"), errors.MissingColumn, "column 'valid' is a metric, but holds"),
        (
            lambda f: f.assign(valid=[[1.0]] * len(f)),
            errors.MissingColumn,
            "'valid' is a metric, but holds list",
        ),
        (lambda f: f.assign(act=None), errors.BadValue, "column 'act' has .* empty cells"),
        (lambda f: f.drop(columns="test"), errors.MissingColumn, "no column 'test'"),
        (lambda f: f.iloc[:0], errors.MissingColumn, "has no row; it needs one per training"),
    ],
)
def test_a_wrong_table_is_refused(
    change: Callable[[pd.DataFrame], pd.DataFrame], kind: type[HarnessError], words: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    refused(made_suite.write(tmp_path / "own", change(made_suite.rows())), kind, words, monkeypatch)


def refused(file: Path, kind: type[HarnessError], words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It raises, and what was imported before stays as it was."""
    monkeypatch.setenv("HARNESS_DATA", str(file.parent / "data"))
    before = import_table(made_suite.write(file.parent / "before")).hash
    with pytest.raises(kind, match=words):
        import_table(file, replacing=True)
    assert load_surrogates("toynets").hash == before
    assert [p.name for p in (file.parent / "data" / "sets").iterdir()] == ["toynets"]


def test_a_taken_name_is_refused_and_replaced_on_demand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "data"))
    file = made_suite.write(tmp_path)
    first = import_table(file).hash
    with pytest.raises(UsageError, match="there is a source 'toynets' already"):
        import_table(file)
    made_suite.write(tmp_path, declaration=made_suite.DECLARATION.replace("seeds = 3", "seeds = 4"))
    second = import_table(file, replacing=True)
    assert second.hash != first
    assert registry.leaderboard_of("toynets/toy/single/bb").seeds == 4


def test_a_table_that_is_all_there_has_no_invalid_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "data"))
    frame = made_suite.rows()
    import_table(made_suite.write(tmp_path, frame[frame.depth != 4]))
    board = registry.leaderboard_of("toynets/toy/single/bb")
    assert dict(board.failure) == {}
    (row,) = harness.run("toy", "bb", seeds=1, suite="toynets").summary()
    assert "invalid" not in row


def test_a_task_per_level_of_a_column(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "data"))
    frame = pd.concat([made_suite.rows().assign(dataset=name) for name in ("b", "a")])
    declared = made_suite.DECLARATION.replace('{ name = "toy" }', '{ column = "dataset" }')
    made = import_table(made_suite.write(tmp_path, frame, declared))
    assert made.tasks == ["a", "b"]
    assert len(harness.leaderboards("toynets")) == 4
