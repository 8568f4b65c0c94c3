"""Runs that another program drives: the same ledger as a method's run, and a record that says who drove it."""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import hashlib
import json
import os
import pickle
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

import harness
from harness import registry
from harness.benchmark.method import Observation, Proposal
from harness.errors import BudgetExhausted, UsageError
from harness.runs.pairing import Choices, pair
from harness.runs.records import HEADER, MEASURED
from harness.runs.runner import run
from harness.sources.models.surrogates import SurrogateSet
from harness.verify.api import verify
from harness.verify.identity import method_problems

DRIVEN = "driven from outside"


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    gc.collect()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
    assert set(threading.enumerate()) <= before


def columns(results: harness.Results) -> dict[str, list[Any]]:
    (record,) = results
    found: dict[str, list[Any]] = record.table.drop_columns([MEASURED]).to_pydict()
    return found


def of_method(name: str, source: SurrogateSet, setting: str, objective: str = "single", workers: int = 1) -> Any:
    """The ledger of a method's run of seed 3, and its proposals."""
    board = registry.leaderboard("cifar10", objective, setting)
    pairing = pair(board, source, registry.method(name), Choices(workers=workers))
    outcome = run(pairing, 3).columns
    rows = [dict(zip(outcome, row, strict=True)) for row in zip(*outcome.values(), strict=True)]
    proposals = [
        Proposal({name: row[name] for name in board.space}, {name: row[name] for name in board.fidelities})
        for row in rows
    ]
    return outcome, proposals


@pytest.mark.parametrize(
    ("method", "setting", "objective"),
    [
        ("random-search", "bb", "single"),
        ("random-search", "ca", "multi"),
        ("hyperband", "mf", "single"),
        ("hyperband-diagonal", "multi-mf", "multi"),
    ],
)
def test_the_ledger_is_that_of_a_method_with_the_same_proposals(
    toy_set: SurrogateSet, method: str, setting: str, objective: str
) -> None:
    wanted, proposals = of_method(method, toy_set, setting, objective)
    seen: list[Observation] = []
    with harness.objective("cifar10", setting, seed=3, objective=objective, surrogates="toy") as driven:
        with contextlib.suppress(BudgetExhausted):
            for proposal in [*proposals, *proposals]:
                seen.append(driven(proposal))
        with pytest.raises(BudgetExhausted, match="the budget is spent"):
            driven(proposals[0])
        assert driven.over
    found = columns(driven.finish())
    assert len(seen) in (len(proposals), len(proposals) - 1), "the last may end after the budget"
    for name, values in wanted.items():
        if name != MEASURED:
            assert found[name] == [v.item() if isinstance(v, np.generic) else v for v in values], name


def test_a_batch_runs_on_all_workers(toy_set: SurrogateSet) -> None:
    assert toy_set.name == "toy"
    rng = np.random.default_rng(1)
    with harness.objective("cifar10", "mf", surrogates="toy", workers=3) as driven:
        batch = [Proposal(driven.problem.space.sample(rng), {"epoch": epoch}) for epoch in (200, 1, 50, 2, 9)]
        seen = driven.batch(batch)
        assert driven.batch([]) == []
    assert [observation.fidelity["epoch"] for observation in seen] == [200, 1, 50, 2, 9]
    assert [observation.configuration["Op1"] for observation in seen] == [p.configuration["Op1"] for p in batch]
    found = columns(driven.finish())
    assert found["start"][:3] == [0.0, 0.0, 0.0]
    assert set(found["worker"]) == {0, 1, 2}
    assert min(found["start"][3:]) == min(found["end"][:3])


def test_a_higher_fidelity_continues_and_costs_the_difference(toy_set: SurrogateSet) -> None:
    for from_scratch in (False, True):
        with harness.objective("cifar10", "mf", surrogates=toy_set, from_scratch=from_scratch) as driven:
            configuration = driven.problem.space.sample(np.random.default_rng(0))
            costs = [driven(configuration, {"epoch": epoch}).cost for epoch in (10, 200)]
        found = columns(driven.finish())
        assert found["charge"] == costs
        assert found["credit"][1] == (0.0 if from_scratch else found["price"][0])


