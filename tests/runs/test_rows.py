"""A run of many evaluations: packed as it goes, the same to the byte, and ended where the protocol says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import harness
from harness.benchmark.leaderboard import MAX_EVALUATIONS
from harness.runs import rows, runner
from harness.sources.models.surrogates import SurrogateSet
from harness.verify import accounting
from harness.verify.api import verify
from support.record_bytes import unmeasured


def files(folder: Path) -> list[Any]:
    return [unmeasured(path) for path in sorted(folder.rglob("*.parquet"))]


@pytest.mark.parametrize(("setting", "method"), [("mf", "hyperband"), ("multi-mf", "hyperband-diagonal")])
def test_packed_rows_make_the_same_record(
    setting: str, method: str, toy_set: SurrogateSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, block in (("whole", rows.BLOCK), ("packed", 7)):
        monkeypatch.setattr(rows, "BLOCK", block)
        harness.run("cifar10", setting, method, seeds=2, workers=3, surrogates=toy_set, results=tmp_path / name)
    assert files(tmp_path / "whole") == files(tmp_path / "packed") != []


FAILING = """
class Failing:
    def __init__(self, problem, seed):
        import numpy
        self.space, self.rng, self.told = problem.space, numpy.random.default_rng(seed), 0

    def ask(self):
        return self.space.sample(self.rng)

    def tell(self, observation):
        self.told += 1
        if self.told == 40:
            raise ValueError("enough")
"""


def test_pending_rows_of_a_failed_run_are_not_counted(
    toy_set: SurrogateSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "failing.py").write_text(FAILING)
    found = []
    for block in (rows.BLOCK, 7):
        monkeypatch.setattr(rows, "BLOCK", block)
        (record,) = harness.run(
            "cifar10", "bb", f"{tmp_path / 'failing.py'}:Failing", seeds=1, workers=3, surrogates=toy_set
        )
        found.append(record.table["counted"].to_pylist())
        assert record.runs[0]["evaluations"] == sum(found[-1]) == 40
    assert found[0] == found[1]


def test_a_long_run_holds_few_python_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "BLOCK", 100)
    made = rows.Rows(lambda given: {"a": [a for a, _ in given], "b": [b for _, b in given]})
    for number in range(1050):
        made.add((number, "text"), counted=True, seconds=0.0)
    assert len(made._last) == 50
    assert len(made) == 1050
    columns = made.columns()
    assert columns["a"].tolist() == list(range(1050))
    assert set(columns["b"]) == {"text"}
    assert columns["counted"].all()


@pytest.mark.parametrize("workers", [1, 4])
def test_a_run_ends_at_the_most_evaluations_and_verification_knows(
    workers: int, toy_set: SurrogateSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (runner, accounting):
        monkeypatch.setattr(module, "MAX_EVALUATIONS", 30)
    results = harness.run("cifar10", "bb", "random-search", seeds=3, workers=workers, surrogates=toy_set)
    (record,) = results
    assert {(head["status"], head["stopped"]) for head in record.runs.values()} == {("complete", "evaluations")}
    assert {head["evaluations"] for head in record.runs.values()} == {30}
    assert accounting.ending_problem([1.0] * 30, "evaluations", 100.0) is None
    assert accounting.ending_problem([1.0] * 30, "method", 100.0) is not None
    assert accounting.ending_problem([*[1.0] * 29, 100.0], "budget", 100.0) is None
    assert "has 29; a run may have 30" in str(accounting.ending_problem([1.0] * 29, "evaluations", 100.0))
    assert "has 31 evaluations; a run has 30 at most" in str(accounting.ending_problem([1.0] * 31, "budget", 1.0))


def test_a_trial_does_not_go_on_beyond_the_most(toy_set: SurrogateSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "MAX_EVALUATIONS", 30)
    (record,) = harness.run("cifar10", "mf", "asha-stopping", seeds=1, workers=4, surrogates=toy_set)
    assert len(record.table) == 30
    assert record.runs[0]["stopped"] == "evaluations"


def test_the_texts_state_the_number() -> None:
    root = Path(__file__).resolve().parents[2]
    for page in ("protocols/README.md", "docs/concepts.md"):
        assert f"at most {MAX_EVALUATIONS:,} evaluations" in (root / page).read_text("utf-8")


def test_a_verified_folder(toy_set: SurrogateSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "BLOCK", 50)
    harness.run("cifar10", "mf", "hyperband", seeds=10, surrogates=toy_set, results=tmp_path)
    assert verify(tmp_path).ok
