"""NAS-Bench-360: its published tables, what is aggregated from them, and analyses of precomputed cells."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import stats

import harness
from harness import registry
from harness.errors import HarnessError, UnknownName, UsageError
from harness.reports import studies
from harness.reports.studies import Evidence
from harness.reports.studies.catalogue import studies_of
from harness.reports.studies.reference import read_reference
from harness.sources.tables.errors import BadValue, DuplicateKey, IncompleteEntry, MissingColumn, UnequalMetrics
from harness.verify.api import verify
from protocols.nasbench201.space import SPACE, to_text
from protocols.nasbench360 import LEADERBOARDS, PROTOCOLS
from protocols.nasbench360.aggregates import (
    EXCHANGED,
    GIVEN,
    OUTSIDE,
    REACHED,
    Reached,
    above,
    errors,
    improvements,
    profiles,
    ranks,
    steps,
    verdicts,
)
from protocols.nasbench360.cells import (
    EDGES,
    OPERATIONS,
    best,
    importance_of,
    importances,
    parse,
    rank_correlations,
    score_table,
)
from protocols.nasbench360.paper import APPROACHES, TABLE_2, TABLE_3, WRN
from protocols.nasbench360.precompute import DATA, OWN_FILE, VISION_FILE
from protocols.nasbench360.searches import METHODS, Searched, search
from protocols.nasbench360.tasks import TASKS
from support.commands import Answer
from support.imports import import_table
from support.paths import SHARED

SHARED = SHARED
PAPER = SHARED / "papers" / "nas-bench-360.txt"
needs_paper = pytest.mark.skipif(not PAPER.is_file(), reason=f"the paper's text is not at {PAPER}")
needs_data = pytest.mark.skipif(
    not all((SHARED / "data" / name).is_file() for name in DATA), reason=f"the reference data are not at {SHARED}"
)

# The tables as printed


def test_the_ten_tasks_are_those_of_table_1() -> None:
    assert [task["title"] for task in TASKS.values()] == [
        "CIFAR-100", "Spherical", "NinaPro", "FSD50K", "Darcy Flow", "PSICOV", "Cosmic", "ECG", "Satellite", "DeepSEA",
    ]  # fmt: skip
    assert [task["size"] for task in TASKS.values()] == [
        60_000, 60_000, 3956, 51_000, 1100, 3606, 5250, 330_000, 1_000_000, 250_000,
    ]  # fmt: skip
    assert {name for name, task in TASKS.items() if task["dimensions"] == 1} == {"ecg", "satellite", "deepsea"}
    assert {name for name, task in TASKS.items() if task["prediction"] == "dense"} == {"darcy_flow", "psicov", "cosmic"}
    assert not any(task["maximize"] for task in TASKS.values())


def test_every_approach_has_the_tasks_it_was_evaluated_on() -> None:
    counts = {name: sum(approach == name for approach, _ in TABLE_2) for name in APPROACHES}
    assert counts == {name: {"XGBoost": 9, "Auto-DL": 3, "AMBER": 3}.get(name, 10) for name in APPROACHES}
    assert [task for approach, task in TABLE_2 if approach == "Auto-DL"] == ["darcy_flow", "psicov", "cosmic"]
    assert [task for approach, task in TABLE_2 if approach == "AMBER"] == ["ecg", "satellite", "deepsea"]
    assert ("XGBoost", "psicov") not in TABLE_2


@pytest.mark.parametrize(
    ("approach", "task", "mean", "deviation"),
    [
        (WRN, "cifar100", "23.35", "0.05"),
        (WRN, "ninapro", "6.78", "0.26"),
        ("DenseNAS random", "fsd50k", "0.60", "0.001"),
        ("DenseNAS original", "darcy_flow", "0.100", "0.010"),
        ("Perceiver IO", "deepsea", "0.38", "0.004"),
        ("XGBoost", "satellite", "36.36", "0.02"),
        ("tuned WRN", "spherical", "75.46", "0.40"),
        ("DARTS GAEA", "psicov", "2.94", "0.13"),
        ("Auto-DL", "cosmic", "0.495", "0.00"),
        ("AMBER", "ecg", "0.33", "0.02"),
        ("expert", "darcy_flow", "0.008", "0.001"),
    ],
)
def test_entries_checked_by_hand(approach: str, task: str, mean: str, deviation: str) -> None:
    result = TABLE_2[approach, task]
    assert (result.mean, result.deviation) == (mean, deviation)


def test_an_entry_stands_for_what_rounds_to_it() -> None:
    assert TABLE_2[WRN, "ecg"].interval == pytest.approx((0.425, 0.435))
    assert TABLE_2[WRN, "darcy_flow"].interval == pytest.approx((0.0725, 0.0735))


def test_the_best_that_no_expert_designed_is_the_one_that_the_paper_underlines() -> None:
    """The text keeps one of the marks: 0.60 on FSD50K. GAEA is the best of Table 3's on the tasks the paper names."""
    lowest = {
        task: min((TABLE_2[key].error, key[0]) for key in TABLE_2 if key[1] == task and key[0] != "expert")[1]
        for task in TASKS
    }
    assert lowest["fsd50k"] == "DenseNAS random"
    assert lowest["cifar100"] == lowest["ninapro"] == WRN
    assert lowest["deepsea"] == lowest["ecg"] == "AMBER"


