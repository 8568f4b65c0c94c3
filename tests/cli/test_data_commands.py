"""``harness data``: sets on disk, from import to removal, told through the command line in this process."""

from __future__ import annotations

import gzip
import json
import shutil
import tarfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness import load_surrogates
from harness.benchmark.source import Source
from harness.cli import main
from harness.sources.models.surrogates import SurrogateSet
from harness.sources.obtain.importing import default_name
from protocols.jahs.constants import constant_sample, constants
from protocols.jahs.leaderboards import METRICS, TASKS
from protocols.jahs.published import ARCHIVES, MEMBERS
from protocols.jahs.space import FULL
from support.commands import Answer, harness_command
from support.made_sets import clockwork_models, toy_models, write_set
from support.paths import SHARED
from support.serving import Site, make_tar, sha

OFFICIAL = SHARED / "data" / "jahs" / "official_format"
EARLY = OFFICIAL.parent / "early_surrogate_cifar10"
needs_data = pytest.mark.skipif(not OFFICIAL.is_dir(), reason=f"{OFFICIAL} is not there")
CONSTANTS = {"mean_runtime": 200.0, "latency_p99": 10.0}
FULL_ROW = {
    "LearningRate": 0.1, "WeightDecay": 1e-4, "Activation": "ReLU", "TrivialAugment": True, "Optimizer": "SGD",
    **{f"Op{edge}": 0 for edge in range(1, 7)}, **FULL,
}  # fmt: skip
Command = Callable[..., Answer]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def data(home: Path, capsys: pytest.CaptureFixture[str]) -> Command:  # noqa: ARG001
    """``data("import", path)`` is ``harness data import path``."""

    def run(*arguments: object) -> Answer:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["data", *map(str, arguments)])
        code = ended.value.code
        assert isinstance(code, int)
        return Answer(code, *capsys.readouterr())

    return run


def clockwork_at(home: Path, name: str = "mine") -> Path:
    path = home / "sets" / name
    write_set(path, {task: clockwork_models() for task in TASKS}, dict.fromkeys(TASKS, CONSTANTS))
    return path


def copy_official(target: Path, *tasks: str, metrics: tuple[str, ...] = METRICS) -> Path:
    """Some of the official artefacts, writable."""
    for task in tasks or tuple(TASKS):
        for metric in metrics:
            folder = Path("assembled_surrogates") / task / metric
            shutil.copytree(OFFICIAL / folder, target / folder, copy_function=shutil.copyfile)
    for folder in (target, *target.rglob("*")):
        folder.chmod(0o755)
    return target


def assert_predicts(loaded: Source, expected: Path, task: str, tolerance: float = 1e-4) -> None:
    rows = pd.read_csv(expected)
    metrics = [metric for metric in METRICS if metric in rows and metric in loaded.metrics(task)]
    found = loaded.predict(task, rows, metrics)
    error = np.abs(found[metrics] - rows[metrics]) / np.abs(rows[metrics])
    assert len(rows) >= 300
    assert error.to_numpy().max() < tolerance


# Import ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def official(data_directory: Path) -> Source:
    """All 21 artefacts, imported once for the tests that only look at the set."""
    answer = harness_command("data", "import", OFFICIAL, "--name", "official")
    assert (answer.code, answer.err) == (0, "")
    loaded = SurrogateSet(data_directory / "sets" / "official")
    for said in ("official", loaded.hash, "cifar10", "mean_runtime", "latency_p99", "bounded sigmoid", "500", "CC BY"):
        assert said in answer.out
    return loaded


@needs_data
def test_the_official_layout_predicts_what_the_official_package_does(official: Source) -> None:
    assert official.tasks == sorted(TASKS)
    for task in TASKS:
        assert official.metrics(task) == sorted(METRICS)
        assert_predicts(official, OFFICIAL / f"expected_{task}.csv.gz", task)


