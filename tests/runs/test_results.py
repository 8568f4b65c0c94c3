"""From records to scores (the protocol, "Scores"): closed forms, and a recount of real runs by brute force."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import harness
from harness import registry
from harness.errors import UnknownName, UsageError
from harness.runs import records
from harness.runs.curves import curves
from harness.runs.execution.execute import execute
from harness.runs.pairing import pair
from harness.runs.records import Record
from harness.runs.results import Results, load_results
from harness.runs.run import Run
from harness.runs.summaries import summarise
from harness.sources.models.surrogates import SurrogateSet
from support.handwritten import handwritten
from support.imports import make_jobs

GUESSING = {"cifar10": 90.0, "colorectal_histology": 87.5, "fashion_mnist": 90.0}

Row = tuple[float, float, int, float, bool]
"""(valid-acc, latency, epoch, end, counted) of one evaluation; the test accuracy is valid-acc - 1."""


def record(
    surrogates: SurrogateSet, seeds: Sequence[Sequence[Row]], tmp_path: Path, board_id: str = "cifar10/single/mf"
) -> Record:
    """A record with these evaluations, through the file format."""
    board = registry.leaderboard_of(board_id)
    spec = pair(board, surrogates, handwritten(object)).spec
    path = tmp_path / "made.parquet"
    for seed, rows in enumerate(seeds):
        columns: dict[str, list[Any]] = {}
        for name, parameter in (*board.space.items(), *board.fidelities.items()):
            columns[name] = [board.full.get(name, parameter.at(0.0))] * len(rows)
        accuracy, latency, epoch, end, counted = (list(c) for c in zip(*rows, strict=True)) if rows else ([],) * 5
        columns |= {name: [1.0] * len(rows) for name in board.metrics}
        columns |= {"valid-acc": accuracy, "test-acc": [a - 1 for a in accuracy], "latency": latency, "epoch": epoch}
        columns |= {"trial": list(range(len(rows))), "worker": [0] * len(rows), "repaired": [False] * len(rows)}
        columns |= {name: [1.0] * len(rows) for name in ("price", "credit", "charge", "start", "method_seconds")}
        columns |= {"end": end, "counted": counted}
        outcome = Run(seed, "complete", "budget", None, None, columns)
        part = records.parts_path(path) / f"{seed:06d}.parquet"
        records.write(records.to_table(board, spec, outcome, records.environment(())), part)
    records.merge(path)
    made = records.gather(path)
    assert made is not None
    return made


def values(made: Record, view: str, grid: Sequence[float]) -> list[float]:
    """The first seed's score on a grid in mean full evaluations (200 s each on the clockwork set)."""
    found: list[float] = curves(made, view, grid).values[0].tolist()
    return found


@pytest.mark.parametrize("task", GUESSING)
@pytest.mark.parametrize("view", ["full", "observed"])
def test_before_the_first_evaluation_the_error_is_that_of_guessing(
    clockwork: SurrogateSet, tmp_path: Path, task: str, view: str
) -> None:
    made = record(clockwork, [[(60.0, 1.0, 200, 400.0, True)]], tmp_path, f"{task}/single/mf")
    assert values(made, view, [0.0, 1.0, 1.99, 2.0, 100.0]) == [GUESSING[task]] * 3 + [40.0] * 2
    test_error = curves(made, view, [0.0, 1.99, 2.0]).companions["test_error"][0].tolist()
    assert test_error == [GUESSING[task]] * 2 + [41.0]


def test_a_first_evaluation_worse_than_guessing_is_the_incumbent_all_the_same(
    clockwork: SurrogateSet, tmp_path: Path
) -> None:
    made = record(clockwork, [[(5.0, 1.0, 200, 200.0, True)]], tmp_path)
    assert values(made, "full", [0.0, 1.0]) == [90.0, 95.0]


def test_the_view_full_counts_full_fidelity_and_observed_counts_all(clockwork: SurrogateSet, tmp_path: Path) -> None:
    rows = [
        (70.0, 1.0, 2, 200.0, True),
        (50.0, 1.0, 200, 400.0, True),
        (80.0, 1.0, 199, 600.0, True),
        (60.0, 1.0, 200, 800.0, True),
    ]
    made = record(clockwork, [rows], tmp_path)
    grid = [0, 1, 2, 3, 4]
    assert values(made, "full", grid) == [90.0, 90.0, 50.0, 50.0, 40.0]
    assert values(made, "observed", grid) == [90.0, 30.0, 30.0, 20.0, 20.0]