@needs_paper
def test_every_entry_is_in_the_papers_text_in_its_place() -> None:
    """The text has lost the ±, so that 23.35 ± 0.05 reads 23.350.05; rows are run together by the column."""
    text = PAPER.read_text(encoding="utf-8")
    table = text[text.index("Table 2: Performance") : text.index("did not fit on a single V100 GPU")]
    upper, lower = re.split(r"Search space\tSearch algorithm", table)[1:]
    halves = ((upper, ("cifar100", "spherical", "darcy_flow", "psicov", "cosmic"), "AMBER"),
              (lower, ("ninapro", "fsd50k", "ecg", "satellite", "deepsea"), "Auto-DL"))  # fmt: skip
    for half, tasks, absent in halves:
        lines = [re.sub(r"</?u>", "", line).split("\t")[2:] for line in half.splitlines()[1:] if "\t" in line]
        for place, task in enumerate(tasks):
            printed = " ".join(line[place] for line in lines).split()
            ours = [
                f"{TABLE_2[name, task].mean}{TABLE_2[name, task].deviation}" if (name, task) in TABLE_2 else "n/a"
                for name in APPROACHES
                if name != absent
            ]
            assert printed == ours, task


# Table 3


def test_every_published_median_rank_comes_out() -> None:
    found = ranks(list(TABLE_3))
    assert {name: one.value for name, one in found.items()} == {name: float(row[0]) for name, row in TABLE_3.items()}
    assert all(one.low <= one.value <= one.high for one in found.values())


def test_the_published_improvements_come_out_but_for_two_exchanged_and_one_sign() -> None:
    found = improvements(list(TABLE_3))
    said = verdicts(found, {name: row[1] for name, row in TABLE_3.items()})
    assert said == {
        WRN: GIVEN, "DenseNAS original": EXCHANGED, "DenseNAS random": EXCHANGED, "tuned WRN": REACHED,
        "DARTS GAEA": GIVEN, "Auto-DL": GIVEN, "AMBER": GIVEN,
    }  # fmt: skip
    assert found["DenseNAS random"].value == pytest.approx(50 * ((0.43 - 0.42) / 0.43 + (0.073 - 0.071) / 0.073))
    assert found["tuned WRN"].value == pytest.approx(50 * (23.35 - 23.39) / 23.35)
    assert found["Auto-DL"].value == pytest.approx(100 * (3.84 - 6.73) / 3.84)


