"""Every source that ships, and one of every kind, passes the conformance suite for sources."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import harness
from harness import registry
from harness.benchmark.source import Source
from harness.errors import HarnessError, SuiteError, SurrogateError, UnknownName, UsageError
from harness.runs.pairing import pair
from harness.runs.runner import run
from harness.sources.live.function import FunctionSource, FunctionTask
from harness.sources.perturbations import Delay, Failure, Noise, Shift
from harness.sources.shelf import EMBEDDED
from harness.testing import SOURCE_CHECKS, Failed, source_conformance
from harness.testing.problems import landscape
from harness.testing.sources import sample
from support import made_suite
from support.imports import import_table

SHIPPED = [harness.load_surrogates(path) for path in sorted(EMBEDDED.iterdir())]


def bowl(row: object) -> dict[str, float] | None:
    """Small at x = 0.3; a whole unit away nothing can be trained."""
    x, epoch = row["x"], row["epoch"]  # type: ignore[index]
    return None if x > 0.9 else {"loss": (x - 0.3) ** 2 + 1.0 / epoch, "seconds": 60.0 * epoch}


COLUMNS = [{"name": "x", "low": 0.0, "high": 1.0}, {"name": "epoch", "levels": [1, 3, 9], "default": 9}]
BOWL = FunctionSource("bowl", {"bowl": FunctionTask(bowl, ("loss", "seconds"), {"mean_runtime": 540.0})}, COLUMNS)


def synthetic() -> Source:
    return landscape(registry.leaderboard("cifar10", "single", "mf"), "smooth", "spread", 24)


@pytest.fixture(scope="module", autouse=True)
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    folder = tmp_path_factory.mktemp("tables")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_DATA", str(folder / "data"))
        yield import_table(made_suite.write(folder))


def table() -> Source:
    return registry.load_surrogates("toynets")


def perturbed() -> Source:
    lite = registry.load_surrogates("lite-1")
    return Noise(Delay(Failure(Shift(lite, {"LearningRate": 0.2, "Op1": 2}), 0.3), spread=0.5), {"valid-acc": 1.0})


def perturbed_table() -> Source:
    return Noise(Failure(registry.load_surrogates("toynets"), 0.3), {"valid": 1.0})


test_sources = source_conformance(*SHIPPED, BOWL, synthetic, table, perturbed, perturbed_table)


@pytest.mark.parametrize("source", SHIPPED, ids=lambda source: source.name)
def test_a_shipped_source_is_asked_by_runs_for_every_leaderboard_it_serves(source: Source) -> None:
    for board in registry.leaderboards_on(source.name).values():
        assert set(board.metrics) <= set(source.metrics(board.task))


class Forgetful(FunctionSource):
    """Answers for many rows what it does not answer for one."""

    def means(self, task, metrics=None):  # type: ignore[no-untyped-def]
        found = super().means(task, metrics)
        plain = found.many
        found.many = lambda rows: plain(rows) + 1e-12  # type: ignore[method-assign]
        return found


def test_the_suite_notices_answers_that_differ_between_one_and_many() -> None:
    task = FunctionTask(bowl, ("loss", "seconds"), {"mean_runtime": 540.0})
    check = next(check for check in SOURCE_CHECKS if check.__name__ == "one_like_many")
    with pytest.raises(Failed, match="row by row it answers otherwise"):
        check(Forgetful("forgetful", {"bowl": task}, COLUMNS))


def test_a_function_tells_which_metric_it_did_not_return() -> None:
    task = FunctionTask(bowl, ("loss", "minutes"), {"mean_runtime": 9.0})
    source = FunctionSource("incomplete", {"bowl": task}, COLUMNS)
    with pytest.raises(SurrogateError, match="returned no 'minutes', but loss, seconds"):
        source.query("bowl", {"x": 0.5})


def test_the_hash_of_a_function_source_follows_its_code_or_its_version() -> None:
    def other(row: object) -> dict[str, float]:  # noqa: ARG001
        return {"loss": 0.0, "seconds": 1.0}

    def made(function: object, version: str = "") -> str:
        task = FunctionTask(function, ("loss", "seconds"), {"mean_runtime": 540.0})  # type: ignore[arg-type]
        return FunctionSource("bowl", {"bowl": task}, COLUMNS, version=version).hash

    assert made(bowl) == BOWL.hash != made(other)
    assert made(bowl, "1") == made(other, "1") != made(bowl, "2")
    with pytest.raises(SurrogateError, match="give FunctionSource a version"):
        made(eval("lambda row: {}"))


def test_noise_is_seen_by_runs_and_not_by_predictions() -> None:
    noisy = Noise(BOWL, {"loss": 0.25})
    frame = sample(BOWL, 400)
    frame = frame[frame.x <= 0.9]
    rows = {str(name): frame[name].to_numpy() for name in frame}
    assert noisy.predict("bowl", frame).equals(BOWL.predict("bowl", frame))
    true = BOWL.means("bowl").many(rows)
    drawn = noisy.oracle("bowl", ["loss", "seconds"], np.random.default_rng(1)).many(rows)
    errors = drawn[:, 0] - true[:, 0]
    assert (drawn[:, 1] == true[:, 1]).all()
    assert abs(errors.mean()) < 4 * 0.25 / np.sqrt(len(errors))
    assert 0.2 < errors.std() < 0.3
    assert noisy.hash != BOWL.hash != Noise(BOWL, {"loss": 0.5}).hash
    with pytest.raises(UsageError, match="must be a standard deviation of at least 0"):
        Noise(BOWL, {"loss": -1.0})


def test_noise_leaves_the_draws_of_a_table_as_they_are(tables: Source) -> None:
    frame = sample(tables, 30)
    rows = {str(name): frame[name].to_numpy() for name in frame}
    plain = tables.oracle("toy", ["seconds", "repeat"], np.random.default_rng(7)).many(rows)
    noisy = Noise(tables, {"valid": 5.0}).oracle("toy", ["seconds", "repeat"], np.random.default_rng(7)).many(rows)
    assert np.array_equal(plain, noisy, equal_nan=True)


def test_a_delay_changes_the_price_alone() -> None:
    slow = Delay(BOWL, factor=2.0, seconds=30.0, price="seconds")
    assert slow.query("bowl", {"x": 0.5, "epoch": 3}) == {
        **BOWL.query("bowl", {"x": 0.5, "epoch": 3}),
        "seconds": 390.0,
    }
    uneven = Delay(BOWL, spread=1.0, price="seconds")
    rows = {"x": np.full(4000, 0.5), "epoch": np.full(4000, 9)}
    drawn = uneven.oracle("bowl", ["seconds"], np.random.default_rng(3)).many(rows)[:, 0]
    mean = uneven.query("bowl", {"x": 0.5})["seconds"]
    assert mean == pytest.approx(540.0 * np.exp(0.5))
    assert drawn.mean() == pytest.approx(mean, rel=0.1)
    with pytest.raises(UsageError, match="a delay needs a factor above 0"):
        Delay(BOWL, factor=0.0)


def test_a_share_of_configurations_fails_at_every_fidelity() -> None:
    failing = Failure(BOWL, 0.25, seed=4)
    frame = sample(BOWL, 2000)
    frame = frame[frame.x <= 0.9]
    lost = failing.predict("bowl", frame)["loss"].isna()
    assert 0.2 < lost.mean() < 0.3
    again = failing.predict("bowl", frame.assign(epoch=1))["loss"].isna()
    assert (lost == again).all()
    assert (failing.predict("bowl", frame[~lost]) == BOWL.predict("bowl", frame[~lost])).all(axis=None)
    with pytest.raises(UsageError, match="the configuration is invalid; it is among the 25% of configurations"):
        failing.query("bowl", frame[lost].iloc[0].to_dict())
    assert (Failure(BOWL, 0.25, seed=5).predict("bowl", frame)["loss"].isna() != lost).any()


def test_a_shift_moves_the_landscape() -> None:
    columns: list[dict[str, Any]] = [
        {"name": "x", "low": 0.0, "high": 1.0}, {"name": "rate", "low": 1e-3, "high": 1.0, "log": True},
        {"name": "op", "levels": ["a", "b", "c"]},
    ]  # fmt: skip

    def seen(row: object) -> dict[str, float]:
        values = dict(row)  # type: ignore[call-overload]
        return {"x": values["x"], "rate": values["rate"], "op": "abc".index(values["op"]), "seconds": 1.0}

    task = FunctionTask(seen, ("x", "rate", "op", "seconds"), {"mean_runtime": 1.0})
    plain = FunctionSource("seen", {"it": task}, columns, version="1")
    moved = Shift(plain, {"x": 0.25, "rate": 1 / 3, "op": 1})
    found = moved.query("it", {"x": 0.5, "rate": 1e-3, "op": "c"})
    assert (found["x"], found["op"]) == (0.75, 0.0)
    assert found["rate"] == pytest.approx(1e-2)
    assert moved.query("it", {"x": 0.9, "rate": 1.0, "op": "a"})["x"] == pytest.approx(0.85)  # reflected at the end
    with pytest.raises(UnknownName, match="unknown column 'y'"):
        Shift(plain, {"y": 0.1})
    with pytest.raises(UsageError, match=r"shifted by a whole number of them, not by 0\.5"):
        Shift(plain, {"op": 0.5})


def test_a_perturbed_source_can_be_run_on_and_leaves_a_record_of_its_own() -> None:
    noisy = Noise(registry.load_surrogates("lite-1"), {"valid-acc": 2.0})
    results = harness.run("cifar10", "bb", "random-search", seeds=2, surrogates=noisy)
    (record,) = results.records
    assert (record.spec.surrogates, record.spec.surrogates_hash) == ("lite-1+noise", noisy.hash)
    twice = harness.run("cifar10", "bb", "random-search", seeds=2, surrogates=noisy, jobs=2)
    assert twice.records[0].table.drop_columns("method_seconds").equals(record.table.drop_columns("method_seconds"))
    board, entry = registry.leaderboard("cifar10", "single", "bb"), registry.method("random-search")
    plain = run(pair(board, noisy.source, entry), 0).columns["valid-acc"]
    assert plain != run(pair(board, noisy, entry), 0).columns["valid-acc"]


def test_a_failing_configuration_is_told_and_costs_nothing() -> None:
    failing = Failure(registry.load_surrogates("lite-1"), 0.5)
    board = registry.leaderboard("cifar10", "single", "bb")
    board = replace(board, failure=dict.fromkeys(board.metrics, 0.0))
    pairing = pair(board, failing, registry.method("random-search"))
    ledger = run(pairing, 0).columns
    free = [start == end for start, end in zip(ledger["start"], ledger["end"], strict=True)]
    assert 0.3 < sum(free) / len(free) < 0.7
    assert all(charge == 0.0 for charge, one in zip(ledger["charge"], free, strict=True) if one)


@pytest.mark.parametrize(
    ("column", "mean", "words"),
    [
        ({"name": "x", "low": 0.0, "high": float("inf")}, 1.0, "x: 0.0 to inf is no range"),
        ({"name": "x", "low": 0, "high": 2**64, "integer": True}, 1.0, "more than 64 bits"),
        ({"name": "x", "levels": [1.0, float("nan")]}, 1.0, "x has the choice nan"),
        ({"name": "x", "levels": []}, 1.0, "one or more values"),
        ({"name": "x"}, 1.0, "'x' has neither levels nor low and high"),
        ({"levels": [1]}, 1.0, "None is no name"),
        (COLUMNS[0], float("inf"), "task bowl: constant mean_runtime = inf must be seconds above 0"),
        (COLUMNS[0], -1.0, "mean_runtime = -1.0 must be seconds above 0"),
        (COLUMNS[0], True, "mean_runtime = True must be seconds above 0"),
    ],
)
def test_a_function_source_of_what_cannot_be_is_refused_by_name(
    column: dict[str, Any], mean: float, words: str
) -> None:
    with pytest.raises(HarnessError, match=words):
        FunctionSource("bowl", {"bowl": FunctionTask(bowl, ("loss", "seconds"), {"mean_runtime": mean})}, [column])


@pytest.mark.parametrize(
    "change",
    [{"budget": float("inf")}, {"budget": float("nan")}, {"budget": 1e300}, {"budget": True}, {"seeds": 0},
     {"seeds": 2**63}, {"workers": 0}, {"workers": 1.5}, {"floor": 0.0}, {"floor": float("nan")}],
)  # fmt: skip
def test_a_leaderboard_of_what_cannot_be_is_refused_by_name(change: dict[str, Any]) -> None:
    board = registry.leaderboard_of("cifar10/single/mf")
    (name,) = change
    with pytest.raises(SuiteError, match=f"leaderboard cifar10/single/mf: {name} = .* must be"):
        replace(board, **change)