def test_the_test_error_is_that_of_the_incumbent_not_the_best_one(toy_set: SurrogateSet) -> None:
    results = harness.run("cifar10", "bb", seeds=1, surrogates=toy_set)
    rows, path = results.evaluations(), results.trajectory().set_index("time")
    best = rows[rows["counted"]].sort_values("valid-acc").iloc[-1]
    assert path.loc[100.0, "value"] == 100.0 - best["valid-acc"]
    assert path.loc[100.0, "test_error"] == 100.0 - best["test-acc"]
    assert best["test-acc"] < rows["test-acc"].max()


def test_what_ended_after_the_budget_is_in_no_score(clockwork: SurrogateSet, tmp_path: Path) -> None:
    rows = [(50.0, 1.0, 200, 19_999.0, True), (60.0, 1.0, 200, 20_000.0, True), (99.0, 1.0, 200, 20_000.5, False)]
    made = record(clockwork, [rows], tmp_path)
    for view in ("full", "observed"):
        assert values(made, view, [99.99, 100.0]) == [90.0, 40.0]
        assert values(made, view, [99.995, 100.0]) == [50.0, 40.0]
        assert values(made, view, [1000.0]) == [40.0]


def test_evaluations_are_scored_in_the_order_of_ending_not_of_starting(clockwork: SurrogateSet, tmp_path: Path) -> None:
    rows = [(80.0, 1.0, 200, 600.0, True), (50.0, 1.0, 200, 200.0, True)]
    assert values(record(clockwork, [rows], tmp_path), "full", [0, 1, 2, 3]) == [90.0, 50.0, 50.0, 20.0]


def test_hypervolume_lies_between_nothing_and_everything(clockwork: SurrogateSet, tmp_path: Path) -> None:
    # The clockwork set's latency reference is 10; guessing is right in 10 % (12.5 % on the second task).
    rows = [
        (5.0, 1.0, 200, 200.0, True),  # worse than guessing: nothing
        (55.0, 12.0, 200, 400.0, True),  # slower than the reference: nothing
        (55.0, 5.0, 200, 600.0, True),  # half of the accuracies and half of the latencies
        (100.0, 10.0, 200, 800.0, True),  # exactly at the reference: nothing more
        (100.0, 0.0, 200, 1000.0, True),  # the ideal
    ]
    made = record(clockwork, [rows], tmp_path, "cifar10/multi/mf")
    assert values(made, "full", [0, 1, 2, 3, 4, 5]) == [0.0, 0.0, 0.0, 0.25, 0.25, 1.0]


def test_hypervolume_uses_the_accuracy_of_guessing_of_its_task(clockwork: SurrogateSet, tmp_path: Path) -> None:
    rows = [(56.25, 5.0, 200, 200.0, True)]
    made = record(clockwork, [rows], tmp_path, "colorectal_histology/multi/mf")
    assert values(made, "full", [1]) == [0.25]


accuracies = st.integers(0, 100).map(float)
evaluations = st.tuples(accuracies, st.integers(0, 14).map(float), st.sampled_from([2, 200]), st.integers(1, 20_200))


instants = st.integers(0, 20_000).filter(lambda t: t / 200 * 200 == t)
"""Simulated seconds that are the same again after they were given in mean full evaluations, of 200 seconds here."""


@settings(max_examples=25)
@given(st.lists(evaluations, max_size=12), st.lists(instants, min_size=1, max_size=5).map(sorted))
def test_every_score_is_a_recount_of_what_had_ended(
    clockwork: SurrogateSet, tmp_path_factory: pytest.TempPathFactory, drawn: list[Any], times: list[int]
) -> None:
    rows = [(a, lat, e, float(end), end <= 20_000) for a, lat, e, end in drawn]
    for board_id in ("cifar10/single/mf", "cifar10/multi/mf"):
        made = record(clockwork, [rows], tmp_path_factory.mktemp("recount"), board_id)
        for view in ("full", "observed"):
            scores = values(made, view, [t / 200 for t in times])
            for t, score in zip(times, scores, strict=True):
                ended = [r for r in rows if r[3] <= t and r[4] and (view == "observed" or r[2] == 200)]
                if "single" in board_id:
                    assert score == (min(100.0 - r[0] for r in ended) if ended else 90.0)
                else:
                    assert score == pytest.approx(covered(ended), abs=1e-12)


def covered(rows: list[Row]) -> float:
    """The share of 90 x 10 unit cells (accuracy above guessing, latency below 10) that some evaluation dominates."""
    cells = np.zeros((90, 10), bool)
    for accuracy, latency, *_ in rows:
        if accuracy > 10 and latency < 10:
            cells[: int(accuracy) - 10, int(latency) :] = True
    return float(cells.mean())