def test_no_table_that_rounds_to_the_printed_one_leaves_the_reach() -> None:
    rng = np.random.default_rng(360)
    names = list(TABLE_3)
    low, high = errors(names, end=0), errors(names, end=1)
    of_ranks, of_improvements = ranks(names), improvements(names)
    for _ in range(60):
        # Half of the entries are at an end, where the extremes are.
        drawn = low + (high - low) * np.clip(rng.uniform(-0.5, 1.5, low.shape), 0, 1)
        for place, name in enumerate(names):
            there = ~np.isnan(drawn[place])
            own = [stats.rankdata(column[~np.isnan(column)])[(~np.isnan(column))[:place].sum()]
                   for column in drawn.T[there]]  # fmt: skip
            assert of_ranks[name].low <= np.median(own) <= of_ranks[name].high
            better = np.median((100 * (drawn[0] - drawn[place]) / drawn[0])[there])
            assert of_improvements[name].low - 1e-9 <= better <= of_improvements[name].high + 1e-9


def test_verdicts() -> None:
    found = {
        "a": Reached(1.0, 0.9, 1.1),
        "b": Reached(2.0, 1.9, 2.1),
        "c": Reached(3.0, 2.0, 4.0),
        "d": Reached(5.0, 5.0, 5.0),
    }
    published = {"a": "2.0", "b": "1.0", "c": "3.9", "d": "6.0"}
    assert verdicts(found, published) == {"a": EXCHANGED, "b": EXCHANGED, "c": REACHED, "d": OUTSIDE}
    assert verdicts({"a": Reached(0.25, 0.2, 0.3)}, {"a": "0.3"}) == {"a": GIVEN}


# Performance profiles


def test_a_profile_in_closed_form() -> None:
    """Cosmic: WRN 0.245, DenseNAS random 0.309, original 0.383. PSICOV: 3.84, 3.70, 3.84."""
    approaches, tasks = (WRN, "DenseNAS random", "DenseNAS original"), ("cosmic", "psicov")
    assert steps(approaches, tasks).tolist() == pytest.approx(
        [1.0, 3.84 / 3.70, 0.309 / 0.245, 0.383 / 0.245], abs=1e-12
    )
    assert profiles(approaches, tasks, [1.0, 1.1, 1.3, 1.6]).tolist() == [
        [0.5, 1.0, 1.0, 1.0], [0.5, 0.5, 1.0, 1.0], [0.0, 0.5, 0.5, 1.0],
    ]  # fmt: skip


def test_an_approach_without_a_result_is_within_no_factor() -> None:
    assert profiles([WRN, "AMBER"], ["cifar100", "ecg"], [1.0, 1e9]).tolist() == [[0.5, 1.0], [0.5, 0.5]]


def test_where_a_step_curve_lies_above_another() -> None:
    at = np.array([1.0, 2.0, 3.0, 4.0])
    one, other = np.array([0.1, 0.5, 0.5, 0.5]), np.array([0.0, 0.0, 0.6, 0.2])
    assert above(one, other, at) == [(1.0, 3.0), (4.0, float("inf"))]
    assert above(other, one, at) == [(3.0, 4.0)]
    assert above(one, one, at) == []


# Cells


def cell(*operations: str) -> str:
    return "|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|".format(*operations)


CELLS = [cell(*operations) for operations in product(OPERATIONS, repeat=len(EDGES))]


def test_a_cell_is_read_edge_by_edge() -> None:
    text = cell("nor_conv_3x3", "none", "skip_connect", "avg_pool_3x3", "nor_conv_1x1", "none")
    assert parse(text) == (3, 0, 1, 4, 2, 0)
    assert EDGES == ("0-1", "0-2", "1-2", "0-3", "1-3", "2-3")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no NAS-Bench-201 cell; one looks like"),
        (cell(*["none"] * 6) + "|", "is no NAS-Bench-201 cell"),
        (cell("none", "none", "none", "none", "none", "sep_conv_5x5"), "unknown operation sep_conv_5x5; valid: none,"),
    ],
)
def test_a_string_that_is_no_cell_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse(text)


def test_a_score_table_has_every_cell_once() -> None:
    scores = np.arange(len(CELLS), dtype=float)
    order = np.random.default_rng(0).permutation(len(CELLS))
    table = score_table([CELLS[i] for i in order], scores[order])
    assert (table.ravel() == scores).all()
    assert table[parse(CELLS[7777])] == 7777
    for cells, values, message in (
        (CELLS[:-2], scores[:-2], "2 of the 15,625 NAS-Bench-201 cells are missing"),
        ([*CELLS, CELLS[3]], [*scores, 1.0], "is there twice"),
        (CELLS, np.where(scores == 4, np.nan, scores), "has no score"),
    ):
        with pytest.raises(UsageError, match=message):
            score_table(cells, values)


