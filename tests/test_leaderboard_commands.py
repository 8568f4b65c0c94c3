"""``harness leaderboard``: the baselines, from nothing to records, and the tables, from records to Markdown and CSV."""

# ruff: noqa: ARG001, ARG002 - fixtures and methods whose arguments are given, not used

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Answer, handwritten

from harness import baselines, registry
from harness.cli import main
from harness.errors import UnknownName
from harness.registry import MethodEntry
from harness.results import load_results
from harness.surrogates import SurrogateSet
from optimizers import METHODS

Inside = Callable[..., Answer]


@pytest.fixture
def inside(clockwork: SurrogateSet, capsys: pytest.CaptureFixture[str]) -> Inside:
    """``inside("leaderboard", ...)`` runs the command line in this process."""

    def call(*arguments: object) -> Answer:
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Answer(int(end.value.code or 0), out, err)

    return call


class Thrice:
    """Three random configurations, then nothing more to ask."""

    def __init__(self, problem: Any, seed: int) -> None:
        import numpy as np

        self.space, self.rng, self.left = problem.space, np.random.default_rng(seed), 3

    def ask(self) -> Any:
        self.left -= 1
        return self.space.sample(self.rng) if self.left >= 0 else None

    def tell(self, observation: Any) -> None:
        pass


class Broken(Thrice):
    """Raises on the second configuration."""

    def tell(self, observation: Any) -> None:
        raise ValueError("no more")


@pytest.fixture
def three_methods(monkeypatch: pytest.MonkeyPatch) -> dict[str, MethodEntry]:
    """A registry of a method for one setting, one whose library does not exist and one for two objectives."""
    entries = [
        MethodEntry(
            "elsewhere", "elsewhere:Method", handwritten(Thrice).capabilities, libraries=("no-such",), extra="x"
        ),
        handwritten(Thrice, "thrice", settings=("bb",), axis=None),
        handwritten(Broken, "broken", settings=("ca",), objectives=("multi",), axis=None),
    ]
    known = {entry.name: entry for entry in entries}
    monkeypatch.setattr(registry, "methods", lambda: known)
    return known


def run_baselines(inside: Inside, results: Path, *more: object) -> Answer:
    return inside("leaderboard", "baselines", "--surrogates", "clockwork", "--seeds", 2, "--results", results, *more)


def test_every_method_is_planned_wherever_it_can_run(clockwork: SurrogateSet) -> None:
    plan = baselines.plan(clockwork, range(10))
    planned = {(job.spec.method, job.spec.leaderboard) for job in plan.jobs}
    possible = {
        (entry.name, board.id) for entry in METHODS.values() for board in registry.suite().LEADERBOARDS.values()
        if board.setting.name in entry.capabilities.settings and board.objective in entry.capabilities.objectives
        and entry.name not in plan.left_out
    }  # fmt: skip
    assert planned == possible
    assert {job.seeds for job in plan.jobs} == {tuple(range(10))}
    assert all(not job.spec.variant for job in plan.jobs)
    assert {name for name, entry in METHODS.items() if not entry.libraries}.isdisjoint(plan.left_out)


def test_cheap_methods_come_first(clockwork: SurrogateSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MethodEntry, "require", lambda _: None)
    order = [METHODS[job.spec.method] for job in baselines.plan(clockwork, [0]).jobs]
    costs = [(entry.slow, bool(entry.libraries)) for entry in order]
    assert costs == sorted(costs)
    assert {entry.name for entry in order} == set(METHODS)


def test_choices_narrow_the_plan(clockwork: SurrogateSet) -> None:
    plan = baselines.plan(
        clockwork, [0], leave_out=["hyperband"], tasks=["cifar10"], objectives=["single"], settings=["mf"]
    )
    assert {job.spec.leaderboard for job in plan.jobs} == {"cifar10/single/mf"}
    assert plan.left_out["hyperband"] == "as asked"
    assert "hyperband-diagonal" not in plan.left_out, "it was not asked for on this leaderboard"
    asked = baselines.plan(clockwork, [0], methods=["hyperband-diagonal"], settings=["mf"])
    assert asked.left_out == {"hyperband-diagonal": "supports none of these leaderboards"}
    with pytest.raises(UnknownName, match="did you mean 'hyperband'"):
        baselines.plan(clockwork, [0], leave_out=["hyperbnd"])
    with pytest.raises(UnknownName, match="unknown setting 'xy'"):
        baselines.plan(clockwork, [0], settings=["xy"])


def test_the_command_runs_what_it_can_and_names_the_rest(
    inside: Inside, three_methods: dict[str, MethodEntry], tmp_path: Path
) -> None:
    answer = run_baselines(inside, tmp_path)
    assert answer.code == 1
    lines = {line.split()[0]: line for line in answer.out.splitlines()}
    assert "6 leaderboards, 12 runs" in lines["thrice"]
    assert "needs no-such, which is not installed: pip install 'jahs-harness[x]'" in lines["elsewhere"]
    assert f"harness verify {tmp_path} --save" in lines["Next:"]
    assert len(answer.err.splitlines()) == 6, "three leaderboards, two seeds each"
    assert "broken seed 0 failed: broken raised ValueError: no more" in answer.err
    assert len(load_results(tmp_path).records) == 6 + 3


def test_the_command_goes_on_where_it_stopped(
    inside: Inside, three_methods: dict[str, MethodEntry], tmp_path: Path
) -> None:
    assert run_baselines(inside, tmp_path, "--method", "thrice").code == 0
    again = run_baselines(inside, tmp_path, "--method", "thrice", "--seeds", 3)
    assert again.code == 0
    assert "6 leaderboards, 6 runs, 0 s inside the method, 12 there already" in again.out


def test_a_record_is_merged_as_soon_as_its_last_seed_is_done(
    clockwork: SurrogateSet, three_methods: dict[str, MethodEntry], tmp_path: Path
) -> None:
    from harness.execute import execute

    seen: list[int] = []
    jobs = baselines.plan(clockwork, [0, 1], methods=["thrice"]).jobs
    execute(jobs, clockwork, tmp_path, on_run=lambda *_: seen.append(len(list(tmp_path.rglob("thrice.parquet")))))
    assert seen == [n // 2 for n in range(12)]
    assert not list(tmp_path.rglob("*.parts"))


def test_nothing_to_run_is_wrong_usage(inside: Inside, three_methods: dict[str, MethodEntry], tmp_path: Path) -> None:
    answer = run_baselines(inside, tmp_path, "--method", "elsewhere")
    assert answer.code == 2
    assert "nothing is left to run (elsewhere: needs no-such" in answer.err
    assert run_baselines(inside, tmp_path, "--jobs", 0).code == 2
