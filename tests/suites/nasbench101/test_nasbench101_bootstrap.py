"""The generalisation bootstrap: what is compared on which tables, when two tables agree, and what is written."""

from __future__ import annotations

import csv
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.reports import studies
from harness.reports.studies import Arm, Evidence
from harness.reports.studies.scores import any_time, by_seed, compare, compare_pairs
from protocols.nasbench101 import TASKS, VERTICES
from protocols.nasbench101.studies import agreement, bootstrap
from support.commands import harness_command
from support.imports import import_table
from support.nasbench101_cells import DATA as REAL
from support.nasbench101_cells import needs_data as needs_real

STUDY = bootstrap.STUDY
NUMBERS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=8)


@given(NUMBERS)
def test_kendalls_tau_is_that_of_scipy(pairs: list[tuple[int, int]]) -> None:
    stats = pytest.importorskip("scipy.stats")
    one, other = ([float(pair[k]) for pair in pairs] for k in (0, 1))
    assert agreement.kendall(one, other) == pytest.approx(float(stats.kendalltau(one, other)[0]), nan_ok=True)


def test_orders_are_best_first_and_ties_together() -> None:
    assert agreement.order({"a": 2.0, "b": 1.0, "c": 2.0}) == [["b"], ["a", "c"]]


def test_both_pairs_of_tables_differ_by_a_vertex_and_have_every_row() -> None:
    assert [VERTICES[large] - VERTICES[small] for large, small in bootstrap.SIZES] == [1, 1]
    for pair in bootstrap.SIZES:
        rows = [arm for arm in bootstrap.arms() if arm.tasks == pair]
        assert set(pair) <= set(TASKS)
        assert {arm.group for arm in rows} == {bootstrap.METHODS, bootstrap.MUTATION, bootstrap.TOURNAMENT}
        assert [arm.method for arm in rows[:3]] == [
            "random-search",
            "non-regularized-evolution",
            "regularized-evolution",
        ]


def told(finals: dict[str, dict[str, list[float]]]) -> str:
    """What the study says of methods with these final regrets: task -> label -> by seed."""
    arms = tuple(arm for arm in bootstrap.arms() if arm.group == bootstrap.METHODS and arm.tasks == bootstrap.LARGE)
    evidence = SimpleNamespace(tasks=bootstrap.LARGE, title=lambda task: {"cifar10": "large", "mini": "small"}[task])

    def score(_: Any, task: str, arm: Arm) -> dict[int, float]:
        return dict(enumerate(finals[task][arm.label]))

    return bootstrap._compared(cast("Evidence", evidence), arms, score)


SEEDS = np.random.default_rng(0).random(40) / 10


def test_tables_that_agree() -> None:
    same = {"RS": (3 + SEEDS).tolist(), "NRE": (2 + SEEDS**2).tolist(), "RE": (1 + SEEDS**3).tolist()}
    assert told({"cifar10": same, "mini": same}) == (
        "on large RE, NRE, RS; on small RE, NRE, RS; Kendall's τ 1.00. Of 3 pairs, paired Wilcoxon tests over seeds, "
        "Holm-corrected per table, tell apart 3 on large and 3 on small; 3 on both, all in the same direction."
    )


def test_tables_that_do_not() -> None:
    large = {"RS": (3 + SEEDS).tolist(), "NRE": (2 + SEEDS**2).tolist(), "RE": (1 + SEEDS**3).tolist()}
    small = {"RS": (3 + SEEDS).tolist(), "NRE": (1 + SEEDS**2).tolist(), "RE": (2 + SEEDS**3).tolist()}
    said = told({"cifar10": large, "mini": small})
    assert "on large RE, NRE, RS; on small NRE, RE, RS; Kendall's τ 0.33." in said
    assert said.endswith("3 on both, the other way round for NRE and RE.")