TINY = np.array([[1.0, 2.0, 6.0], [0.0, 4.0, 5.0], [5.0, 0.0, 7.0]])
"""Two edges with three operations each."""


def test_the_importance_of_an_operation_by_hand() -> None:
    """In cell (0, 2), score 6: on edge 1 the others are 1 and 2, on edge 0 they are 5 and 7."""
    assert importances(TINY, 1)[0, 2] == 6.0 - 1.5
    assert importances(TINY, 0)[0, 2] == 6.0 - 6.0
    assert importances(TINY, 0)[2].tolist() == [5.0 - 0.5, 0.0 - 3.0, 7.0 - 5.5]
    assert importances(TINY, 0).sum(axis=0) == pytest.approx(np.zeros(3))


def test_the_importances_of_an_operation_over_edges_and_cells() -> None:
    assert importance_of(TINY, 2).tolist() == [4.5, -3.0, 1.5, 4.5, 3.0, 4.5]
    good = best(TINY, 2 / 9)
    assert np.argwhere(good).tolist() == [[0, 2], [2, 2]]
    assert importance_of(TINY, 2, good).tolist() == [1.5, 4.5, 4.5]
    assert importance_of(TINY, 1, good).tolist() == []


def test_equal_scores_are_among_the_best_together() -> None:
    assert best(np.array([3.0, 5.0, 5.0, 1.0]), 0.25).tolist() == [False, True, True, False]


def test_rank_correlations_are_spearmans() -> None:
    rng = np.random.default_rng(1)
    tables = [np.round(rng.normal(size=(4, 5)), 1) for _ in range(3)]
    tables.append(-tables[0])
    matrix = rank_correlations(tables)
    for i, j in product(range(4), repeat=2):
        assert matrix[i, j] == pytest.approx(stats.spearmanr(tables[i].ravel(), tables[j].ravel())[0])
    assert matrix[0, 3] == pytest.approx(-1.0)
    with pytest.raises(UsageError, match="not all equal"):
        rank_correlations([tables[0], np.ones((4, 5))])


# Search


def additive() -> np.ndarray:
    """A score table in which every edge counts for itself: the best cell has the last operation everywhere."""
    return np.asarray(np.indices((5,) * 6).sum(axis=0), dtype=np.float64)


@pytest.mark.parametrize("method", [*METHODS, "hyperband"])
def test_a_search_is_a_function_of_its_names_and_never_worsens(method: str) -> None:
    tables = Searched(additive(), additive())
    regrets = search(method, tables, 3, 60, "a task")
    assert (np.diff(regrets) <= 0).all()
    assert regrets.min() >= 0
    assert (search(method, tables, 3, 60, "a task") == regrets).all()
    assert not (search(method, tables, 4, 60, "a task") == regrets).all()


def test_what_learns_beats_random_search_on_an_easy_table() -> None:
    tables = Searched(additive(), additive())
    final = {m: np.mean([search(m, tables, seed, 100, "easy")[-1] for seed in range(5)]) for m in METHODS}
    assert max(final["regularized-evolution"], final["local-search"], final["reinforce"]) < final["random-search"]


def test_short_trainings_cost_their_share_and_choose_nothing() -> None:
    """Told that short trainings are all alike, Hyperband still trains some cells in full, and no more than it may."""
    judged = additive()
    regrets = search("hyperband", Searched(judged, judged, np.zeros_like(judged)), 0, 20, "short")
    assert regrets.shape == (20,)
    assert regrets[0] in {judged.max(), *(judged.max() - judged.reshape(-1))}
    assert regrets[-1] < judged.max(), "before the first whole training it is the regret of the worst cell"
    guided = np.mean([search("hyperband", Searched(judged, judged, judged), s, 20, "told")[-1] for s in range(8)])
    blind = np.mean([search("hyperband", Searched(judged, judged, -judged), s, 20, "told")[-1] for s in range(8)])
    assert guided < blind