@pytest.mark.parametrize(
    ("configuration", "fidelity", "reason"),
    [
        ({"LearningRate": 5.0}, None, r"mine proposed an illegal evaluation: LearningRate = 5.0 is outside"),
        ({}, {"N": 1}, r"mine proposed N = 1, but may vary epoch in setting mf"),
        ({}, {"epoch": 900}, r"mine proposed an illegal evaluation: epoch = 900"),
    ],
)
def test_an_illegal_evaluation_fails_the_run_as_a_methods_does(
    toy_set: SurrogateSet, configuration: dict[str, Any], fidelity: dict[str, Any] | None, reason: str
) -> None:
    driven = harness.objective("cifar10", "mf", name="mine", surrogates=toy_set)
    good = driven.problem.space.sample(np.random.default_rng(0))
    driven(good)
    for _ in range(2):
        with pytest.raises(UsageError, match=f"the run has failed: {reason}"):
            driven({**good, **configuration}, fidelity)
    (record,) = driven.finish()
    assert record.runs[0]["status"] == "failed"
    assert len(record.table) == 1


def test_a_program_that_stops_early_has_a_complete_run(toy_set: SurrogateSet) -> None:
    driven = harness.objective("cifar10", "bb", surrogates=toy_set)
    driven(driven.problem.space.sample(np.random.default_rng(0)))
    results = driven.finish()
    assert driven.finish().records[0] is results.records[0]
    (record,) = results
    assert (record.runs[0]["status"], record.runs[0]["stopped"]) == ("complete", "method")
    with pytest.raises(BudgetExhausted, match="the run was finished"):
        driven(driven.problem.space.sample(np.random.default_rng(0)))


def test_the_block_ends_quietly_with_the_budget(toy_set: SurrogateSet) -> None:
    rng = np.random.default_rng(0)
    with harness.objective("cifar10", "bb", surrogates=toy_set) as driven:
        while True:
            driven(driven.problem.space.sample(rng))
    (record,) = driven.finish()
    assert (record.runs[0]["status"], record.runs[0]["stopped"]) == ("complete", "budget")


def test_an_exception_of_the_program_fails_the_run_as_a_methods_does(toy_set: SurrogateSet, tmp_path: Path) -> None:
    def program() -> None:
        with harness.objective("cifar10", "bb", name="mine", surrogates=toy_set, results=tmp_path) as driven:
            driven(driven.problem.space.sample(np.random.default_rng(0)))
            raise ZeroDivisionError("division by zero")

    with pytest.raises(ZeroDivisionError):
        program()
    (record,) = harness.load_results(tmp_path)
    assert (record.runs[0]["status"], record.runs[0]["reason"]) == (
        "failed", "mine raised ZeroDivisionError: division by zero"
    )  # fmt: skip
    assert len(record.table) == 1


def test_nothing_is_recorded_after_an_interruption(toy_set: SurrogateSet, tmp_path: Path) -> None:
    def program() -> None:
        with harness.objective("cifar10", "bb", surrogates=toy_set, results=tmp_path) as driven:
            driven(driven.problem.space.sample(np.random.default_rng(0)))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        program()
    assert not list(tmp_path.rglob("*.parquet"))


def test_an_objective_that_nobody_finishes_leaves_no_thread(toy_set: SurrogateSet) -> None:
    driven = harness.objective("cifar10", "bb", surrogates=toy_set)
    driven(driven.problem.space.sample(np.random.default_rng(0)))
    del driven  # the fixture waits for its thread


def ten_seeds(folder: Path, source: SurrogateSet) -> Path:
    for seed in range(10):
        rng = np.random.default_rng(seed)
        with harness.objective("cifar10", "bb", seed=seed, name="mine", surrogates=source, results=folder) as driven:
            for _ in range(5):
                driven(driven.problem.space.sample(rng))
    return folder / "toy/cifar10/single/bb/mine.parquet"


