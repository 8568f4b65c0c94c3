"""Optuna's methods: they propose what the library proposes by itself, told the same."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

pytest.importorskip("optuna", reason="optuna is not installed")

import optuna

from harness.benchmark.method import Proposal
from harness.benchmark.space import Categorical, Float, Integer, Space
from harness.errors import UsageError
from optimizers.optuna_methods import GP, NSGA2, TPE, TPEHyperband, TPESuccessiveHalving
from protocols.jahs.space import SPACE
from support.driving import asked, drive, observation, odd, problem, smooth, two

PRUNED = (TPEHyperband, TPESuccessiveHalving)
needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
WITH_GP = (TPE, NSGA2, pytest.param(GP, marks=needs_torch))
SINCE_4_4 = tuple(map(int, optuna.__version__.split(".")[:2])) >= (4, 4)


def suggested(trial: optuna.Trial) -> dict[str, Any]:
    """A configuration, the way a user of Optuna writes it."""
    found: dict[str, Any] = {}
    for name, p in SPACE.items():
        if isinstance(p, Categorical):
            found[name] = trial.suggest_categorical(name, p.choices)
        elif isinstance(p, Float):
            found[name] = trial.suggest_float(name, p.low, p.high, log=p.log)
    return found


def by_itself(sampler: optuna.samplers.BaseSampler, losses: Callable[[Proposal], Any], n: int) -> list[dict[str, Any]]:
    """The configurations that the library tries when it runs the optimisation."""
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    objectives = len(losses(Proposal(SPACE.check({**dict.fromkeys(SPACE, 0), **HEALTHY}))))
    study = optuna.create_study(sampler=sampler, directions=["minimize"] * objectives)
    study.optimize(lambda trial: losses(Proposal(suggested(trial))), n_trials=n)
    return [trial.params for trial in study.trials]


HEALTHY = {"LearningRate": 0.1, "WeightDecay": 1e-3, "Activation": "ReLU", "TrivialAugment": True}


def searched(proposals: list[Proposal]) -> list[dict[str, Any]]:
    return [{name: p.configuration[name] for name in SPACE} for p in proposals]


@pytest.mark.parametrize("objective", ["single", "multi"])
@pytest.mark.parametrize("settings", [{}, {"multivariate": True}, {"multivariate": False, "n_startup_trials": 5}])
@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_tpe_proposes_what_the_library_proposes(objective: str, settings: dict[str, Any]) -> None:
    posed, losses = problem(objective=objective), smooth if objective == "single" else two
    made = drive(TPE(posed, 7, **settings), posed, 30, losses)
    assert searched(made) == by_itself(optuna.samplers.TPESampler(seed=7, **settings), losses, 30)


@pytest.mark.parametrize("objective", ["single", "multi"])
def test_nsga2_proposes_what_the_library_proposes(objective: str) -> None:
    posed, losses = problem(objective=objective), smooth if objective == "single" else two
    made = drive(NSGA2(posed, 7, population_size=10), posed, 50, losses)
    assert searched(made) == by_itself(optuna.samplers.NSGAIISampler(seed=7, population_size=10), losses, 50)


@needs_torch
def test_gp_proposes_what_the_library_proposes() -> None:
    torch = pytest.importorskip("torch")
    posed, threads = problem(), torch.get_num_threads()
    made = drive(GP(posed, 7, n_startup_trials=5), posed, 10)
    assert torch.get_num_threads() == threads
    torch.set_num_threads(1)
    try:
        assert searched(made) == by_itself(optuna.samplers.GPSampler(seed=7, n_startup_trials=5), smooth, 10)
    finally:
        torch.set_num_threads(threads)


def test_gp_without_torch_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else find(name))
    with pytest.raises(UsageError, match=r"^optuna-gp needs torch: pip install torch$"):
        GP(problem(), 0)


@pytest.mark.parametrize(("made", "pruner"), [
    (TPEHyperband, optuna.pruners.HyperbandPruner(min_resource=1, max_resource=81 + 1, reduction_factor=3)),
    (TPESuccessiveHalving, optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=3)),
])  # fmt: skip
def test_trials_are_pruned_as_the_library_prunes_them(made: Any, pruner: optuna.pruners.BasePruner) -> None:
    posed = problem("mf", axes=("epoch",))
    asked_for = [(p.configuration["LearningRate"], p.fidelity["epoch"]) for p in drive(made(posed, 7), posed, 150)]
    by_library: list[tuple[float, int]] = []

    def objective(trial: optuna.Trial) -> float:
        configuration = suggested(trial)
        for rung, epoch in enumerate((2, 7, 22, 66, 200)):
            by_library.append((configuration["LearningRate"], epoch))
            (loss,) = smooth(Proposal(configuration, {"epoch": epoch}))
            trial.report(loss, 3**rung)
            if epoch < 200 and trial.should_prune():
                raise optuna.TrialPruned
        return loss

    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=7), pruner=pruner, study_name="7")
    while len(by_library) < 150:
        study.optimize(objective, n_trials=1)
    assert asked_for == by_library[:150]
    assert {epoch for _, epoch in asked_for} == {2, 7, 22, 66, 200}
    assert any(trial.state.name == "PRUNED" for trial in study.trials)


@pytest.mark.parametrize("made", PRUNED)
@pytest.mark.parametrize(
    ("axis", "levels"), [("N", [1, 3, 5]), ("Resolution", [0.25, 0.5, 1.0]), ("epoch", [2, 7, 22, 66, 200])]
)
def test_a_trial_climbs_one_rung_at_a_time(made: Any, axis: str, levels: list[Any]) -> None:
    posed = problem("mf", axes=(axis,))
    climbed: dict[str, list[Any]] = {}
    for proposal in drive(made(posed, 1), posed, 200, pending=4, shuffled=2):
        climbed.setdefault(repr(proposal.configuration), []).append(proposal.fidelity[axis])
    assert all(seen == levels[: len(seen)] for seen in climbed.values())
    assert {1, len(levels)} <= {len(seen) for seen in climbed.values()}


def worsening(worse: Iterator[float]) -> Callable[[Proposal], tuple[float]]:
    return lambda _: (next(worse),)


def test_hyperband_has_a_bracket_per_rung() -> None:
    """Every result is worse than all before, so that trials end where their bracket first prunes: in one, nowhere."""
    for eta, axis, rungs in ((None, "epoch", 5), (None, "N", 3), (5, "epoch", 4)):
        posed = problem("mf", axes=(axis,))
        method = TPEHyperband(posed, 1, eta=eta, n_startup_trials=1000)
        lengths: dict[str, int] = {}
        for proposal in drive(method, posed, 500, worsening(count(0.0))):
            key = repr(proposal.configuration)
            lengths[key] = lengths.get(key, 0) + 1
        assert set(list(lengths.values())[20:-1]) == set(range(1, rungs + 1))


@pytest.mark.parametrize("made", WITH_GP)
@pytest.mark.parametrize("objective", ["single", "multi"])
def test_infinite_and_undefined_losses_are_survived(made: Any, objective: str) -> None:
    if made is GP and objective == "multi" and not SINCE_4_4:
        pytest.skip("GPSampler takes two objectives since Optuna 4.4")
    posed = problem(objective=objective)
    method = made(posed, 1, **({"population_size": 5} if made is NSGA2 else {"n_startup_trials": 5}))
    made_proposals = drive(method, posed, 12 if made is GP else 40, lambda p: odd(p, len(posed.objectives)), 3, 1)
    assert len(made_proposals) >= 12


@pytest.mark.parametrize("made", PRUNED)
def test_infinite_and_undefined_losses_are_pruned(made: Any) -> None:
    posed = problem("mf", axes=("epoch",))
    assert len(drive(made(posed, 1), posed, 80, lambda p: odd(p, 1), pending=3, shuffled=1)) == 80


@pytest.mark.parametrize("made", [TPE, NSGA2])
def test_every_kind_of_parameter_is_searched_within_its_range(made: Any) -> None:
    space = Space((Float("rate", 1e-3, 1.0, log=True), Float("size", -1.0, 3.0), Integer("depth", 2, 9),
                   Categorical("op", ("a", "b")), Categorical("fixed", (True,))), {"constant": 1})  # fmt: skip
    posed = problem(space=space)
    proposals = drive(made(posed, 1), posed, 150, lambda p: (p.configuration["rate"] - p.configuration["size"],))
    assert {p.configuration["op"] for p in proposals} == {"a", "b"}
    assert {type(p.configuration["depth"]) for p in proposals} == {int}
    assert len({p.configuration["depth"] for p in proposals}) > 4


def test_equal_configurations_may_be_pending_together() -> None:
    posed = problem(space=Space((Categorical("op", ("a", "b")),)))
    method = TPE(posed, 1)
    pending = [p for _ in range(12) if (p := asked(method)) is not None]
    for number, proposal in enumerate(reversed(pending)):
        method.tell(observation(posed, proposal, [float(number)]))
    with pytest.raises(KeyError):
        method.tell(observation(posed, pending[0], [0.0]))


def test_the_librarys_log_is_off_and_its_level_put_back(capfd: pytest.CaptureFixture[str]) -> None:
    optuna.logging.set_verbosity(optuna.logging.INFO)
    posed = problem()
    drive(TPE(posed, 1), posed, 15)
    assert logging.getLogger("optuna").level == logging.INFO
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("made", "settings"),
    [
        (TPE, {"n_startup_trials": 0}),
        (TPE, {"n_ei_candidates": 0}),
        (NSGA2, {"population_size": 1}),
        (GP, {"n_startup_trials": 0}),
        (TPEHyperband, {"eta": 1}),
        (TPESuccessiveHalving, {"eta": 1}),
    ],
)
def test_a_bad_setting_is_named(made: Any, settings: dict[str, Any]) -> None:
    (name,) = settings
    with pytest.raises(ValueError, match=f"^{name} = .* must be at least"):
        made(problem("mf", axes=("epoch",)), 0, **settings)