def test_the_choice_is_by_what_is_shown_and_the_regret_by_what_judges() -> None:
    """Judged in reverse, the better a cell looks the worse it is."""
    shown = additive()
    regrets = search("local-search", Searched(shown, -shown), 0, 200, "reversed")
    assert (np.diff(regrets) >= 0).all()
    assert regrets[-1] == shown.max()


def test_a_method_that_stops_early_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stops:
        def __init__(self, problem: Any, _seed: int) -> None:
            self.space, self.left = problem.space, 3

        def ask(self) -> Any:
            self.left -= 1
            return self.space.sample(np.random.default_rng(0)) if self.left >= 0 else None

        def tell(self, observation: Any) -> None:
            assert observation.trial == 0

    entry = registry.method("random-search")
    monkeypatch.setattr(type(entry), "load", lambda _: Stops)
    with pytest.raises(HarnessError, match="random-search stopped after 3 of 10 trainings"):
        search("random-search", Searched(additive(), additive()), 0, 10, "short")


# The suite and its study


def test_the_precomputed_tasks_have_leaderboards_of_score_and_of_latency_too(
    tmp_path: Path, command: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "data"))
    assert "nasbench360" in registry.suites()
    assert list(LEADERBOARDS) == list(PROTOCOLS["leaderboards"].leaderboards)
    assert list(LEADERBOARDS) == [
        f"nasbench360/{task}/{objective}/bb" for task in ("ninapro", "darcy_flow") for objective in ("single", "multi")
    ]
    run = ("run", "--suite", "nasbench360", "--task", "all", "--setting", "bb", "--results", tmp_path / "r")
    answer = command(*run)
    assert (answer.code, "harness data import nasbench360_nb201.parquet" in answer.err) == (2, True)
    frame = precomputed()
    frame.to_parquet(tmp_path / "nasbench360_nb201.parquet")
    assert command("data", "import", tmp_path / "nasbench360_nb201.parquet").code == 0
    for objective in ("single", "multi"):
        assert command(*run, "--objective", objective, "--seeds", 3, "--method", "local-search").code == 0
    found = {row["leaderboard"]: row for row in harness.load_results(tmp_path / "r").summary()}
    assert set(found) == set(LEADERBOARDS)
    assert all(row["evaluations"] == 300 for row in found.values()), "one after the other, all at the same price"
    assert 0 <= found["nasbench360/darcy_flow/single/bb"]["mean"] < 100 * (frame.darcy.max() - frame.darcy.min())
    assert 0 < found["nasbench360/ninapro/multi/bb"]["mean"] <= 1
    wrong = [str(finding) for finding in verify(tmp_path / "r").findings]
    assert all("it has 3 seeds; an entry has at least 500" in text for text in wrong), wrong


def precomputed() -> pd.DataFrame:
    """Every cell, with made-up values."""
    rng = np.random.default_rng(360)
    cells = [to_text(dict(zip(SPACE, codes, strict=True))) for codes in product(range(5), repeat=6)]
    made = {"architecture": cells, "ninapro": rng.uniform(60, 95, len(cells)), "darcy": rng.uniform(0, 1, len(cells))}
    latencies = {f"latency_ms_pi5_onnx_{name}": rng.uniform(1, 20, len(cells)) for name in ("ninapro", "darcy")}
    frame: pd.DataFrame = pd.DataFrame(made | latencies)
    return frame


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        (lambda f: f.drop(columns="latency_ms_pi5_onnx_darcy"), MissingColumn, "no column 'latency_ms_pi5_onnx_darcy'"),
        (lambda f: f.iloc[1:], IncompleteEntry, "15,624 of the 15,625 cells"),
        (lambda f: pd.concat([f, f.iloc[[3]]]), DuplicateKey, "two rows of"),
        (
            lambda f: f.assign(architecture=f.architecture.str.replace("none", "nun")),
            BadValue,
            "unknown operation 'nun'",
        ),
        (lambda f: f.assign(ninapro=f.ninapro.where(f.index != 9)), UnequalMetrics, "has no score, but other metrics;"),
        (lambda f: f.assign(ninapro="good"), MissingColumn, "column 'ninapro' must hold numbers"),
        (lambda f: f.assign(ninapro=101.0), BadValue, "accuracies are in percent"),
    ],
)
def test_a_wrong_precompute_is_refused(
    change: Callable[[pd.DataFrame], pd.DataFrame], kind: type[Exception], words: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "data"))
    change(precomputed()).to_parquet(tmp_path / "wrong.parquet")
    with pytest.raises(kind, match=words):
        import_table(tmp_path / "wrong.parquet")
    assert not (tmp_path / "data" / "sets").exists()