def test_few_seeds_and_tables_without_a_difference() -> None:
    flat = {label: [1.0, 1.0] for label in ("RS", "NRE", "RE")}
    assert told({"cifar10": flat, "mini": flat}) == (
        "on large RS = NRE = RE; on small RS = NRE = RE; there is no Kendall's τ, all are equal on one table. Which "
        "pairs differ was not tested: there are 2 seeds, and a paired test can find a difference with at least 7 "
        "(`--seeds 7`)."
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bootstrap")


@needs_real
class TestOnTheSmallPair:
    @pytest.fixture
    def home(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("HARNESS_DATA", str(folder / "data"))
        if not (folder / "data").exists():
            import_table(REAL)
        return folder

    @pytest.fixture
    def evidence(self, home: Path) -> Evidence:
        from harness.registry import load_surrogates

        return studies.conduct(STUDY, load_surrogates("nasbench101-small"), home / "r", seeds=range(3))

    @pytest.mark.slow
    def test_the_command_finds_the_table_of_its_tasks(self, home: Path) -> None:
        options = ("--seeds", 3, "--results", home / "r", "--out", home / "o", "--format", "svg")
        done = harness_command("study", "bootstrap", "--tasks", "small4,tiny4", *options)
        assert done.code == 0, done.err
        printed = [Path(line) for line in done.out.splitlines()]
        assert [path.name for path in printed if path.suffix in (".md", ".svg")] == [
            "text.md", "final-regrets.md", "mean-regrets.md", "figure-8-methods.svg", "figure-8-mutation.svg",
            "figure-8-tournament.svg",
        ]  # fmt: skip
        before = {path: path.read_bytes() for path in printed}
        again = harness_command("study", "bootstrap", "--tasks", "small4,tiny4", *options, "--no-run")
        assert (again.code, again.out) == (0, done.out)
        assert {path: path.read_bytes() for path in printed} == before
        missing = harness_command("study", "bootstrap")
        assert (missing.code, "get it with: harness data fetch nasbench101" in missing.err) == (2, True)

    def test_medians_quartiles_and_ranks_are_those_of_the_runs(self, evidence: Evidence) -> None:
        tables = {table.name: studies.tables.to_csv(table) for table in STUDY.report(evidence).tables}
        measures: dict[str, Callable[..., dict[int, float]]] = {"final-regrets": by_seed, "mean-regrets": any_time}
        for name, score in measures.items():
            rows = list(csv.DictReader(tables[name].splitlines()))
            assert len(rows) == 3 + len(bootstrap.RATES) + len(bootstrap.TOURNAMENTS[bootstrap.SMALL])
            medians: dict[str, list[float]] = {}
            for row, arm in zip(rows, [a for a in evidence.arms if a.tasks == bootstrap.SMALL], strict=True):
                values = list(score(evidence, "tiny4", arm).values())
                assert (row["row"], row["arm"], row["tiny4_runs"]) == (arm.group, arm.label, "3")
                assert float(row["tiny4_regret"]) == pytest.approx(np.median(values))
                assert float(row["tiny4_regret_low"]) == pytest.approx(np.quantile(values, 0.25))
                medians.setdefault(arm.group, []).append(float(np.median(values)))
            for group, values in medians.items():
                ranks = [int(row["tiny4_rank"]) for row in rows if row["row"] == group]
                assert ranks == [1 + sum(other < own for other in values) for own in values]

    def test_all_pairs_are_tested_as_each_is(self, evidence: Evidence) -> None:
        arms = evidence.groups()[bootstrap.METHODS]
        found = compare_pairs(evidence, list(combinations(arms, 2)))
        assert [pair[1:] for pair in found if pair[0] == "tiny4"] == list(combinations(arms, 2))
        (alone,) = [c for c in compare(evidence, arms[0], [arms[1]]) if c.task == "tiny4"]
        pair = found["tiny4", arms[0], arms[1]]
        assert (pair.difference, pair.seeds) == (alone.difference, alone.seeds)
        assert pair.p == min(1.0, max(pair.p, alone.p))  # corrected for three

    def test_one_table_is_compared_with_nothing(self, evidence: Evidence, home: Path) -> None:
        alone = studies.conduct(
            STUDY, evidence.surrogates, home / "r", tasks=["tiny4"], seeds=range(3), methods=["random-search"]
        )
        (said,) = STUDY.report(alone).text
        assert "Two tables are needed" in said