def test_the_record_is_replayed_and_says_that_it_cannot_be_reproduced(toy_set: SurrogateSet, tmp_path: Path) -> None:
    path = ten_seeds(tmp_path, toy_set)
    assert path.is_file()
    assert not path.with_name("mine.parts").exists()
    (checked,) = verify(tmp_path, reproduce=2).verdicts
    assert not checked.findings
    assert list(checked.notes) == [
        "it was driven from outside, by a program that the harness does not have: replayed only"
    ]
    (record,) = harness.load_results(tmp_path)
    assert record.spec.driven
    assert sorted(record.runs) == list(range(10))


def test_the_header_has_the_fields_of_any_other(toy_set: SurrogateSet, tmp_path: Path) -> None:
    path = ten_seeds(tmp_path, toy_set)
    header = json.loads(pq.read_schema(path).metadata[HEADER])
    assert header["spec"].keys() == {field.name for field in dataclasses.fields(registry_spec(toy_set))}
    assert header["spec"]["method_path"] == DRIVEN
    assert header["spec"]["method"] == "mine"


def test_a_record_that_half_says_so_is_refused(toy_set: SurrogateSet) -> None:
    with harness.objective("cifar10", "bb", name="mine", surrogates=toy_set) as driven:
        driven(driven.problem.space.sample(np.random.default_rng(0)))
    spec = driven.finish().records[0].spec
    assert not list(method_problems(spec))
    changes: list[dict[str, Any]] = [{"method_path": "mine"}, {"source": hashlib.sha256(b"a file").hexdigest()}]
    for change in changes:
        (problem,) = method_problems(dataclasses.replace(spec, **change))
        assert problem.startswith("only one of method_path and source in its spec says that it was driven from outside")


def registry_spec(source: SurrogateSet) -> Any:
    return pair(registry.leaderboard("cifar10", "single", "bb"), source, registry.method("random-search")).spec


def test_a_seed_is_not_run_twice_unless_wanted(toy_set: SurrogateSet, tmp_path: Path) -> None:
    for rerun in (False, True):
        with harness.objective("cifar10", "bb", surrogates=toy_set, results=tmp_path, rerun=rerun) as driven:
            for _ in range(1 + rerun):
                driven(driven.problem.space.sample(np.random.default_rng(0)))
    (record,) = harness.load_results(tmp_path)
    assert len(record.table) == 2
    with pytest.raises(UsageError, match=r"seed 0 has a record in .*; choose another seed, or rerun=True"):
        harness.objective("cifar10", "bb", surrogates=toy_set, results=tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "hyperband"}, "name = 'hyperband' must be of letters, .*, and no method's"),
        ({"name": "a b"}, "name = 'a b' must be of letters"),
        ({"seed": -1}, "seed = -1 must be a whole number from 0 on"),
        ({"seed": 1.5}, "seed = 1.5 must be a whole number"),
        ({"setting": "bbb"}, "unknown setting 'bbb'"),
        ({"fidelity": "N"}, "a fidelity axis is declared in setting mf only"),
    ],
)
def test_wrong_choices_are_told_in_a_sentence(toy_set: SurrogateSet, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        harness.objective("cifar10", **{"setting": "bb", "surrogates": toy_set, **options})


def test_the_objective_stays_in_its_process(toy_set: SurrogateSet) -> None:
    with harness.objective("cifar10", "bb", surrogates=toy_set) as driven:
        with pytest.raises(TypeError, match="an objective stays in its process"):
            pickle.dumps(driven)
        driven._process += 1
        with pytest.raises(UsageError, match="called in another process"):
            driven({})
        driven._process -= 1


def test_the_working_folder_stays_what_the_program_makes_it(
    toy_set: SurrogateSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    driven = harness.objective("cifar10", "bb", surrogates=toy_set)
    (tmp_path / "there").mkdir()
    os.chdir("there")
    driven.finish()
    assert Path.cwd() == tmp_path / "there"
