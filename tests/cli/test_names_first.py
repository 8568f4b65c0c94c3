"""A name that does not exist is said before a set is asked for, lists are of the suite that was named, and a folder
that cannot be written to is the one that was given.
"""

# ruff: noqa: ARG001 - fixtures that are given, not used

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.sources.models.surrogates import SurrogateSet
from support import made_suite
from support.commands import Answer, in_process
from support.imports import import_table

Inside = Callable[..., Answer]


@pytest.fixture
def inside(toy_set: SurrogateSet, capsys: pytest.CaptureFixture[str]) -> Inside:
    """Runs the command line in this process."""
    return in_process(capsys)


@pytest.fixture
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, toy_set: SurrogateSet) -> Path:
    """A data directory with the set ``toy`` alone."""
    shutil.copytree(toy_set.path, tmp_path / "data" / "sets" / "toy")
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


ON_ABSENT = ("run", "--suite", "nasbench101", "--task", "cifar10", "--setting", "mf")


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (("study", "bootstrap", "--tasks", "nonsense"), "unknown task of suite nasbench101 'nonsense'"),
        (("study", "bootstrap", "--method", "nonsense"), "unknown method of study bootstrap 'nonsense'"),
        (("study", "bootstrap", "--seeds", "nonsense"), "seeds 'nonsense'"),
        ((*ON_ABSENT, "--method", "nonsense"), "unknown method 'nonsense'"),
        ((*ON_ABSENT, "--objective", "nonsense"), "unknown objective 'nonsense'"),
        ((*ON_ABSENT, "--fidelity", "nonsense"), "unknown fidelity 'nonsense'"),
        ((*ON_ABSENT, "--space", "nonsense"), "unknown space 'nonsense'"),
        ((*ON_ABSENT, "--preset", "nonsense"), "unknown preset 'nonsense'"),
        ((*ON_ABSENT, "--seeds", "nonsense"), "seeds 'nonsense'"),
        (ON_ABSENT, "the source nasbench101 is not here yet"),
    ],
)
def test_names_are_checked_before_the_set(
    arguments: tuple[str, ...], wrong: str, inside: Inside, own_data: Path
) -> None:
    answer = inside(*arguments)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(f"harness: {wrong}")


def test_methods_are_listed_that_run_in_the_suite(inside: Inside) -> None:
    every, some = inside("list", "methods").out, inside("list", "methods", "--suite", "nasbench101").out
    assert "hyperband-diagonal" in every
    assert "hyperband-diagonal" not in some  # it needs several fidelities
    assert "random-search" in some


def test_sets_are_listed_that_have_the_tasks_of_the_suite(inside: Inside, own_data: Path, tmp_path: Path) -> None:
    import_table(made_suite.write(tmp_path))
    assert [inside("list", "surrogates", "--suite", s).out.split()[::3] for s in ("toynets", "nasbench101")] == [
        ["toynets"], [],
    ]  # fmt: skip
    listed = inside("list", "surrogates", "--suite", "jahs").out
    assert "lite-1" in listed
    assert "toy " in listed
    assert "toynets" not in listed


