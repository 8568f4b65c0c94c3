"""Tables of trainings: keys, look-ups, draws, what an invalid configuration costs, and the two scores of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import registry
from harness.base.seeding import derive_generator
from harness.benchmark.leaderboard import Leaderboard
from harness.benchmark.method import Observation, Problem, Proposal
from harness.benchmark.space import Configuration
from harness.errors import SpaceError, SurrogateError
from harness.runs import runner
from harness.runs.curves import curves
from harness.runs.pairing import Choices, pair
from harness.runs.records import Record, environment, read, to_table, write
from harness.runs.run import Run
from harness.runs.runner import run
from harness.scores import regret
from harness.scores.again import rescore
from harness.sources.tables.keys import Radix
from harness.sources.tables.table import TableSource
from harness.verify.entry import examine
from support import made_suite
from support.handwritten import handwritten
from support.imports import import_table

LEVELS = st.lists(
    st.one_of(
        st.lists(st.integers(-5, 99), min_size=1, max_size=6, unique=True),
        st.lists(st.text("abcdef", min_size=1), min_size=1, max_size=6, unique=True),
        st.just([False, True]),
        st.lists(st.floats(-1, 1, width=16), min_size=1, max_size=5, unique=True),
    ),
    min_size=1,
    max_size=8,
)


@given(levels=LEVELS, data=st.data())
def test_keys_number_the_combinations_of_levels_without_a_gap(levels: list[list[Any]], data: st.DataObject) -> None:
    radix = Radix([{"name": f"c{i}", "levels": own} for i, own in enumerate(levels)])
    row = {f"c{i}": data.draw(st.sampled_from(own)) for i, own in enumerate(levels)}
    expected = 0
    for i, own in enumerate(levels):
        expected = expected * len(own) + own.index(row[f"c{i}"])
    columns = {name: np.array([value] * 2) for name, value in row.items()}
    assert radix.one(row) == expected < radix.size
    assert radix.many(columns).tolist() == [expected] * 2


def test_a_value_that_is_no_level_is_named() -> None:
    radix = Radix([{"name": "a", "levels": [1, 2]}, {"name": "b", "levels": ["x"]}])
    with pytest.raises(SpaceError, match="b = 'y' is none of its levels: x"):
        radix.one({"a": 1, "b": "y"})
    with pytest.raises(SpaceError, match="b is missing; it takes x"):
        radix.one({"a": 1})
    with pytest.raises(SpaceError, match="a = 3 is none of its levels: 1, 2"):
        radix.many({"a": np.array([1, 3]), "b": np.array(["x", "x"])})
    with pytest.raises(SpaceError, match="more than a table can number"):
        Radix([{"name": f"c{i}", "levels": list(range(1000))} for i in range(7)])


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TableSource]:
    """The suite ``toynets`` in a data directory of its own."""
    folder = tmp_path_factory.mktemp("tables")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_DATA", str(folder / "data"))
        yield import_table(made_suite.write(folder))


def board(setting: str = "bb") -> Leaderboard:
    return registry.leaderboard("toy", "single", setting, of="toynets")


def questions(count: int) -> list[dict[str, Any]]:
    """Uniform random configurations, valid or not, at random fidelities."""
    rng, own = np.random.default_rng(8), board()
    return [own.space.sample(rng) | own.fidelities.sample(rng) for _ in range(count)]


@pytest.mark.slow
def test_every_answer_is_one_of_the_entrys_rows_and_all_of_them_come_up(table: TableSource) -> None:
    frame = made_suite.rows().set_index(["width", "depth", "act", "epochs"]).sort_index()
    names = ["valid", "test", "seconds", "parameters", "repeat"]
    oracle = table.oracle("toy", names, np.random.default_rng(1))
    drawn: dict[tuple[Any, ...], set[float]] = {}
    for row in questions(6000):
        key = (row["width"], row["depth"], row["act"], row["epochs"])
        answer = oracle.one(row)
        if not made_suite.is_valid(*key[:3]):
            assert np.isnan(answer).all()
            continue
        own = frame.loc[key]
        assert answer == own[own.repeat == answer[-1]][names].iloc[0].tolist()
        drawn.setdefault(key, set()).add(answer[-1])
    counts = frame.groupby(level=[0, 1, 2, 3]).size()
    assert {key: len(repeats) for key, repeats in drawn.items()} == counts.to_dict()


def test_one_by_one_or_many_at_once_the_draws_are_the_same(table: TableSource) -> None:
    rows = questions(700)
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    metrics = board().metrics
    single = table.oracle("toy", metrics, np.random.default_rng(3))
    whole = table.oracle("toy", metrics, np.random.default_rng(3))
    parts = [whole.many({n: v[a : a + 100] for n, v in columns.items()}) for a in range(0, 700, 100)]
    np.testing.assert_array_equal(np.array([single.one(row) for row in rows]), np.concatenate(parts))


def test_trials_are_drawn_uniformly(table: TableSource) -> None:
    entry = {"width": 16, "depth": 2, "act": "relu", "epochs": 9}
    trials = int(table.query("toy", entry)["repeat"])
    oracle = table.oracle("toy", ["repeat"], np.random.default_rng(5))
    counts = np.bincount([int(oracle.one(entry)[0]) for _ in range(6000)])
    assert len(counts) == trials
    assert np.abs(counts - 6000 / trials).max() < 5 * np.sqrt(6000 / trials)


def test_predictions_are_means_and_nan_where_there_is_no_entry(table: TableSource) -> None:
    rows = questions(50)
    found = table.predict("toy", pd.DataFrame(rows))
    for row, (_, means) in zip(rows, found.iterrows(), strict=True):
        if made_suite.is_valid(row["width"], row["depth"], row["act"]):
            assert means.to_dict() == table.query("toy", row)
        else:
            assert means.isna().all()


class Scripted:
    """Proposes random configurations, valid or not, at random fidelities, and remembers what it is told and when."""

    def __init__(self, problem: Problem, seed: int, share: float = 0.5) -> None:
        self.problem, self.rng, self.share = problem, np.random.default_rng(seed), share
        self.told: list[Observation] = []
        self.open: list[Configuration] = []

    def ask(self) -> Proposal | None:
        if self.rng.random() < 0.1:
            return None if self.open else self.made(True)
        return self.made(self.rng.random() > self.share)

    def made(self, valid: bool) -> Proposal:
        while True:
            found = self.problem.space.sample(self.rng)
            if made_suite.is_valid(found["width"], found["depth"], found["act"]) == valid:
                break
        fidelity = self.problem.fidelities.sample(self.rng) if self.problem.axes else {}
        self.open.append(found)
        return Proposal(found, fidelity)

    def tell(self, observation: Observation) -> None:
        c = observation.configuration
        assert observation.failed is not made_suite.is_valid(c["width"], c["depth"], c["act"])
        if observation.failed:  # at once, before anything else is asked or told
            assert self.open[-1] == c
            assert observation.cost in (None, 0.0)
        self.open.remove(c)
        self.told.append(observation)


def played(table: TableSource, method: Callable[..., Any], setting: str, workers: int, seed: int) -> tuple[Any, Run]:
    entry = handwritten(method, name="random-search")  # a name that the verifier knows
    pairing = pair(board(setting), table, entry, Choices(workers=workers))
    return pairing.spec, run(pairing, seed)


@settings(max_examples=40)
@given(
    setting=st.sampled_from(["bb", "mf"]), workers=st.integers(1, 5), seed=st.integers(0, 10**6),
    share=st.sampled_from([0.1, 0.5, 0.95]),
)  # fmt: skip
def test_invalid_proposals_cost_nothing_and_change_nothing(
    table: TableSource, setting: str, workers: int, seed: int, share: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    spec, outcome = played(table, lambda p, s: Scripted(p, s, share), setting, workers, seed)
    assert outcome.status == "complete", outcome.reason
    columns = {name: np.array(values) for name, values in outcome.columns.items()}
    failed = columns["repeat"] == -1
    own = board(setting)
    assert failed.tolist() == [
        not made_suite.is_valid(w, d, a)
        for w, d, a in zip(columns["width"], columns["depth"], columns["act"], strict=True)
    ]
    for name in ("price", "credit", "charge"):
        assert not columns[name][failed].any()
    assert (columns["start"] == columns["end"])[failed].all()
    assert not columns["counted"][failed].any()
    assert not columns["repaired"][failed].any()
    assert set(columns["valid"][failed]) <= {table.constants("toy")["failure"]}
    # Without those rows it is a ledger as any other: same clock, same score.
    _, record = kept(spec, own, outcome, tmp_path_factory.mktemp("r"))
    rest = Run(outcome.seed, outcome.status, outcome.stopped, None, None, {
        name: [v for v, f in zip(values, failed, strict=True) if not f] for name, values in outcome.columns.items()
    })  # fmt: skip
    _, shorter = kept(spec, own, rest, tmp_path_factory.mktemp("r"))
    np.testing.assert_array_equal(curves(record).values, curves(shorter).values)


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("setting", ["bb", "mf"])
def test_the_verifier_agrees_about_runs_with_invalid_proposals(
    table: TableSource, setting: str, workers: int, tmp_path: Path
) -> None:
    entry = handwritten(Scripted, name="random-search")
    pairing = pair(board(setting), table, entry, Choices(workers=workers))
    for seed in range(3):
        outcome = run(pairing, seed)
        path, _ = kept(pairing.spec, board(setting), outcome, tmp_path / str(seed))
        wrong = [str(f) for f in examine(path, path.name).findings]
        assert all("it has 1 seeds" in text or "its seeds are" in text for text in wrong), wrong


def kept(spec: Any, own: Leaderboard, outcome: Run, folder: Path) -> tuple[Path, Record]:
    """The record of a run, written and read back."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "record.parquet"
    shipped = replace(spec, method_path="optimizers.random_search:RandomSearch")  # it is played under that name
    write(to_table(own, shipped, outcome, environment(())), path)
    return path, read(path)