@pytest.mark.parametrize("objective", ["single", "multi"])
@pytest.mark.parametrize("setting", ["bb", "mf", "multi-mf"])
def test_trajectories_of_real_runs_never_get_worse(toy_set: SurrogateSet, setting: str, objective: str) -> None:
    results = harness.run("fashion_mnist", setting, seeds=3, objective=objective, surrogates=toy_set)
    for view in ("full", "observed"):
        frame = results.trajectory(view)
        assert len(frame) == 3 * 1001
        assert frame["time"].min() == 0.0
        assert frame["time"].max() == 100.0
        for _, one in frame.groupby("seed"):
            steps = np.diff(one.sort_values("time")["value"])
            first = one["value"].iloc[0]
            if objective == "multi":
                assert first == 0.0
                assert (steps >= 0).all()
                assert one["value"].between(0, 1).all()
                assert one["value"].max() > 0.1
            else:
                assert first == 90.0
                assert (steps <= 0).all()
                assert one["value"].min() < 15.0


def test_observed_is_at_least_as_good_as_full(toy_set: SurrogateSet) -> None:
    results = harness.run("cifar10", "mf", seeds=3, surrogates=toy_set)
    full, observed = (results.trajectory(view)["value"].to_numpy() for view in ("full", "observed"))
    assert (observed <= full).all()
    assert (observed < full).any()


def test_a_summary_is_the_mean_and_the_standard_error_of_the_final_scores(
    clockwork: SurrogateSet, tmp_path: Path
) -> None:
    seeds = [[(a, 1.0, 200, 200.0, True), (90.0, 1.0, 2, 300.0, True)] for a in (50.0, 60.0, 70.0)]
    summary = summarise(record(clockwork, seeds, tmp_path))
    assert summary["seeds"] == 3
    assert (summary["mean"], summary["se"]) == (40.0, pytest.approx(10.0 / math.sqrt(3)))
    assert (summary["observed_mean"], summary["observed_se"]) == (10.0, 0.0)
    assert (summary["evaluations"], summary["repairs"], summary["failed"]) == (6, 0, 0)
    assert summary["test_error"] == 41.0


def test_one_seed_has_no_standard_error(clockwork: SurrogateSet, tmp_path: Path) -> None:
    summary = summarise(record(clockwork, [[(50.0, 1.0, 200, 200.0, True)]], tmp_path))
    assert summary["mean"] == 50.0
    assert math.isnan(summary["se"])


def test_failed_seeds_are_counted_and_never_scored(clockwork: SurrogateSet, tmp_path: Path) -> None:
    method = tmp_path / "sometimes.py"
    method.write_text(
        "import numpy\n"
        "class Sometimes:\n"
        "    def __init__(self, problem, seed):\n"
        "        self.problem, self.rng, self.n = problem, numpy.random.default_rng(0), 0\n"
        "        self.limit = 3 if seed % 2 else 10**9\n"
        "    def ask(self):\n"
        "        self.n += 1\n"
        "        assert self.n <= self.limit\n"
        "        return self.problem.space.sample(self.rng)\n"
        "    def tell(self, observation): pass\n"
    )
    results = harness.run("cifar10", "bb", f"{method}:Sometimes", seeds=8, surrogates=clockwork)
    (summary,) = results.summary()
    (made,) = results
    failed = [seed for seed, head in made.runs.items() if head["status"] == "failed"]
    assert 0 < len(failed) < 8
    assert (summary["failed"], summary["seeds"]) == (len(failed), 8 - len(failed))
    assert set(results.trajectory()["seed"]).isdisjoint(failed)
    assert set(results.evaluations()["seed"]) == set(range(8))
    assert summary["evaluations"] == 100 * summary["seeds"]
    assert summary["se"] == 0.0  # all that finished are alike


def test_an_entry_without_a_complete_seed_has_no_score(clockwork: SurrogateSet, tmp_path: Path) -> None:
    method = tmp_path / "never.py"
    method.write_text("class Never:\n    def __init__(self, problem, seed): 1 / 0\n    def ask(self): pass\n"
                      "    def tell(self, observation): pass\n")  # fmt: skip
    results = harness.run("cifar10", "bb", f"{method}:Never", seeds=2, surrogates=clockwork)
    (summary,) = results.summary()
    assert (summary["seeds"], summary["failed"], summary["evaluations"]) == (0, 2, 0)
    assert all(math.isnan(summary[k]) for k in ("mean", "se", "observed_mean", "observed_se"))
    assert len(results.trajectory()) == 0