@needs_data
def test_the_manifest_says_what_was_imported(official: Source) -> None:
    about = official.about
    assert official.path is not None
    assert set(about["sources"]) == {name.removeprefix("assembled_surrogates/") for name in MEMBERS}
    model = "cifar10/latency/model.pkl.gz"
    assert about["sources"][model] == sha((OFFICIAL / "assembled_surrogates" / model).read_bytes())
    assert set(json.loads((official.path / "origin.json").read_text())) == {"from", "date", "harness"}
    assert not list(official.path.parent.glob(".*"))


def as_predicted(predicted: pd.DataFrame, _: pd.DataFrame) -> pd.DataFrame:
    return predicted


@needs_data
def test_the_constants_are_those_of_the_set_s_own_predictions(official: Source) -> None:
    loaded = official
    sample = constant_sample()
    for task in TASKS:
        predicted = loaded.predict(task, sample, ["runtime", "latency"])
        assert loaded.constants(task)["mean_runtime"] == pytest.approx(predicted["runtime"].mean())
        assert loaded.constants(task)["latency_p99"] == pytest.approx(np.percentile(predicted["latency"], 99))
        assert loaded.constants(task) == constants(partial(as_predicted, predicted))


@needs_data
def test_one_content_one_hash_wherever_it_came_from(data: Command, tmp_path: Path) -> None:
    copy_official(tmp_path / "elsewhere" / "copy", "cifar10", metrics=("latency",))
    with tarfile.open(tmp_path / "copy.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "elsewhere" / "copy" / "assembled_surrogates", "assembled_surrogates")
    hashes = set()
    for path in ("elsewhere/copy", "elsewhere/copy/assembled_surrogates", "elsewhere", "copy.tar.gz"):
        assert data("import", tmp_path / path, "--name", "copy", "--replace", "--partial").code == 0
        hashes.add(load_surrogates("copy").hash)
    assert len(hashes) == 1
    assert load_surrogates("copy").tasks == ["cifar10"]


@needs_data
def test_runs_on_an_imported_set(official: Source, tmp_path: Path) -> None:
    answer = harness_command(
        "run", "--task", "fashion_mnist", "--setting", "mf", "--seeds", 2, "--surrogates", official.name,
        "--results", tmp_path, "--json",
    )  # fmt: skip
    assert answer.code == 0
    assert json.loads(answer.out)["surrogates"].startswith("official")


@needs_data
def test_the_early_surrogate_answers_queries(data: Command) -> None:
    answer = data("import", EARLY, "--name", "early")
    assert answer.code == 0
    assert "cifar10 lacks test-acc, train-acc, runtime, FLOPS" in answer.err
    assert_predicts(load_surrogates("early"), EARLY / "expected.csv.gz", "cifar10")
    loaded = load_surrogates("early")
    assert set(loaded.constants("cifar10")) == {"latency_p99"}
    assert next(c for c in loaded.columns if c["name"] == "Optimizer")["default"] == "SGD"


@needs_data
def test_a_folder_that_does_not_say_its_task_is_told_so(data: Command, tmp_path: Path) -> None:
    shutil.copytree(EARLY, tmp_path / "early", copy_function=shutil.copyfile)
    answer = data("import", tmp_path / "early")
    assert answer.code == 1
    assert "name one of cifar10, colorectal_histology, fashion_mnist" in answer.err
    assert data("import", tmp_path / "early", "--task", "cifra10").code == 2
    assert data("import", tmp_path / "early", "--task", "cifar10").code == 0


@needs_data
@pytest.mark.parametrize("where", ["one task", "every task"])
def test_a_missing_metric_is_named_and_nothing_is_imported(
    data: Command, home: Path, tmp_path: Path, where: str
) -> None:
    source = copy_official(tmp_path / "some", "cifar10", "fashion_mnist", metrics=("latency", "runtime"))
    if where == "one task":
        shutil.rmtree(source / "assembled_surrogates" / "cifar10" / "runtime")
    answer = data("import", source)
    assert answer.code == 1
    assert "runtime" in answer.err if where == "one task" else "valid-acc" in answer.err
    assert "cifar10" in answer.err
    assert answer.err.count("\n") == 1
    assert not (home / "sets").exists()
    answer = data("import", source, "--partial")
    assert answer.code == 0
    loaded = load_surrogates("some")
    assert loaded.metrics("fashion_mnist") == ["latency", "runtime"]
    assert ("mean_runtime" in loaded.constants("cifar10")) == (where == "every task")


@needs_data
@pytest.mark.parametrize("part", ["params", "label_headers", "model"])
@pytest.mark.parametrize("damage", ["truncated", "missing", "hostile"])
def test_a_bad_file_is_named_and_the_old_set_stays(
    data: Command, home: Path, tmp_path: Path, part: str, damage: str
) -> None:
    source = copy_official(tmp_path / "some", "cifar10", metrics=("runtime",))
    before = SurrogateSet(clockwork_at(home, "some")).hash
    file = source / "assembled_surrogates" / "cifar10" / "runtime" / f"{part}.pkl.gz"
    content = file.read_bytes()
    file.unlink()
    if damage == "truncated":
        file.write_bytes(content[: len(content) // 2])
    elif damage == "hostile":
        file.write_bytes(gzip.compress(b"cos\nsystem\n(S'touch ran'\ntR."))
    answer = data("import", source, "--replace", "--partial")
    assert answer.code == 1
    assert str(file) in answer.err
    assert load_surrogates("some").hash == before
    assert data("verify").code == 0
    assert not Path("ran").exists()


@needs_data
def test_names_are_checked_before_anything_is_read(data: Command, home: Path) -> None:
    clockwork_at(home)
    for name in ("../up", ".hidden", "a b", "a/b", "x" * 65):
        answer = data("import", OFFICIAL, "--name", name)
        assert (answer.code, "is no name" in answer.err) == (2, True)
    answer = data("import", OFFICIAL, "--name", "mine")
    assert (answer.code, "--replace" in answer.err) == (2, True)
    assert [p.name for p in (home / "sets").iterdir()] == ["mine"]


def test_an_embedded_set_cannot_be_shadowed_or_removed(
    data: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded = clockwork_at(tmp_path / "inside", "built-in").parent
    monkeypatch.setattr("harness.sources.shelf.EMBEDDED", embedded)
    answer = data("import", tmp_path, "--name", "built-in", "--replace")
    assert (answer.code, "embedded" in answer.err) == (2, True)
    answer = data("remove", "built-in", "--yes")
    assert (answer.code, "embedded" in answer.err) == (2, True)
    assert (embedded / "built-in" / "manifest.json").exists()


def test_a_folder_without_surrogates_is_told_what_belongs_there(data: Command, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    answer = data("import", tmp_path / "empty")
    assert answer.code == 1
    assert "assembled_surrogates" in answer.err
    assert data("import", tmp_path / "nowhere").code == 2


@pytest.mark.parametrize(
    ("path", "name"),
    [("a/official_format", "official_format"), ("a/my set!/assembled_surrogates", "my-set-"), ("a/.x.tar", "x.tar")],
)
def test_the_default_name_comes_from_the_path(path: str, name: str, tmp_path: Path) -> None:
    assert default_name(tmp_path / path) == name
    (tmp_path / "jahs.tar.gz").touch()
    assert default_name(tmp_path / "jahs.tar.gz") == "jahs"


# Fetch -------------------------------------------------------------------------------------------------------------


def test_the_published_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    archive = ARCHIVES["jahs-1.1.0"]
    monkeypatch.delenv("HARNESS_JAHS_URL", raising=False)
    assert archive.address().startswith(
        "https://ml.informatik.uni-freiburg.de/research-artifacts/jahs_bench_201/v1.1.0/"
    )
    assert len(archive.members) == 3 * 7 * 3


@needs_data
def test_fetch_goes_on_after_a_cut_imports_and_deletes_the_archive(
    data: Command, home: Path, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        source = copy_official(tmp_path / "part", "cifar10", metrics=("runtime", "latency"))
        tar.add(source / "assembled_surrogates", "assembled_surrogates")
    site.body = (tmp_path / "a.tar").read_bytes()
    site.cuts = [300_000, 200_000]
    monkeypatch.setenv("HARNESS_JAHS_URL", site.url)
    answer = data("fetch", "jahs-1.1.0")
    assert (answer.code, "lacks valid-acc" in answer.err) == (1, True)
    answer = data("fetch", "jahs-1.1.0", "--partial")
    assert answer.code == 0
    assert site.asked == [None, "bytes=300000-", "bytes=500000-"]
    assert "jahs-1.1.0" in answer.out
    assert_predicts(load_surrogates("jahs-1.1.0"), OFFICIAL / "expected_cifar10.csv.gz", "cifar10")
    first = load_surrogates("jahs-1.1.0").hash
    status = data("status")
    assert "archive" in status.out
    assert sha(site.body)[:12] in status.out
    again = data("fetch", "jahs-1.1.0")
    assert (again.code, "there already" in again.out) == (0, True)
    assert data("fetch", "jahs-1.1.0", "--replace", "--partial", "--delete-archive").code == 0
    assert len(site.seen) == 3
    assert load_surrogates("jahs-1.1.0").hash == first
    assert sorted(p.name for p in (home / "downloads").glob("[!.]*")) == ["downloads.json"]
    site.body = site.body[:-1]
    refused = data("fetch", "jahs-1.1.0", "--replace")
    assert (refused.code, "--accept-new" in refused.err) == (1, True)
    assert load_surrogates("jahs-1.1.0").hash == first


@needs_data
def test_a_damaged_set_is_fetched_again(
    data: Command, home: Path, site: Site, tmp_path: Path
) -> None:  # fmt: skip
    copy_official(tmp_path / "one", "cifar10", metrics=("latency",))
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        tar.add(tmp_path / "one" / "assembled_surrogates", "assembled_surrogates")
    site.body = (tmp_path / "a.tar").read_bytes()
    assert data("fetch", "jahs-1.1.0", "--url", site.url, "--partial").code == 0
    manifest = home / "sets" / "jahs-1.1.0" / "manifest.json"
    manifest.write_text(manifest.read_text().replace("cifar10", "cifar11"))
    answer = data("fetch", "jahs-1.1.0", "--url", site.url, "--partial")
    assert answer.code == 0
    assert "fetching it again" in answer.err
    assert data("verify", "jahs-1.1.0").code == 0


def test_a_hostile_archive_is_reported_and_leaves_nothing(data: Command, home: Path, site: Site) -> None:
    hostile = gzip.compress(b"cos\nsystem\n(S'touch ran'\ntR.")
    site.body = make_tar(*((name, hostile) for name in sorted(MEMBERS)))
    answer = data("fetch", "jahs-1.1.0", "--url", site.url)
    assert answer.code == 1
    assert "would run code" in answer.err
    assert "jahs-1.1.0.tar:assembled_surrogates" in answer.err
    assert not (home / "sets").exists()
    assert not list((home / "downloads").glob("[!.]*"))
    assert not Path("ran").exists()


def test_an_unfinished_download_is_shown_and_can_be_removed(
    data: Command, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr("harness.sources.obtain.download.ATTEMPTS", 1)
    site.cuts = [30_000]
    answer = data("fetch", "jahs-1.1.0", "--url", site.url)
    assert answer.code == 1
    assert answer.err.count("\n") == 2  # where from, and what happened
    (row,) = map(json.loads, data("status", "--json").out.splitlines()[-1:])
    assert (row["kind"], row["bytes"]) == ("partial", 30_000)
    assert "0.0 MB" in data("remove", "jahs-1.1.0", "--archive", "--yes").out
    assert "no archive" in data("remove", "jahs-1.1.0", "--archive").out


def test_an_unknown_archive_is_a_usage_error(data: Command) -> None:
    answer = data("fetch", "jahs-1.1")
    assert answer.code == 2
    assert "did you mean 'jahs-1.1.0'" in answer.err


# Status, verify, remove --------------------------------------------------------------------------------------------


def test_status_lists_sets_and_marks_the_damaged(data: Command, home: Path) -> None:
    clockwork_at(home, "good")
    (clockwork_at(home, "bad") / "manifest.json").write_text("{")
    (clockwork_at(home, "gone") / "manifest.json").unlink()
    answer = data("status", "--json")
    assert answer.code == 1
    rows = {row["set"]: row for row in map(json.loads, answer.out.splitlines()) if "set" in row}
    assert rows["good"]["hash"] == SurrogateSet(home / "sets" / "good").hash
    assert rows["good"]["tasks"] == sorted(TASKS)
    assert rows["good"]["kind"] == "imported"
    assert (rows["bad"]["kind"], rows["gone"]["kind"]) == ("damaged", "damaged")
    assert "manifest.json" in answer.err
    plain = data("status").out
    assert rows["good"]["hash"][:12] in plain
    assert str(home / "sets" / "good") in plain.replace("\n", "")


@pytest.mark.parametrize("damage", ["a byte", "shorter", "missing", "manifest"])
def test_verify_names_the_damaged_file_and_the_others_stay_usable(data: Command, home: Path, damage: str) -> None:
    good, bad = clockwork_at(home, "good"), clockwork_at(home, "bad")
    write_set(bad, {"cifar10": toy_models(0), "fashion_mnist": clockwork_models()}, dict.fromkeys(TASKS, CONSTANTS))
    assert data("verify").code == 0
    file = bad / ("manifest.json" if damage == "manifest" else "cifar10/latency.bin")
    content = file.read_bytes()
    file.unlink()
    if damage == "a byte":
        file.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    elif damage in ("shorter", "manifest"):
        file.write_bytes(content[:-7])
    answer = data("verify")
    assert answer.code == 1
    assert str(file) in answer.err
    assert "good: intact" in answer.out
    assert data("verify", "good").code == 0
    assert data("verify", "bad").code == 1
    assert SurrogateSet(good).query("cifar10", FULL_ROW, ["runtime"]) == {"runtime": 200.0}


def test_verify_of_an_unknown_set_is_a_usage_error(data: Command, home: Path) -> None:
    clockwork_at(home)
    assert data("verify", "mien").code == 2


def test_remove_deletes_an_imported_set_damaged_or_not(data: Command, home: Path) -> None:
    (clockwork_at(home, "gone") / "manifest.json").unlink()
    clockwork_at(home, "mine")
    for name in ("gone", "mine"):
        assert data("remove", name, "--yes").code == 0
    assert list((home / "sets").iterdir()) == []
    assert data("remove", "mine", "--yes").code == 2


def test_remove_asks_on_a_terminal(data: Command, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = clockwork_at(home)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("click.confirm", lambda _: False)
    assert "Nothing was deleted" in data("remove", "mine").out
    assert path.exists()
    monkeypatch.setattr("click.confirm", lambda _: True)
    assert data("remove", "mine").code == 0
    assert not path.exists()


def test_remove_of_a_link_leaves_what_it_points_to(data: Command, home: Path, tmp_path: Path) -> None:
    elsewhere = clockwork_at(tmp_path / "other")
    (home / "sets").mkdir(parents=True)
    (home / "sets" / "linked").symlink_to(elsewhere)
    assert data("remove", "linked", "--yes").code == 0
    assert (elsewhere / "manifest.json").exists()


def test_show_prints_a_card(data: Command, home: Path) -> None:
    clockwork_at(home)
    answer = data("show", "mine")
    assert answer.code == 0
    for said in ("mine", "made for the tests", "arithmetic", "mean_runtime = 200"):
        assert said in answer.out
    assert json.loads(data("show", "mine", "--json").out)["name"] == "mine"
