"""DataFrames of scores over time become arrays, and what must not mix is told apart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

import harness
from harness import Results, registry
from harness.errors import MixedScores, TooFewSeeds, UnknownName, UsageError
from harness.sources.models.surrogates import SurrogateSet
from harness.statistics import (
    Scores,
    attainment_surfaces,
    blocks,
    finals,
    outcomes,
    scores,
    separated,
    shared_methods,
)

ROWS = [
    # method, seed, time, value
    ("slow", 1, 0.0, 90.0), ("slow", 1, 4.0, 20.0),
    ("slow", 0, 0.0, 90.0), ("slow", 0, 2.0, 30.0),
    ("fast", 1, 0.0, 90.0), ("fast", 1, 1.0, 10.0), ("fast", 7, 0.0, 90.0),
]  # fmt: skip


def frame(*rows: Any, task: str = "toy", **columns: Any) -> pd.DataFrame:
    table = pd.DataFrame(rows or ROWS, columns=["method", "seed", "time", "value"])
    made: pd.DataFrame = table.assign(task=task, **columns)
    return made


def board(table: pd.DataFrame, **options: Any) -> Scores:
    (found,) = scores(table, maximize=False, **options).values()
    return found


@pytest.fixture(scope="module")
def toy_results(toy_set: SurrogateSet) -> Results:
    """Three seeds of random search on one leaderboard of each objective."""
    single, multi = (
        harness.run("cifar10", "bb", "random-search", objective=objective, seeds=3, surrogates=toy_set)
        for objective in ("single", "multi")
    )
    return Results((*single, *multi))


def test_runs_are_step_functions_on_all_their_times() -> None:
    found = board(frame())
    assert found.grid.tolist() == [0.0, 1.0, 2.0, 4.0]
    assert found.methods == ("slow", "fast")
    assert found.seeds == {"slow": (0, 1), "fast": (1, 7)}
    assert found.of("slow").tolist() == [[90.0, 90.0, 30.0, 30.0], [90.0, 90.0, 90.0, 20.0]]
    assert found.of("fast").tolist() == [[90.0, 10.0, 10.0, 10.0], [90.0] * 4]
    assert (found.leaderboard, found.surrogates, found.view) == ("toy", "", "")


def test_a_grid_of_ones_own() -> None:
    assert board(frame(), grid=[0.5, 3.0]).of("slow").tolist() == [[90.0, 30.0], [90.0, 90.0]]


def test_the_order_of_rows_does_not_matter() -> None:
    one, two = board(frame()), board(frame(*ROWS[::-1]))
    assert all((one.of(method) == two.of(method)).all() for method in one.methods)


def test_pairing_keeps_the_seeds_that_all_have() -> None:
    found = board(frame())
    assert found.shared_seeds() == (1,)
    assert found.paired(["fast", "slow"]).tolist() == [[[90.0, 10.0, 10.0, 10.0]], [[90.0, 90.0, 90.0, 20.0]]]
    assert [final.tolist() for final in finals([found], ["slow", "fast"])] == [[[20.0], [10.0]]]
    with pytest.raises(UnknownName, match="did you mean 'fast'"):
        found.paired(["fst"])


def test_methods_without_a_common_seed_cannot_be_paired() -> None:
    table = frame(("a", 0, 0.0, 1.0), ("b", 1, 0.0, 1.0))
    with pytest.raises(TooFewSeeds, match="pairing methods by seed on toy"):
        board(table).paired()


def test_surrogate_sets_never_mix() -> None:
    both = pd.concat([frame(surrogates="s-1"), frame(surrogates="s-2").assign(value=1.0)])
    with pytest.raises(MixedScores, match=r"different sources are never averaged \(s-1, s-2\)"):
        scores(both, maximize=False)
    parts = separated(both)
    assert list(parts) == ["s-1", "s-2"]
    assert [board(part).surrogates for part in parts.values()] == ["s-1", "s-2"]
    assert board(parts["s-2"]).of("slow").max() == 1.0
    assert list(separated(frame())) == [""]


def test_views_never_mix() -> None:
    with pytest.raises(MixedScores, match="view"):
        scores(pd.concat([frame(view="full"), frame(view="observed")]), maximize=False)


def test_the_same_run_twice_is_one_run() -> None:
    assert board(pd.concat([frame(), frame()])).seeds == board(frame()).seeds


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (frame().drop(columns="seed"), "missing: seed"),
        (frame(*ROWS, ("slow", 0, 2.0, 31.0)), "slow has two values at one time for seed 0 on toy"),
        (frame(*ROWS, ("fast", 1, 1.0, 9.0)), "fast has two values at one time for seed 1 on toy"),
        (frame(("slow", 0, 1.0, 3.0), ("fast", 0, 0.0, 3.0)), "slow on toy has no score at time 0 for seed 0"),
        (frame(("slow", 0, 1.0, float("nan"))), "complete and finite"),
        (frame(("slow", 0, 1.0, float("inf"))), "complete and finite"),
        (frame(("slow", None, 1.0, 1.0)), "complete and finite"),
        (frame(("slow", 0, float("inf"), 1.0)), "finite times"),
    ],
)
def test_what_cannot_be_an_array_is_refused(table: pd.DataFrame, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        scores(table, maximize=False)


def test_an_empty_frame_says_what_fills_one() -> None:
    for empty in (pd.DataFrame(), Results(()).trajectory()):
        with pytest.raises(UsageError, match="fill a results folder with: harness run --task cifar10 --setting mf"):
            scores(empty)


def test_two_contents_of_one_sets_name_never_mix(toy_set: SurrogateSet) -> None:
    """Seeds of one content and of the other would else become one average."""
    first = harness.run("cifar10", "bb", seeds="0-2", surrogates=toy_set).records
    rest = harness.run("cifar10", "bb", seeds="3-5", surrogates=toy_set).records
    old = [replace(r, spec=replace(r.spec, surrogates_hash="ab" * 32)) for r in rest]
    mixed = Results((*first, *old))
    assert set(mixed.evaluations()["surrogates"]) == {f"toy-{toy_set.hash[:8]}", "toy-abababab"}
    frame = mixed.trajectory(grid=range(0, 101, 10))
    with pytest.raises(MixedScores, match="toy-abababab"):
        scores(frame)
    parts = {name: scores(rows)["cifar10/single/bb"].seeds for name, rows in separated(frame).items()}
    assert parts == {
        f"toy-{toy_set.hash[:8]}": {"random-search": (0, 1, 2)}, "toy-abababab": {"random-search": (3, 4, 5)},
    }  # fmt: skip
    assert set(Results(first).trajectory()["surrogates"]) == {"toy"}


def test_a_leaderboard_declares_its_direction_and_others_must_say_theirs(toy_results: Results) -> None:
    found = scores(toy_results.trajectory())
    assert {name: one.maximize for name, one in found.items()} == {"cifar10/single/bb": False, "cifar10/multi/bb": True}
    assert scores(frame(maximize=True))["toy"].maximize
    for undeclared in (frame(), pd.concat([frame(maximize=True), frame(maximize=False)])):
        with pytest.raises(UsageError, match="which direction is better with maximize="):
            scores(undeclared)


def test_a_results_folder(toy_results: Results) -> None:
    found = scores(toy_results.trajectory())["cifar10/single/bb"]
    assert (found.surrogates, found.view, found.seeds) == ("toy", "full", {"random-search": (0, 1, 2)})
    assert found.of("random-search").shape == (3, 1001)
    assert found.grid[-1] == 100.0
    final = next(row for row in toy_results.summary() if row["leaderboard"] == "cifar10/single/bb")
    assert found.of("random-search")[:, -1].mean() == pytest.approx(final["mean"])


def two_boards() -> tuple[Scores, Scores]:
    rows = [(m, s, 0.0, 10.0 * s + len(m)) for m in ("a", "bb") for s in (1, 0)]
    one, two = frame(*rows), frame(*rows, ("ccc", 0, 0.0, 0.0), task="other")
    first, second = scores(pd.concat([one, two]), maximize=False).values()
    return first, second


def test_finals_and_blocks_of_several_leaderboards() -> None:
    boards = two_boards()
    assert shared_methods(boards) == ("a", "bb")
    assert [one.tolist() for one in finals(boards)] == [[[1.0, 11.0], [2.0, 12.0]]] * 2
    assert {m: v.tolist() for m, v in blocks(boards).items()} == {"a": [1.0, 11.0] * 2, "bb": [2.0, 12.0] * 2}


def test_leaderboards_that_do_not_compare() -> None:
    first, second = two_boards()
    with pytest.raises(UsageError, match="compare their scores apart"):
        finals([first, replace(second, maximize=True)])
    with pytest.raises(UsageError, match="no method has runs on all"):
        blocks([first, board(frame())])
    assert shared_methods([]) == ()


EVALUATIONS = pd.DataFrame(
    [
        ("toy", "s-1", "slow", 1, 200, True, 90.0, 5.0),
        ("toy", "s-1", "slow", 1, 200, False, 99.0, 1.0),  # cut off by the budget
        ("toy", "s-1", "slow", 0, 200, True, 80.0, 4.0),
        ("toy", "s-1", "slow", 0, 20, True, 70.0, 3.0),
        ("toy", "s-1", "slow", 0, 200, True, float("nan"), 3.0),
        ("toy", "s-1", "fast", 0, 20, True, 60.0, 2.0),
    ],
    columns=["leaderboard", "surrogates", "method", "seed", "epoch", "counted", "accuracy", "latency"],
)


def listed(found: Any) -> Any:
    return {method: [values.tolist() for values in runs] for method, runs in found.items()}


def test_outcomes_are_the_counted_evaluations_of_every_seed() -> None:
    objectives = ("accuracy", "latency")
    assert listed(outcomes(EVALUATIONS, objectives)) == {
        "slow": [[[80.0, 4.0], [70.0, 3.0]], [[90.0, 5.0]]],
        "fast": [[[60.0, 2.0]]],
    }
    assert listed(outcomes(EVALUATIONS, objectives, at={"epoch": 200})) == {
        "slow": [[[80.0, 4.0]], [[90.0, 5.0]]],
        "fast": [[]],
    }
    other = EVALUATIONS.assign(surrogates="s-2")
    with pytest.raises(MixedScores):
        outcomes(pd.concat([EVALUATIONS, other]), objectives)
    with pytest.raises(UsageError, match="one leaderboard"):
        outcomes(pd.concat([EVALUATIONS, other.assign(leaderboard="other")]), objectives)
    with pytest.raises(UsageError, match="no columns size"):
        outcomes(EVALUATIONS, ("accuracy", "size"))


def test_outcomes_of_a_results_folder_are_those_of_its_scores(toy_results: Results) -> None:
    """The hypervolume is that of the same points, and seeds that are not complete are not there."""
    chosen = scores(toy_results.trajectory())["cifar10/multi/bb"]
    two = replace(chosen, seeds={"random-search": (0, 2)})
    full = registry.leaderboard_of("cifar10/multi/bb").full
    runs = outcomes(toy_results.evaluations(), ("valid-acc", "latency"), board=two, at=full)["random-search"]
    record = next(record for record in toy_results if record.spec.leaderboard == "cifar10/multi/bb")
    assert [len(run) for run in runs] == [record.runs[seed]["evaluations"] for seed in (0, 2)]
    (surface,) = attainment_surfaces(runs, maximize=(True, False), fractions=[1.0])
    assert len(surface)


@pytest.mark.parametrize("seeds", [(0.1, 0.2), ("a", "b"), (True, False), ("0", "1")])
def test_seeds_that_are_no_whole_numbers_are_refused(seeds: tuple[Any, Any]) -> None:
    table = frame(*(("one", seed, 0.0, 1.0) for seed in seeds))
    with pytest.raises(UsageError, match=r"one has seed .* on toy; seeds must be whole numbers"):
        scores(table, maximize=False)


def test_whole_seeds_that_pandas_made_real_are_whole() -> None:
    table = frame(*(("one", seed, 0.0, 1.0) for seed in (0.0, 1.0)))
    assert scores(table, maximize=False)["toy"].seeds == {"one": (0, 1)}