def test_a_run_that_evaluated_nothing_scores_as_guessing(clockwork: SurrogateSet, tmp_path: Path) -> None:
    made = record(clockwork, [[]], tmp_path)
    assert values(made, "full", [0.0, 100.0]) == [90.0, 90.0]
    assert summarise(made)["evaluations"] == 0


def test_the_frames_name_their_columns(toy_set: SurrogateSet) -> None:
    results = harness.run("cifar10", "mf", seeds=2, surrogates=toy_set)
    trajectory, rows = results.trajectory(), results.evaluations()
    assert list(trajectory.columns) == [
        "leaderboard", "surrogates", "method", "view", "seed", "time", "value", "maximize", "test_error",
    ]  # fmt: skip
    assert list(rows.columns[:5]) == ["leaderboard", "surrogates", "method", "seed", "trial"]
    assert set(rows["leaderboard"]) == {"cifar10/single/mf"}
    assert set(rows["method"]) == {"hyperband"}
    assert set(rows["surrogates"]) == {"toy"}
    assert set(rows["seed"]) == {0, 1}


def test_a_time_beyond_all_numbers_is_after_the_end(toy_set: SurrogateSet) -> None:
    frame = harness.run("cifar10", "bb", seeds=1, surrogates=toy_set).trajectory(grid=[100, 1e308])
    assert frame["value"].nunique() == 1


def test_a_grid_of_ones_own(toy_set: SurrogateSet) -> None:
    frame = harness.run("cifar10", "bb", seeds=1, surrogates=toy_set).trajectory(grid=[0, 50, 100])
    assert frame["time"].tolist() == [0.0, 50.0, 100.0]


def test_an_unknown_view_is_named(toy_set: SurrogateSet) -> None:
    results = harness.run("cifar10", "bb", seeds=1, surrogates=toy_set)
    with pytest.raises(UnknownName, match="did you mean 'observed'"):
        results.trajectory("observd")


def test_no_results_are_empty_frames() -> None:
    empty = Results(())
    assert isinstance(empty.trajectory(), pd.DataFrame)
    assert empty.summary() == []


def test_records_of_a_set_that_changed_since_are_refused_with_both_hashes(data_directory: Path, tmp_path: Path) -> None:
    from support.made_sets import clockwork_models, write_set

    path = data_directory / "sets" / "moving"
    write_set(path, {"cifar10": clockwork_models()}, {"cifar10": {"mean_runtime": 200.0, "latency_p99": 10.0}})
    old = SurrogateSet(path)
    execute(make_jobs(old, "cifar10", "bb", seeds=1), tmp_path)
    write_set(path, {"cifar10": clockwork_models()}, {"cifar10": {"mean_runtime": 100.0, "latency_p99": 10.0}})
    new = SurrogateSet(path)
    loaded = load_results(tmp_path)
    assert loaded.records == ()
    assert old.hash[:12] in str(loaded.errors[0])
    assert new.hash[:12] in str(loaded.errors[0])


def test_a_set_loaded_from_a_folder_of_its_own_can_be_scored(tmp_path: Path) -> None:
    from support.made_sets import clockwork_models, write_set

    constants = {"cifar10": {"mean_runtime": 200.0, "latency_p99": 10.0}}
    write_set(tmp_path / "elsewhere", {"cifar10": clockwork_models()}, constants)
    results = harness.run("cifar10", "bb", seeds=1, surrogates=SurrogateSet(tmp_path / "elsewhere"))
    assert results.summary()[0]["seeds"] == 1


@pytest.mark.parametrize(
    "grid",
    [[float("nan"), 1.0], [0.0, float("inf")], [-1.0, 1.0], [2.0, 1.0], [], [[0.0, 1.0]], "12", ["a"], 5],
)
def test_a_grid_that_is_none_is_refused(grid: Any, toy_set: SurrogateSet) -> None:
    results = harness.run("cifar10", "bb", seeds=1, surrogates=toy_set)
    with pytest.raises(UsageError, match="grid"):
        results.trajectory(grid=grid)


@pytest.mark.parametrize("grid", [[0, 50, 100], np.array([0.0, 50.0, 100.0]), range(0, 101, 50)])
def test_a_grid_is_whatever_gives_times(grid: Any, toy_set: SurrogateSet) -> None:
    results = harness.run("cifar10", "bb", seeds=1, surrogates=toy_set)
    assert results.trajectory(grid=grid)["time"].tolist() == [0.0, 50.0, 100.0]
    assert results.trajectory(grid=iter(grid))["time"].tolist() == [0.0, 50.0, 100.0]
