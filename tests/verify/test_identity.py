"""Who made a record, and with what: lies that can be known are findings."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import harness
from harness import registry
from harness.benchmark.methods import MethodEntry
from harness.runs.records import environment
from harness.sources.models.surrogates import SurrogateSet
from harness.verify import reproduce
from harness.verify.api import verify
from harness.verify.entry import examine
from harness.verify.identity import EMPTY, impossible, other_environment
from harness.verify.submissions import Submission, write_submission
from support.forging import Columns, Header, forge
from support.paths import ROOT

MINE = hashlib.sha256(b"mine").hexdigest()
HERE = environment(())
SHIPPED_FILE = hashlib.sha256((ROOT / "optimizers" / "random_search.py").read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def record(toy_set: SurrogateSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("honest")
    harness.run("cifar10", "bb", "random-search", surrogates=toy_set, results=folder)
    return folder / "toy" / "cifar10" / "single" / "bb" / "random-search.parquet"


def spec(**changes: Any) -> Callable[[Columns, Header], None]:
    def change(columns: Columns, header: Header) -> None:
        del columns
        header["spec"] |= changes

    return change


def head(seeds: Any = range(10), platform: Any = None, **versions: Any) -> Callable[..., None]:
    def change(columns: Columns, header: Header) -> None:
        del columns
        for run in header["runs"]:
            if run["seed"] in seeds:
                run["versions"] = {name: v for name, v in {**run["versions"], **versions}.items() if v is not None}
                run["platform"] = platform or run["platform"]

    return change


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (spec(source="0" * 64), "cannot be the SHA-256 of a file with a method"),
        (spec(source="01" * 32), "cannot be the SHA-256 of a file with a method"),
        (spec(source=EMPTY), "cannot be the SHA-256 of a file with a method"),
        (spec(source="x"), "its source 'x' is no SHA-256"),
        (spec(source=MINE.upper()), "is no SHA-256"),
        (spec(source=""), "its source '' is no SHA-256"),
        (spec(source=MINE), "is called 'random-search' like the harness's random-search, but is of a file of its own"),
        (spec(source=MINE, method="Random_Search"), "like the harness's random-search"),
        (spec(source=MINE, method="rand0m-search"), "like the harness's random-search"),
        (spec(source=MINE, method="r\u0430ndom-search"), "may have letters (a to z), digits"),
        (spec(source=MINE, method="mine\u200b"), "may have letters (a to z), digits"),
        (spec(source=MINE, method="mine.X", settings={"\u0430bc": 1}), "its label 'mine.X["),
        (spec(method_path="mine:Search"), "method_path in its spec is 'mine:Search', but the harness's random-se"),
        (spec(preset={"eta": 5}), "preset in its spec is {'eta': 5}, but the harness's random-search has {}"),
        (spec(source=MINE, method="hyper"), "for your own method it is such as"),
        (
            spec(source=MINE, method="mine.X", method_path="optimizers.smac:Smac"),
            "for your own method it is such as",
        ),
        (spec(source=MINE, method="mine.X", method_path="mine.X", preset={"a": 1}), "it has a preset {'a': 1}"),
        (spec(source=MINE, method="aux.X", method_path="aux.X"), "is the name of a device on Windows"),
        (spec(source=SHIPPED_FILE, method="mine.X"), "its file is the harness's own random_search.py"),
        (spec(settings={"axis": "N"}), "a setting 'axis' would be taken for something else in its label"),
        (spec(settings={"from-scratch": 1}), "a setting 'from-scratch' would be taken for something else"),
        (spec(settings={"eta": "3,from-scratch"}), "none of [ ] , ="),
        (spec(settings={"eta": {"deep": 1}}), "setting eta is {'deep': 1}; settings are texts, numbers, true or false"),
        (head(torch="2.0"), "a version of 'torch', which random-search does not use"),
        (
            lambda c, h: (spec(source=MINE, method="m.X", method_path="m.X")(c, h), head(torch="2.0")(c, h))[1],
            "a version of 'torch', which a run of a file of its own does not record",
        ),
        (head(numpy="newest"), "seed 0 says that it ran with 'numpy' 'newest', which is no version"),
        (head(numpy=2), "seed 0 says that it ran with 'numpy' 2, which is no version"),
        (head(numpy="99.1.0"), "'numpy' '99.1.0', far ahead of"),
        (head(numpy="1.0.0"), "'numpy' '1.0.0', but the harness needs 1.26"),
        (head(python="2.7.18"), "'python' '2.7.18', but the harness needs 3.10"),
        (head(python="3.99.1"), "'python' '3.99.1', far ahead of"),
        (head(numpy=None), "seed 0 says no version of numpy"),
        (head(optuna="4.0.0"), "a version of 'optuna', which random-search does not use"),
        (head(platform="a\x1b[2J"), "which is no platform"),
        (head(**{"jahs-harness": "9.0.0"}), "records of another major.minor are not comparable"),
        (head((3,), **{"jahs-harness": "0.1.0.dev1"}), "its seeds are of harness 0.1.0, 0.1.0.dev1"),
    ],
)
def test_a_lie_about_who_and_how_is_a_finding(record: Path, tmp_path: Path, change: Any, expected: str) -> None:
    forged = examine(forge(record, tmp_path / "forged.parquet", change), "forged.parquet")
    found = [str(finding) for finding in forged.findings]
    assert any(expected in text for text in found), found
    assert all(text.isprintable() for text in found)
    assert forged.state == "refused"


def test_the_method_of_ones_own_is_what_it_says(record: Path, tmp_path: Path) -> None:
    forged = forge(
        record, tmp_path / "forged.parquet", spec(source=MINE, method="mine.Search", method_path="mine.Search")
    )
    assert examine(forged, "forged").findings == ()


# What a difference means depends on whether the run had the versions that are here.


LIBRARY = MethodEntry("borrowed", "x:Y", registry.methods()["random-search"].capabilities, libraries=("click",))
OWN = MethodEntry("own.X", "own.X", LIBRARY.capabilities, source=MINE)
SHIPPED = registry.methods()["random-search"]
THERE = environment(("click",))


@pytest.mark.parametrize(
    ("entry", "changes", "excused"),
    [
        (SHIPPED, {"numpy": "1.26.4"}, False),  # our own methods give the same ledger everywhere
        (LIBRARY, {}, False),
        (LIBRARY, {"numpy": "1.26.4"}, True),  # pymoo with another NumPy proposes something else
        (LIBRARY, {"click": "8.1.99"}, True),
        (LIBRARY, {"numpy": "newest"}, False),  # a version that cannot exist excuses nothing
        (LIBRARY, {"numpy": "1.0.0"}, False),
        (LIBRARY, {"numpy": "98.0"}, False),
        (LIBRARY, {"jahs-harness": "0.0.9"}, False),
        (LIBRARY, {"python": HERE["versions"]["python"] + "1"}, False),  # another patch of Python draws the same
        (LIBRARY, {"python": "3.10.1" if HERE["versions"]["python"][:4] != "3.10" else "3.11.1"}, True),
        (OWN, {}, False),
        (OWN, {"numpy": "1.26.4"}, True),
    ],
)
def test_what_excuses_a_difference(entry: MethodEntry, changes: dict[str, str], excused: bool) -> None:
    there = {**THERE, "versions": {**THERE["versions"], **changes}}
    assert bool(other_environment(there, entry)) == excused


def test_another_platform_excuses_a_difference() -> None:
    assert "mips" not in other_environment(THERE, LIBRARY)
    assert "win32-mips (then" not in other_environment({**THERE, "platform": "win32-mips"}, LIBRARY)
    assert "(then win32-mips)" in other_environment({**THERE, "platform": "win32-mips"}, LIBRARY)


@pytest.fixture
def borrowed(record: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], dict[str, Any]]:
    """Reproduces random search's record under a method of a library that does something else."""
    other = registry.methods()["local-search"]
    entry = MethodEntry("borrowed", other.path, SHIPPED.capabilities, libraries=("click",))
    monkeypatch.setattr(registry, "methods", lambda: {"borrowed": entry})

    def call(change: Any) -> dict[str, Any]:
        def both(columns: Columns, header: Header) -> None:
            spec(method="borrowed", method_path=other.path, continuation=header["spec"]["continuation"])(
                columns, header
            )
            head(click=THERE["versions"]["click"])(columns, header)
            change(columns, header)

        return reproduce.reproduce(str(forge(record, tmp_path / "forged.parquet", both)), "forged", 1, None)

    return call