def test_a_method_that_proposes_nothing_valid_has_stalled(table: TableSource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "MAX_FAILURES", 50)

    class Hopeless(Scripted):
        def ask(self) -> Proposal:
            return self.made(False)

    _, outcome = played(table, Hopeless, "bb", 2, 0)
    assert (outcome.status, outcome.reason) == (
        "failed",
        "random-search stalled: it made 50 invalid proposals in a row",
    )
    assert len(outcome.columns["trial"]) == 50


def test_a_method_that_gives_up_after_invalid_proposals_has_stalled_too(table: TableSource) -> None:
    class Gone(Scripted):
        def ask(self) -> Proposal | None:
            return None if len(self.told) == 3 else self.made(False)

    _, outcome = played(table, Gone, "bb", 1, 0)
    assert (outcome.status, outcome.stopped) == ("failed", "error")
    assert "it proposed nothing valid, with nothing pending" in str(outcome.reason)


def test_where_a_space_has_nothing_invalid_a_missing_entry_is_an_error_of_the_set(table: TableSource) -> None:
    pairing = pair(board(), table, handwritten(lambda p, s: Scripted(p, s, 1.0)))
    strict = replace(pairing, board=replace(board(), failure={}))
    with pytest.raises(SurrogateError, match=r"the surrogates predict .*nan.*; verify the set"):
        run(strict, 0)