@pytest.mark.parametrize("how", ["flipped", "shorter", "missing", "manifest", "no manifest"])
@pytest.mark.parametrize("quick", [True, False])
def test_a_damaged_set_is_listed_as_such(
    how: str, quick: bool, inside: Inside, own_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not quick:
        monkeypatch.setattr("harness.sources.open.QUICK", 0)
    folder = own_data / "sets" / "toy"
    model, manifest = folder / "cifar10" / "latency.bin", folder / "manifest.json"
    content = model.read_bytes()
    if how == "flipped":
        model.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    elif how == "shorter":
        model.write_bytes(content[:-1])
    elif how == "missing":
        model.unlink()
    elif how == "manifest":
        manifest.write_text("{}")
    else:
        manifest.unlink()
    answer = inside("list", "surrogates")
    found = how != "flipped" or quick  # of a large set only sizes are compared
    assert answer.code == (1 if found else 0)
    assert ("damaged" in answer.out) == found
    assert "lite-1" in answer.out


def test_a_folder_that_cannot_be_written_to_is_named_as_given(inside: Inside, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    results = tmp_path / "file" / "results"
    answer = inside("run", "--task", "cifar10", "--setting", "bb", "--surrogates", "toy", "--results", results)
    assert answer.code == 1
    assert answer.err.startswith(f"harness: {results}: it cannot be written")
    assert ".runs" not in answer.err


CONFIG = {
    "LearningRate": 0.1, "WeightDecay": 5e-4, "Activation": "Mish", "TrivialAugment": True,
    "Op1": 0, "Op2": 1, "Op3": 2, "Op4": 3, "Op5": 4, "Op6": 2,
}  # fmt: skip


@pytest.mark.parametrize(
    ("more", "fidelity", "wrong"),
    [
        ({"epoch": 20}, {"epoch": 30}, "--config has epoch = 20 and --fidelity 30; give it once"),
        ({}, {"epochs": 30}, "'epochs' is no column; the nearest is 'epoch'"),
        ({"Epoch": 20}, {}, "'Epoch' is no column; the nearest is 'epoch'"),
        ({"learning_rate": 0.1}, {}, "'learning_rate' is no column; the nearest is 'LearningRate'"),
    ],
)
def test_a_query_that_contradicts_itself_is_refused(
    more: dict[str, object], fidelity: dict[str, object], wrong: str, inside: Inside
) -> None:
    answer = inside("query", "--task", "cifar10", "--surrogates", "toy", "--config", json.dumps(CONFIG | more),
                    "--fidelity", json.dumps(fidelity))  # fmt: skip
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(f"harness: {wrong}")


def test_a_query_may_say_the_same_fidelity_twice(inside: Inside) -> None:
    query = ("query", "--task", "cifar10", "--surrogates", "toy", "--config")
    once = inside(*query, json.dumps(CONFIG | {"epoch": 20}))
    assert inside(*query, json.dumps(CONFIG | {"epoch": 20.0}), "--fidelity", json.dumps({"epoch": 20})) == once
    assert once.code == 0


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("--config", "[" * 50_000), "--config is nested too deeply"),
        (("--config", '{"a": ' * 5_000 + "1" + "}" * 5_000), "--config is nested too deeply"),
        (("--config", "{}", "--fidelity", '{"a":' * 20_000), "--fidelity is nested too deeply"),
        (("--config", '{"LearningRate": 0.1, "LearningRate": 0.2}'), "--config has 'LearningRate' twice"),
        (("--config", "{}", "--fidelity", '{"epoch": 3, "epoch": 3}'), "--fidelity has 'epoch' twice"),
    ],
)
def test_a_configuration_that_contradicts_itself_or_has_no_end_is_refused(
    inside: Inside, words: tuple[str, ...], wrong: str
) -> None:
    answer = inside("query", "--task", "cifar10", *words)
    assert answer.code == 2
    assert wrong in answer.err
    assert answer.err.count("\n") == 1


def test_tables_are_not_replaced_by_those_of_a_folder_that_is_not_there(inside: Inside, tmp_path: Path) -> None:
    kept = tmp_path / "leaderboards" / "lite-1" / "scores.csv"
    kept.parent.mkdir(parents=True)
    kept.write_text("mine\n", encoding="utf-8")
    for more in ((), ("--check",)):
        answer = inside("leaderboard", "render", "--results", tmp_path / "none", "--leaderboards",
                        tmp_path / "leaderboards", *more)  # fmt: skip
        assert answer.code == 2
        assert answer.err == (
            f"harness: there are no records in {tmp_path / 'none'}; make some with: harness leaderboard baselines "
            f"--results {tmp_path / 'none'}\n"
        )
    assert kept.read_text(encoding="utf-8") == "mine\n"