def test_studies_of_every_suite_are_found_and_no_two_share_a_name() -> None:
    names = [name for suite in registry.suites() for name in studies_of(suite)]
    assert len(set(names)) == len(names)
    assert list(studies.catalogue()) == names
    assert studies.find("nb360").suite == "nasbench360"
    assert studies.find("joint").suite == ""
    with pytest.raises(UnknownName, match="did you mean 'nb360'"):
        studies.find("nb36")


def made_up(folder: Path) -> Path:
    """Reference data of all cells: vision tasks alike, NinaPro and Darcy Flow different, a little noise in each."""
    rng = np.random.default_rng(201)
    places = np.array([parse(text) for text in CELLS])
    convolutions, skips = (places == 3).sum(axis=1), (places == 1).sum(axis=1)
    frames = [
        pd.DataFrame(
            {"architecture": CELLS, "dataset": dataset, "valid_acc_200_seed0": accuracy + rng.normal(size=len(CELLS)),
             "test_acc_200": accuracy, "valid_acc_12": accuracy - 20 + 3 * rng.normal(size=len(CELLS))}
        )
        for dataset in ("cifar10", "cifar100", "imagenet16-120")
        for accuracy in [50.0 + 5 * convolutions + rng.normal(size=len(CELLS))]
    ]  # fmt: skip
    own = pd.DataFrame(
        {"architecture": CELLS, "ninapro": 80.0 + 2 * skips + rng.normal(size=len(CELLS)),
         "darcy": 0.9 + 0.01 * rng.random(len(CELLS)),
         **{f"latency_ms_pi5_onnx_{name}": 1.0 + convolutions for name in ("ninapro", "darcy")}}
    ).sample(frac=1.0, random_state=0)  # fmt: skip
    (folder / "nas").mkdir(parents=True)
    pd.concat(frames).to_parquet(folder / VISION_FILE)
    own.to_parquet(folder / OWN_FILE)
    return folder


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_up(tmp_path_factory.mktemp("reference"))


def conducted(data: Path | None, tmp_path: Path) -> Evidence:
    return studies.conduct(studies.find("nb360"), None, tmp_path, data=data, seeds=range(2))


def written(evidence: Evidence, out: Path, formats: Sequence[str] = ("svg",)) -> dict[str, Path]:
    study = studies.find("nb360")
    files = studies.write(study, evidence, study.report(evidence), out, formats=formats)
    assert {path.parent for path in files} == {out / "nasbench360" / "nb360"}
    return {path.name: path for path in files}


PUBLISHED = {"table-1", "table-2", "table-3", "profiles"}
"""Tables that need no reference data."""


def test_without_reference_data_the_published_part_is_written_and_the_rest_is_named(tmp_path: Path) -> None:
    evidence = conducted(None, tmp_path)
    files = written(evidence, tmp_path / "out")
    assert {name.removesuffix(".csv") for name in files if name.endswith(".csv")} == PUBLISHED
    assert {name for name in files if name.endswith(".svg")} == {"figure-1.svg", "figure-2.svg"}
    text = files["text.md"].read_text("utf-8")
    for name in DATA:
        assert f"- the reference data {name} are not there; name the folder that has them with --data" in text
    assert "Seeds" not in text.split("## Left out")[0].split("\n\n")[1]