def test_a_reproduction_that_differs_fails(borrowed: Callable[[Any], dict[str, Any]]) -> None:
    answer = borrowed(head())
    assert answer["seeds"] == []
    assert answer["findings"]
    assert answer["notes"] == []


def test_with_other_versions_it_is_not_reproduced_here(borrowed: Callable[[Any], dict[str, Any]]) -> None:
    answer = borrowed(head(click="8.1.98"))
    assert (answer["seeds"], answer["findings"]) == ([], [])
    [note] = answer["notes"]
    assert "is not reproduced here: its ledger differs, but this is click" in note
    assert "(then 8.1.98)" in note


def test_with_versions_that_cannot_exist_it_fails(borrowed: Callable[[Any], dict[str, Any]]) -> None:
    assert borrowed(head(click="999.1"))["findings"]


@pytest.mark.parametrize("version", ["1.26.0", "2.4.6", "2.5.0rc1", "2.5.0.dev0+git1a2b"])
def test_versions_that_can_exist(version: str) -> None:
    assert impossible("numpy", version) == ""


# Names.


def submission(folder: Path, name: str, toy: SurrogateSet) -> None:
    declared = Submission(
        rules="1.0", name=name, version="1", authors=("A",), url="https://example.org", contact="https://example.org",
        licence="MIT", surrogates="toy", surrogates_hash=toy.hash, method="mine.X", axis="", continuation=True,
    )  # fmt: skip
    home = folder / declared.slug
    home.mkdir(parents=True)
    write_submission(home, declared)


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ("Best (one)", "looks like the name of"),
        ("BEST ONE", "looks like the name of"),
        ("Bezt one", ""),
        ("Best 0ne", "looks"),
    ],
)
def test_two_submissions_of_one_name(tmp_path: Path, toy_set: SurrogateSet, other: str, says: str) -> None:
    (tmp_path / "a").mkdir()
    submission(tmp_path / "a", "Best one", toy_set)
    submission(tmp_path / "b", other, toy_set)
    found = [str(f) for f in verify(tmp_path, reproduce=0).findings if "another submission" in str(f)]
    assert len(found) == bool(says)
    assert all(says in text for text in found)


def test_one_name_on_two_sets_is_one_method(tmp_path: Path, toy_set: SurrogateSet) -> None:
    submission(tmp_path / "a", "Best", toy_set)
    submission(tmp_path / "b", "Best", toy_set)
    manifest = tmp_path / "b" / "best" / "submission.toml"
    manifest.write_text(manifest.read_text().replace('surrogates = "toy"', 'surrogates = "lite-1"'))
    assert not [f for f in verify(tmp_path, reproduce=0).findings if "another submission" in str(f)]
