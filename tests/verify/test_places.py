"""What is found where: one manifest at a submission's top, nothing that does not belong, states at their tops."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

import harness
from harness.reports.tables.collect import collect
from harness.sources.models.surrogates import SurrogateSet
from harness.verify.api import save, verify
from harness.verify.folders import find
from harness.verify.states import FILE, read_states
from harness.verify.submissions import FILE as MANIFEST
from harness.verify.submissions import Submission, read_submission, write_submission
from support.forging import Columns, Header, forge

MINE = hashlib.sha256(b"mine").hexdigest()
PLACE = Path("toy/cifar10/single")


@pytest.fixture(scope="module")
def results(toy_set: SurrogateSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("honest")
    for setting in ("bb", "ca"):
        harness.run("cifar10", setting, "random-search", surrogates=toy_set, results=folder)
    harness.run("cifar10", "bb", "local-search", surrogates=toy_set, results=folder)
    return folder


def mine(columns: Columns, header: Header) -> None:
    del columns
    header["spec"] |= {"method": "mine.X", "method_path": "mine.X", "source": MINE}


@pytest.fixture
def home(results: Path, toy_set: SurrogateSet, tmp_path: Path) -> Path:
    """A submission of two records below a folder of leaderboards."""
    declared = Submission(
        rules="1.0", name="Mine", version="1", authors=("A",), url="https://example.org", contact="https://example.org",
        licence="MIT", surrogates="toy", surrogates_hash=toy_set.hash, method="mine.X", axis="", continuation=True,
    )  # fmt: skip
    folder = tmp_path / "leaderboards" / "toy" / "submissions" / "mine"
    folder.mkdir(parents=True)
    write_submission(folder, declared)
    for setting in ("bb", "ca"):
        forge(results / PLACE / setting / "random-search.parquet", folder / PLACE / setting / "mine.X.parquet", mine)
    return folder


def told(path: Path) -> list[str]:
    return [str(finding) for finding in verify(path, reproduce=0).findings]


def test_a_submission_without_a_flaw(home: Path) -> None:
    assert told(home) == []


@pytest.mark.parametrize("below", ["toy", "toy/cifar10/single/bb"])
def test_an_inner_manifest_stands_for_nothing(home: Path, tmp_path: Path, below: str) -> None:
    """It declares the record to be somebody else's; the outer one is what tables show."""
    inner = home / below
    write_submission(inner, Submission(**{**vars(read_submission(home)), "name": "Other", "deterministic": True}))
    for path in (tmp_path, home):
        assert find(path).submissions == (home,)
        assert {target.submission for target in find(path).targets} == {home}
        [finding] = told(path)
        assert f"{below}/{MANIFEST}: a submission holds records" in finding
        assert "one submission.toml stands at its top" in finding
    assert find(home / PLACE / "bb" / "mine.X.parquet").targets[0].submission == home


@pytest.mark.parametrize("name", ["notes.txt", "README.md", "toy/README.md", "toy/x.csv", f"toy/{FILE}"])
def test_a_file_that_does_not_belong(home: Path, tmp_path: Path, name: str) -> None:
    (home / name).write_text("x\n", encoding="utf-8")
    [finding] = told(tmp_path)
    assert f"{name}: a submission holds records, its manifest and nothing else" in finding


def test_two_versions_of_the_harness_in_a_submission(home: Path, tmp_path: Path, results: Path) -> None:
    def older(columns: Columns, header: Header) -> None:
        mine(columns, header)
        for head in header["runs"]:
            head["versions"]["jahs-harness"] = "0.1.0.dev1"

    forge(results / PLACE / "ca" / "random-search.parquet", home / PLACE / "ca" / "mine.X.parquet", older)
    assert any("another record of the submission with 0.1.0" in text for text in told(tmp_path))


def test_states_are_kept_at_the_top_of_each_submission(home: Path, tmp_path: Path, results: Path) -> None:
    other = Path("others") / PLACE / "bb" / "local-search.parquet"
    (tmp_path / other.parent).mkdir(parents=True)
    shutil.copy(results / PLACE / "bb" / "local-search.parquet", tmp_path / other)
    assert set(save(verify(tmp_path, reproduce=0), tmp_path)) == {tmp_path / FILE, home / FILE}
    assert [state.record for state in read_states(tmp_path).values()] == [other.as_posix()]
    assert {state.record for state in read_states(home).values()} == {
        (PLACE / setting / "mine.X.parquet").as_posix() for setting in ("bb", "ca")
    }
    assert told(tmp_path) == []


def test_a_line_about_a_record_elsewhere_is_a_finding(home: Path, tmp_path: Path) -> None:
    save(verify(home, reproduce=0), home)
    other: Any = shutil.copytree(home, tmp_path / "leaderboards" / "toy" / "submissions" / "other")
    for path in Path(other).rglob("*.parquet"):
        path.unlink()
    assert sum("it vouches for" in text for text in told(tmp_path)) == 2


@pytest.mark.parametrize("below", ["more", "toy/cifar10/more", "../other"])
def test_a_link_to_a_folder_is_named_and_not_followed(home: Path, tmp_path: Path, below: str) -> None:
    """Tables would show what lies behind it, if they followed it."""
    (home / below).symlink_to(home / "toy", target_is_directory=True)
    [finding] = told(tmp_path)
    assert "it is a link, which is not followed" in finding


def test_tables_show_nothing_that_lies_behind_a_link(home: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    home.rename(elsewhere)
    home.symlink_to(elsewhere, target_is_directory=True)
    leaderboards = tmp_path / "leaderboards"
    assert any("is a link" in text for text in collect("toy", tmp_path / "none", leaderboards).problems)
    baselines = tmp_path / "baselines"
    baselines.mkdir()
    (baselines / "toy").symlink_to(elsewhere / "toy", target_is_directory=True)
    found = collect("toy", baselines, tmp_path / "none")
    assert found.entries == ()
    assert any("is a link, or lies in one" in text for text in found.problems)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows refuses such names itself")
@pytest.mark.parametrize("folder", ["a\nb", "a\x1b[2J", "a\u202eb", os.fsdecode(b"a\xff")])
def test_a_path_that_no_line_can_hold_is_named(results: Path, tmp_path: Path, folder: str) -> None:
    try:
        shutil.copytree(results, tmp_path / folder)
    except OSError:
        pytest.skip("this system refuses the name itself")
    found = verify(tmp_path, reproduce=0)
    assert found.verdicts == ()
    assert all("its path has control or invisible characters" in str(finding) for finding in found.findings)
    assert found.findings
    assert [state for file in save(found, tmp_path) for state in read_states(file.parent)] == []
