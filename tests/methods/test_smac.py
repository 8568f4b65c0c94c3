"""SMAC's adapter, where the conformance suite does not reach: SMAC is as it ships, and nothing is hidden."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.benchmark.ladder import rungs
from harness.benchmark.method import Problem, Proposal
from harness.benchmark.space import Categorical, Space
from support.driving import asked, drive, observation, problem, smooth, two

pytest.importorskip("smac", reason="SMAC is not installed")

from smac.acquisition.maximizer import LocalAndSortedRandomSearch
from smac.model.random_forest import RandomForest

from optimizers import smac_methods
from optimizers.smac_methods import SmacBO, SmacEIPS, SmacHyperband, SmacParEGO

FULL = problem()
EPOCHS = problem("mf", axes=("epoch",))
FEW: dict[str, Any] = {"initial_ratio": 0.05}


def parts(method: Any) -> dict[str, Any]:
    return dict(method._smac.meta)


def test_the_facade_keeps_its_own_parts_and_settings() -> None:
    method = SmacBO(FULL, 1)
    scenario, facade = method._smac.scenario, method.facade
    meta = parts(method)
    searched = meta["acquisition_maximizer"], facade.get_acquisition_maximizer(scenario).meta
    assert len({maximizer["challengers"] for maximizer in searched}) == 1
    for part in (
        "acquisition_function",
        "initial_design",
        "random_design",
        "config_selector",
        "intensifier",
        "runhistory_encoder",
    ):
        assert meta[part] == getattr(facade, f"get_{part}")(scenario).meta, part
    own, shipped = meta["model"], facade.get_model(scenario).meta
    changed = {name for name in shipped if repr(own[name]) != repr(shipped[name])}
    assert changed == {"n_jobs", "max_leaf_nodes"}
    assert scenario.deterministic


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_the_forest_as_we_compute_it_changes_no_proposal(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = drive(SmacBO(FULL, seed, **FEW), FULL, 22)
    monkeypatch.setattr(smac_methods, "_forest", SmacBO.facade.get_model)
    assert drive(SmacBO(FULL, seed, **FEW), FULL, 22) == ours


def test_a_quarter_of_the_budget_is_the_initial_design() -> None:
    downwards = drive(SmacBO(FULL, 3), FULL, 28)
    upwards = drive(SmacBO(FULL, 3), FULL, 28, lambda p: (-smooth(p)[0],))
    assert upwards[:25] == downwards[:25]
    assert upwards[25:] != downwards[25:]


def test_a_result_is_told_to_the_trial_that_it_is_of() -> None:
    method = SmacBO(FULL, 4)
    drive(method, FULL, 12, pending=4, shuffled=1)
    history = method._smac.runhistory
    for key, run in history.items():
        configuration = FULL.space.from_configspace(history.get_config(key.config_id))
        assert run.cost == smooth(Proposal(configuration))[0]


def test_an_evaluation_that_was_never_asked_for_is_refused() -> None:
    method = SmacBO(FULL, 4)
    (made,) = drive(method, FULL, 1)
    with pytest.raises(KeyError):
        method.tell(observation(FULL, made, [0.0]))


@pytest.mark.parametrize(
    ("setting", "axes", "expected"),
    [
        ("mf", ("epoch",), [("epoch", n, e) for n, e in ((81, 2), (27, 7), (9, 22), (3, 66), (1, 200))]),
        ("mf", ("Resolution",), [("Resolution", 4, 0.25), ("Resolution", 2, 0.5), ("Resolution", 1, 1.0)]),
        ("multi-mf", ("N", "W", "Resolution", "epoch"), [("W", 4, 4), ("W", 2, 8), ("W", 1, 16)]),
    ],
)
def test_budgets_are_the_rungs_of_the_protocol(setting: str, axes: tuple[str, ...], expected: list[Any]) -> None:
    posed = problem(setting, axes=axes)
    made = drive(SmacHyperband(posed, 5), posed, sum(n for _, n, _ in expected))
    previous: list[Proposal] = []
    for axis, n, value in expected:
        stage, made = made[:n], made[n:]
        assert {p.fidelity[axis] for p in stage} == {value}
        assert all(set(p.fidelity) == set(axes) for p in stage)
        if previous:
            best = sorted(previous, key=smooth)[:n]
            assert [p.configuration for p in sorted(stage, key=smooth)] == [p.configuration for p in best]
        previous = stage


@pytest.mark.parametrize("eta", range(2, 8))
def test_rounded_logarithms_lose_no_rung(eta: int) -> None:
    method = SmacHyperband(EPOCHS, 5, eta=eta)
    ladder = rungs(EPOCHS, eta)
    first = asked(method)
    assert first is not None
    assert first.fidelity == ladder[0]
    budgets = method._smac.intensifier._budgets_in_stage[0]
    assert [round(b) for b in budgets] == [eta**k for k in range(len(ladder))]


def charged(method: Any, posed: Problem, evaluations: int) -> list[Proposal]:
    """Drives a method that is told the cost: a tenth of a mean full evaluation with ReLU, else almost two."""
    made = []
    for _ in range(evaluations):
        proposal = method.ask()
        cost = posed.full_cost * (0.1 if proposal.configuration["Activation"] == "ReLU" else 1.9)
        method.tell(replace(observation(posed, proposal, smooth(proposal)), cost=cost))
        made.append(proposal)
    return made


@pytest.mark.slow
def test_improvement_per_second_prefers_the_cheaper_of_equals() -> None:
    posed = problem("ca")

    def share(method: Any) -> float:
        return float(sum(p.configuration["Activation"] == "ReLU" for p in charged(method, posed, 24)[8:]) / 16)

    settings: dict[str, Any] = {"initial_ratio": 0.08, "random_probability": 0.0}
    assert share(SmacEIPS(posed, 6, **settings)) > 0.9
    assert share(SmacBO(posed, 6, **settings)) < 0.7


@pytest.mark.slow
def test_the_unit_of_time_does_not_matter() -> None:
    seconds = problem("ca")
    others = replace(seconds, budget=2048 * seconds.budget, full_cost=2048 * seconds.full_cost)
    assert charged(SmacEIPS(seconds, 7, **FEW), seconds, 14) == charged(SmacEIPS(others, 7, **FEW), others, 14)


def test_improvement_per_second_needs_a_cost() -> None:
    method = SmacEIPS(FULL, 7)
    proposal = asked(method)
    assert proposal is not None
    with pytest.raises(ValueError, match="needs a setting that tells the cost"):
        method.tell(replace(observation(FULL, proposal, [0.0]), cost=None))


@pytest.mark.slow
def test_parego_learns_both_objectives() -> None:
    posed = problem(objective="multi")
    both = drive(SmacParEGO(posed, 8, **FEW), posed, 14, two)
    assert both != drive(SmacParEGO(posed, 8, **FEW), posed, 14, lambda p: (two(p)[0], 1.0))
    assert parts(SmacParEGO(posed, 8))["multi_objective_algorithm"]["name"] == "ParEGO"


def test_a_finite_space_is_exhausted_quietly(capfd: pytest.CaptureFixture[str]) -> None:
    space = Space((Categorical("A", (1, 2)), Categorical("B", ("x", "y"))))
    posed = problem(space=space)
    method = SmacBO(posed, 10)
    made = drive(method, posed, 10, lambda p: (float(p.configuration["A"]),))
    assert sorted(tuple(p.configuration.values()) for p in made) == [(1, "x"), (1, "y"), (2, "x"), (2, "y")]
    assert method.ask() is None
    assert capfd.readouterr() == ("", "")


def test_logging_is_left_as_it_was() -> None:
    before = (logging.root.level, list(logging.root.handlers), logging.getLogger("smac").level)
    drive(SmacBO(FULL, 11), FULL, 2)
    assert (logging.root.level, list(logging.root.handlers), logging.getLogger("smac").level) == before


def test_nothing_is_left_or_written_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    method = SmacBO(FULL, 12, **FEW)
    assert list(tmp_path.iterdir()) == []
    tmp_path.chmod(0o500)
    try:
        drive(method, FULL, 7)
    finally:
        tmp_path.chmod(0o700)
    assert list(tmp_path.rglob("*")) == []
    assert not method._smac.scenario.output_directory.exists()


@pytest.mark.parametrize(
    ("where", "name"), [(RandomForest, "_train"), (RandomForest, "_predict"), (LocalAndSortedRandomSearch, "_maximize")]
)
def test_a_failure_inside_smac_is_not_hidden(where: type, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise ArithmeticError("singular")

    monkeypatch.setattr(where, name, fails)
    with pytest.raises(ArithmeticError, match="singular"):
        drive(SmacBO(FULL, 13, **FEW), FULL, 8)


@pytest.mark.parametrize(
    "bad", [{"initial_ratio": 0.0}, {"initial_ratio": 1.5}, {"random_probability": -0.1}, {"retrain_after": 0}]
)
def test_bad_settings_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        SmacBO(FULL, 1, **bad)


def test_a_bad_promotion_factor_is_refused() -> None:
    with pytest.raises(ValueError, match="eta = 1 must be at least 2"):
        SmacHyperband(EPOCHS, 1, eta=1)
