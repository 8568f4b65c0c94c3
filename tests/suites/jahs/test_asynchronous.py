"""The asynchronous protocol: its leaderboards, the regret, and runs on many simulated workers end to end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import harness
from harness import registry
from harness.benchmark.method import Observation, Proposal
from harness.errors import UnknownName, UsageError
from harness.registry import load_surrogates
from harness.runs.pairing import pair
from harness.runs.results import load_results
from harness.runs.runner import Simulation, run
from harness.runs.summaries import workers_of
from harness.sources.models.surrogates import SurrogateSet
from harness.verify.entry import examine
from optimizers.asha import AsyncHyperband
from protocols.jahs import asynchronous, optimum
from protocols.jahs.space import FULL, SPACE
from support.commands import Answer, harness_command
from support.handwritten import handwritten

WORKERS = (1, 2, 4, 8, 16)


def test_there_is_a_leaderboard_for_every_task_setting_and_number_of_workers() -> None:
    for name, budgets in (("async", (100.0, 50.0, 25.0, 12.5, 6.25)), ("async-fixed", (12.5,) * 5)):
        rules = registry.protocol(name)
        assert rules.workers == WORKERS
        assert len(rules.leaderboards) == 3 * 2 * len(WORKERS)
        found = [registry.leaderboard("cifar10", "single", "mf", under=name, workers=w).budget for w in WORKERS]
        assert tuple(found) == budgets
    board = registry.leaderboard_of("async-w8/cifar10/single/mf")
    assert (board.workers, board.task, board.setting.name, board.score.name) == (8, "cifar10", "mf", "regret")
    assert registry.leaderboard_of(board.id) is board


def test_the_24_leaderboards_are_still_what_the_suite_is_about() -> None:
    assert len(registry.suite().leaderboards) == 24
    assert harness.leaderboards() == list(registry.suite().leaderboards)
    assert registry.order_of("cifar10/single/bb") < registry.order_of("async-w1/cifar10/single/bb")


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        (
            {"under": "async", "workers": 3},
            UsageError,
            "for 1, 2, 4, 8, 16 workers, not 3; choose one with --workers",
        ),
        ({"under": "asynch", "workers": 2}, UnknownName, "unknown protocol 'asynch' .did you mean 'async'"),
    ],
)
def test_what_the_protocol_does_not_have_is_named(
    options: dict[str, object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        registry.leaderboard("cifar10", "single", "mf", **options)  # type: ignore[arg-type]
    with pytest.raises(UnknownName, match="unknown setting of protocol async 'ca'"):
        registry.leaderboard("cifar10", "single", "ca", under="async", workers=2)


def test_regret_is_the_error_less_the_best_known_one() -> None:
    board = registry.leaderboard("cifar10", "single", "bb", under="async", workers=4)
    columns = {"valid-acc": np.array([80.0, 70.0, 92.5]), "test-acc": np.array([79.0, 71.0, 91.0])}
    constants = {"best_error": 6.5}
    assert board.score.start(board, constants) == {"value": 83.5, "test_error": 90.0}
    running = board.score.function(columns, board, constants)
    assert running["value"].tolist() == [13.5, 13.5, 1.0]
    assert running["test_error"].tolist() == [21.0, 21.0, 9.0]


def test_the_best_known_values_are_those_of_real_configurations_and_a_small_search_does_not_beat_them() -> None:
    lite = load_surrogates("lite-1")
    assert lite.hash in optimum.FROZEN, "the set has changed: search it again and freeze what is found"
    for task in lite.tasks:
        error, where = optimum.search(lite, task, starts=20_000, kept=8)
        asked = lite.query(task, {**SPACE.check(where), **FULL}, ["valid-acc"])["valid-acc"]
        assert error == 100.0 - asked
        assert optimum.best_known(lite, task) <= error < optimum.best_known(lite, task) + 1.5


def test_other_sets_are_searched_when_they_are_asked_about(
    toy_set: SurrogateSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optimum, "STARTS", 2000)
    optimum._searched.cache_clear()
    board = registry.leaderboard("cifar10", "single", "bb", under="async", workers=2)
    found = board.constants(toy_set)
    assert found.keys() == {"mean_runtime", "latency_p99", asynchronous.BEST}
    rng = np.random.default_rng(0)
    sampled = [
        100 - toy_set.query("cifar10", {**SPACE.sample(rng), **FULL}, ["valid-acc"])["valid-acc"] for _ in range(500)
    ]
    assert found[asynchronous.BEST] <= min(sampled)


def test_a_run_from_the_command_line_and_its_verification(tmp_path: Path) -> None:
    arguments = ("run", "--protocol", "async", "--workers", "8", "--task", "cifar10", "--setting", "mf",
                 "--method", "hyperband", "--method", "random-search", "--results", tmp_path)  # fmt: skip
    answer = harness_command(*arguments, "--json")
    assert (answer.code, answer.err) == (0, "")
    rows = {row["method"]: row for row in map(json.loads, answer.out.splitlines())}
    assert all(row["leaderboard"] == "async-w8/cifar10/single/mf" for row in rows.values())
    assert 0.3 < rows["hyperband"]["utilisation"] < rows["random-search"]["utilisation"] == pytest.approx(1.0)
    assert rows["random-search"]["idle"] == pytest.approx(0.0, abs=1e-3)
    table = harness_command(*arguments)
    assert "Immediate regret [% points]" in table.out
    assert "after 12.5 mean full evaluations on 8 workers" in table.out
    assert "busy" in table.out
    assert "100.0 %" in table.out
    for record in load_results(tmp_path):
        verdict = examine(record.path, record.path.name)
        assert (verdict.state, verdict.findings) == ("replayed", ())
        summary = next(r for r in load_results(tmp_path).summary() if r["method"] == record.spec.label)
        assert verdict.scores["full"] == pytest.approx(summary["mean"])


def test_the_record_of_another_budget_or_best_value_is_refused(tmp_path: Path) -> None:
    results = harness.run("cifar10", "bb", "random-search", protocol="async", workers=2, seeds=10, results=tmp_path)
    record = next(iter(results))
    assert record.spec.workers == 2
    assert record.spec.variant == ""
    assert record.spec.constants["best_error"] == optimum.best_known(load_surrogates("lite-1"), "cifar10")


def test_the_same_seeds_are_the_same_bytes_on_any_number_of_processes(tmp_path: Path) -> None:
    for jobs in (1, 2):
        harness.run("fashion_mnist", "mf", "hyperband", protocol="async-fixed", workers=4, seeds=4, jobs=jobs,
                    results=tmp_path / str(jobs))  # fmt: skip
    one, two = (load_results(tmp_path / str(jobs)).evaluations().drop(columns="method_seconds") for jobs in (1, 2))
    assert one.equals(two)


def test_utilisation_counts_what_the_budget_cuts_off_up_to_there() -> None:
    results = harness.run("cifar10", "bb", "random-search", protocol="async", workers=16, seeds=3)
    found = workers_of(next(iter(results)))
    assert found["utilisation"] == pytest.approx(1.0)


def test_more_workers_than_a_method_supports_are_refused(toy_set: SurrogateSet) -> None:
    from dataclasses import replace

    from harness.benchmark.method import Capabilities

    entry = replace(registry.method("random-search"), capabilities=Capabilities(workers=4))
    board = registry.leaderboard("cifar10", "single", "bb", under="async", workers=8)
    with pytest.raises(UsageError, match="random-search runs with 1 to 4 workers, not 8"):
        pair(board, toy_set, entry)


def test_entries_of_the_protocol_are_not_submitted(tmp_path: Path, command: Callable[..., Answer]) -> None:
    command("run", "--protocol", "async", "--workers", "2", "--task", "cifar10", "--setting", "bb",
            "--method", "random-search", "--surrogates", "lite-1", "--results", tmp_path / "r")  # fmt: skip
    answer = command("submit", "--name", "N", "--url", "https://example.org", "--contact", "a@example.org", "--author",
                     "A", "--licence", "MIT", "--tuned", "nothing", "--results", tmp_path / "r", "--out",
                     tmp_path / "leaderboards" / "lite-1")  # fmt: skip
    assert answer.code != 0
    assert "takes no entries" in answer.err


def test_suites_and_protocols_are_listed() -> None:
    assert [line.split()[0] for line in harness_command("list", "protocols").out.splitlines()][:3] == [
        "leaderboards", "async", "async-fixed",
    ]  # fmt: skip
    assert harness_command("list", "suites").out.startswith("jahs")


def test_a_figure_of_the_protocol_has_a_name_of_its_own(tmp_path: Path) -> None:
    for workers in (2, 8):
        harness.run(
            "cifar10", "bb", "random-search", protocol="async", workers=workers, seeds=2, results=tmp_path / "r"
        )
    answer = harness_command("plot", "--results", tmp_path / "r", "--out", tmp_path / "p")
    assert answer.code == 0, answer.err
    names = {path.name for path in (tmp_path / "p").iterdir()}
    assert {"lite-1-async-w2-single-bb.png", "lite-1-async-w8-single-bb.png"} <= names


ASYNCHRONOUS = ["async-random-search", "asha-stopping", "asha-promotion", "async-hyperband"]


def ledger(method: str, surrogates: SurrogateSet, workers: int, seed: int = 0) -> dict[str, list[Any]]:
    """The columns of a run on a board of ``async``."""
    entry = registry.method(method)
    board = registry.leaderboard("cifar10", "single", "mf", under="async", workers=workers)
    return run(pair(board, surrogates, entry), seed).columns


@pytest.mark.parametrize("workers", [1, 4, 16])
@pytest.mark.parametrize("method", ASYNCHRONOUS)
def test_work_is_conserved_and_no_worker_does_two_things(toy_set: SurrogateSet, method: str, workers: int) -> None:
    """Who always has something to ask keeps every worker busy from 0 to the budget, with one evaluation at a time."""
    columns = ledger(method, toy_set, workers)
    budget = 100.0 / workers * toy_set.constants("cifar10")["mean_runtime"]
    for worker in range(workers):
        own = [i for i, one in enumerate(columns["worker"]) if one == worker]
        spans = sorted((columns["start"][i], columns["end"][i]) for i in own)
        assert spans[0][0] == 0.0
        assert spans[-1][1] >= budget
        assert all(before[1] == after[0] for before, after in pairwise(spans))


@pytest.mark.parametrize("method", ASYNCHRONOUS)
def test_with_one_worker_the_schedule_is_that_of_a_plain_loop(toy_set: SurrogateSet, method: str) -> None:
    """Ask, evaluate, tell, go on where the method says so: the simulated clock adds nothing to that."""
    entry = registry.method(method)
    board = registry.leaderboard("cifar10", "single", "mf", under="async", workers=1)
    simulation = Simulation(pair(board, toy_set, entry), 0)
    playing = simulation.pairing.make_method(0, simulation.problem)
    predict, now = toy_set.program("cifar10", ["valid-acc", "runtime"]).one, 0.0
    trials: dict[tuple[Any, ...], int] = {}
    done: dict[int, tuple[int, float]] = {}
    rows: list[tuple[dict[str, Any], float]] = []
    asked: Proposal | None = None
    while now < simulation.budget:
        if asked is None:
            given = playing.ask()
            asked = given if isinstance(given, Proposal) else Proposal(given)
        configuration, fidelity = SPACE.check(asked.configuration), {**FULL, **asked.fidelity}
        trial = trials.setdefault(tuple(configuration.values()), len(trials))
        accuracy, price = predict({**configuration, **fidelity})
        depth, paid = done.get(trial, (0, 0.0))
        now += max(price - (paid if 0 < depth < fidelity["epoch"] else 0.0), simulation.ledger._floor)
        rows.append((fidelity, now))
        if now > simulation.budget:
            break
        if fidelity["epoch"] > depth:
            done[trial] = fidelity["epoch"], price
        seen = Observation(trial, configuration, fidelity, (-accuracy,), None)
        playing.tell(seen)
        further = playing.proceed(seen) if entry.capabilities.proceeds and now < simulation.budget else None
        asked = None if further is None else Proposal(configuration, {**fidelity, **further})
    columns = ledger(method, toy_set, 1)
    assert [fidelity["epoch"] for fidelity, _ in rows] == columns["epoch"]
    assert [end for _, end in rows] == columns["end"]


def test_how_long_a_method_thinks_changes_nothing(toy_set: SurrogateSet) -> None:
    class Slow(AsyncHyperband):
        def ask(self) -> Proposal:
            time.sleep(0.0002)
            return super().ask()

    quick = registry.method("async-hyperband")
    board = registry.leaderboard("cifar10", "single", "mf", under="async", workers=8)
    pairing = pair(board, toy_set, quick)
    slow = handwritten(Slow, quick.name, **vars(quick.capabilities))
    one, two = (run(replace(pairing, method=entry), 1).columns for entry in (quick, slow))
    assert {k: v for k, v in one.items() if k != "method_seconds"} == {
        k: v for k, v in two.items() if k != "method_seconds"
    }