def test_the_published_figures_stand_beside_ours(tmp_path: Path) -> None:
    files = written(conducted(None, tmp_path), tmp_path / "out")
    rows = list(csv.DictReader(files["table-3.csv"].read_text("utf-8").splitlines()))
    assert {row["approach"]: (row["paper_rank"], row["paper_improvement"]) for row in rows} == {
        name: (f"{float(rank):g}", f"{float(improvement):g}") for name, (rank, improvement) in TABLE_3.items()
    }
    assert {row["approach"]: float(row["rank"]) for row in rows} == {n: float(r) for n, (r, _) in TABLE_3.items()}
    results = list(csv.DictReader(files["table-2.csv"].read_text("utf-8").splitlines()))
    assert {
        (row["approach"], task): (row[task], row[f"{task}_sd"]) for row in results for task in TASKS if row[task]
    } == {key: (result.mean, result.deviation) for key, result in TABLE_2.items()}
    text = files["text.md"].read_text("utf-8")
    assert "| expert | expert | 19.39 ± 0.20 | " in text
    assert "7 of 7 published figures are what the printed entries give." in text
    assert "the headings of the two columns are exchanged in Table 3" in text
    assert "Its size is what the entries give, with the sign lost." in text
    for name in files:
        if name.endswith(".tex"):
            assert files[name].read_text("utf-8").isascii(), name


@pytest.mark.slow
def test_with_reference_data_everything_is_written_and_the_same_data_give_the_same_bytes(
    reference: Path, tmp_path: Path
) -> None:
    files = written(conducted(reference, tmp_path), tmp_path / "one", ("svg", "png", "pdf"))
    tables = {name.removesuffix(".csv") for name in files if name.endswith(".csv")}
    assert tables == {*PUBLISHED, "figure-3-correlations", "figure-3-transfer", "figure-4", "search"}
    assert {f"{stem}.png" for stem in ("figure-1", "figure-2", "figure-3", "figure-4", "search")} <= set(files)
    text = files["text.md"].read_text("utf-8")
    assert "## Left out" not in text
    assert re.search(r"CIFAR-10: c3 > .*NinaPro: skip > ", text)
    assert re.search(r"Spearman's ρ with CIFAR-100: CIFAR-10 0\.9\d, ImageNet16-120 0\.9\d", text)
    # As they are, and right in the folder.
    again = written(conducted(reference / "nas", tmp_path), tmp_path / "two")
    assert {n: p.read_bytes() for n, p in again.items()} == {n: files[n].read_bytes() for n in again}


def test_one_file_of_the_two_gives_its_part(reference: Path, tmp_path: Path) -> None:
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "nasbench360_nb201.parquet").write_bytes((reference / OWN_FILE).read_bytes())
    evidence = conducted(tmp_path / "some", tmp_path)
    assert set(evidence.left_out) == {VISION_FILE}
    report = studies.find("nb360").report(evidence)
    assert {"figure-3-correlations", "figure-4", "search"} <= {table.name for table in report.tables}
    assert "figure-3" not in report.figures
    assert "figure-3-transfer" not in {table.name for table in report.tables}


def test_reference_data_that_cannot_be_used_are_an_error_and_nothing_is_written(
    reference: Path, tmp_path: Path, command: Callable[..., Answer]
) -> None:
    folder = tmp_path / "data" / "nas"
    folder.mkdir(parents=True)
    file = folder / "nasbench360_nb201.parquet"
    frame = pd.read_parquet(reference / OWN_FILE)
    file.write_bytes(b"PAR1 nothing")
    with pytest.raises(UsageError, match=r"nasbench360_nb201\.parquet is no readable parquet file"):
        conducted(folder, tmp_path)
    frame.drop(columns=["darcy"]).to_parquet(file)
    with pytest.raises(UsageError, match="lacks the column darcy"):
        conducted(folder, tmp_path)
    frame.iloc[1:].to_parquet(file)
    answer = command("study", "nb360", "--data", tmp_path / "data", "--out", tmp_path / "out")
    assert answer.code == 2
    assert answer.err == (
        "harness: nas/nasbench360_nb201.parquet, NinaPro: 1 of the 15,625 NAS-Bench-201 cells are missing\n"
    )
    assert not (tmp_path / "out").exists()


