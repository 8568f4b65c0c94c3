"""The study of cost-aware methods: its runs, and its tests corrected over all boards."""

from __future__ import annotations

from pathlib import Path

from harness.reports import studies
from harness.reports.studies import Evidence
from harness.sources.models.surrogates import SurrogateSet
from protocols.jahs.studies import cost

EVIDENCE = Evidence(None, ("cifar10", "fashion_mnist"), tuple(range(12)), (), suite="jahs")


def test_a_constant_lead_is_told_apart_and_noise_is_not() -> None:
    """Twelve equal signs have p = 2 / 2^12 = 0.00049; with four comparisons Holm's factors are 4, 3, 2 and 1."""
    noise = {seed: 8.0 + (-1) ** seed * (seed // 2 + 1) for seed in range(12)}
    scores = {
        ("cifar10", "carbo"): {seed: 8.0 - 0.001 * seed for seed in range(12)},
        ("cifar10", "random-search"): dict.fromkeys(range(30), 9.0),
        ("cifar10", "gp-bo"): noise,
        ("fashion_mnist", "carbo"): {seed: 5.0 + 0.001 * seed for seed in range(12)},
        ("fashion_mnist", "random-search"): dict.fromkeys(range(11), 4.0),
    }  # fmt: skip
    said = cost._tested(EVIDENCE, "single", scores)
    assert "- CIFAR-10: `carbo` minus `random-search` \N{MINUS SIGN}1.01 (p = 0.0015, 12 seeds)" in said
    assert "- Fashion-MNIST: `carbo` minus `random-search` +1.00 (p = 0.002, 11 seeds)" in said
    assert "`carbo` minus `gp-bo`" in said
    assert said.count("not told apart") == 1
    assert cost._tested(EVIDENCE, "multi", {}) == ""


def test_it_runs_on_the_boards_of_one_and_of_two_objectives(toy_set: SurrogateSet, tmp_path: Path) -> None:
    evidence = studies.conduct(
        studies.find("cost"), toy_set, tmp_path, seeds=2, methods=("random-search",), tasks=("cifar10",)
    )
    boards = {record.spec.leaderboard for record in evidence.records.values()}
    assert boards == {"cifar10/single/ca", "cifar10/multi/ca"}
    report = studies.find("cost").report(evidence)
    single, multi = report.tables[0].rows
    assert (single["seeds"], multi["seeds"]) == (2, 2)
    assert report.text == ()