@given(
    rows=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9), st.integers(1, 9)), max_size=12),
    maximize=st.booleans(), times=st.lists(st.integers(0, 10), min_size=1, max_size=4),
)  # fmt: skip
def test_both_scores_are_the_regret_of_the_best_as_told(
    rows: list[tuple[int, int, int]], maximize: bool, times: list[int]
) -> None:
    rows = sorted(rows, key=lambda row: row[2])
    told, report, end = (np.array([float(row[k]) for row in rows]) for k in range(3))
    columns = {"valid": told, "mean": report, "end": end}
    plain = registry.leaderboard("cifar10", "single", "bb")
    own = replace(
        plain,
        objectives=(replace(plain.objectives[0], metric="valid", maximize=maximize),),
        facts={regret.REPORT: "mean"},
    )
    constants = {"best": 9.0, "worst": 0.0} if maximize else {"best": 0.0, "worst": 9.0}
    running = regret.TEST_REGRET.function(columns, own, constants)["value"]
    start = regret.TEST_REGRET.start(own, constants)["value"]
    assert start == 9.0
    first = [start if not (end <= t).any() else float(running[np.flatnonzero(end <= t)[-1]]) for t in times]
    assert rescore(own, columns, constants, times)["value"] == first


def test_the_draws_of_a_run_depend_on_its_seed_and_not_on_the_method(table: TableSource) -> None:
    entry = registry.method("random-search")
    spec = pair(board(), table, entry).spec
    other = pair(board(), table, registry.method("regularized-evolution")).spec
    same = derive_generator("trials", "toynets/toy/single/bb", "toynets", 4).random(5)
    for one in (spec, other):
        np.testing.assert_array_equal(one.draws(4).random(5), same)
    assert spec.draws(5).random() != same[0]