def test_reference_files_are_looked_for_under_their_name_and_in_the_folder_itself(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1], "y": [2]})
    frame.to_parquet(tmp_path / "a.parquet")
    found, missing = read_reference({"nas/a.parquet": ("y",), "nas/b.parquet": ()}, tmp_path)
    assert found["nas/a.parquet"].columns.tolist() == ["y"]
    assert list(missing) == ["nas/b.parquet"]
    assert list(read_reference({"nas/a.parquet": ("y",)}, None)[1]) == ["nas/a.parquet"]


def test_reference_files_are_read_within_the_budget_of_a_table(tmp_path: Path) -> None:
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), pa.array(["x" * 1_000_000]))
    pq.write_table(pa.table({"y": texts}), tmp_path / "a.parquet", store_schema=False)
    with pytest.raises(UsageError, match="bytes to read"):
        read_reference({"a.parquet": ("y",)}, tmp_path)
    pq.write_table(pa.table({"x": [1]}), tmp_path / "a.parquet")
    with pytest.raises(UsageError, match="lacks the column y"):
        read_reference({"a.parquet": ("y",)}, tmp_path)
    (tmp_path / "a.parquet").write_bytes(b"PAR1" + bytes(40) + b"PAR1")
    with pytest.raises(UsageError, match="is no readable parquet file"):
        read_reference({"a.parquet": ("y",)}, tmp_path)


@pytest.mark.slow
def test_the_command_says_what_is_left_out_and_refuses_what_makes_no_sense(
    command: Callable[..., Answer], tmp_path: Path
) -> None:
    answer = command("study", "nb360", "--out", tmp_path / "out", "--format", "svg")
    printed = [Path(line) for line in answer.out.splitlines()]
    assert answer.code == 0
    assert printed[0] == tmp_path / "out" / "nasbench360" / "nb360" / "text.md"
    if not (SHARED / "data").is_dir():
        assert answer.err.count("left out: the reference data nas/") == 2
    for options, message in (
        (("--surrogates", "lite-1"), "is about no source; leave out --surrogates"),
        (("--tasks", "ninapro"), "study nb360 is about all tasks of its suite; leave out --tasks"),
        (("--method", "random-search"), "unknown method of study nb360 'random-search'"),
        (("--data", tmp_path / "nowhere"), "does not exist"),
    ):
        answer = command("study", "nb360", "--out", tmp_path / "none", *options)
        assert answer.code == 2, options
        assert message in answer.err
    assert not (tmp_path / "none").exists()


# The real precompute


@pytest.mark.slow
@needs_data
def test_what_the_paper_finds_on_the_precompute(tmp_path: Path) -> None:
    report = studies.find("nb360").report(conducted(SHARED / "data", tmp_path))
    tables = {table.name: table for table in report.tables}
    rho = {str(row["task"]): row for row in tables["figure-3-correlations"].rows}
    assert rho["CIFAR-100"]["CIFAR-10"] == pytest.approx(0.980, abs=0.001)
    assert rho["CIFAR-100"]["ImageNet16-120"] == pytest.approx(0.964, abs=0.001)
    assert rho["CIFAR-100"]["NinaPro"] == pytest.approx(0.280, abs=0.001)
    assert rho["CIFAR-100"]["Darcy Flow"] == pytest.approx(0.480, abs=0.001)
    assert rho["NinaPro"]["Darcy Flow"] == pytest.approx(-0.008, abs=0.001)
    first = {
        task: max((row for row in tables["figure-4"].rows if row["task"] == task and row["cells"] != "all cells"
                   and row["operation"] != "none"), key=lambda row: float(str(row["p50"])))["operation"]
        for task in rho
    }  # fmt: skip
    assert first == {
        "CIFAR-10": "c3", "CIFAR-100": "c3", "ImageNet16-120": "c3", "NinaPro": "skip", "Darcy Flow": "c3",
    }  # fmt: skip
