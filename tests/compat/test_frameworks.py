"""Other frameworks drive runs: what they are told is what is recorded. Each is tested where it is installed."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import harness
from harness.errors import UsageError
from harness.sources.models.surrogates import SurrogateSet

MODULES = {
    "optunahub": ("optunahub", "optunahub"),
    "carps": ("carps", "carps"),
    "neps": ("neps", "neural-pipeline-search"),
    "syne_tune": ("syne_tune", "syne-tune[blackbox-repository]"),
    "ray_tune": ("ray", "ray[tune]"),
}
"""The modules of ``harness.compat``: the module of the library, and the package that has it."""


def made(name: str) -> Any:
    pytest.importorskip(MODULES[name][0])
    return importlib.import_module(f"harness.compat.{name}")


@pytest.fixture(autouse=True)
def libraries_may_warn() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def rows(results: harness.Results) -> Any:
    (record,) = results
    assert record.spec.driven
    return record.table.to_pandas()


@pytest.mark.parametrize("name", MODULES)
def test_a_missing_library_is_named_with_the_command_that_installs_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, package = MODULES[name]
    for loaded in [key for key in sys.modules if key.split(".")[0] == module or key == f"harness.compat.{name}"]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UsageError) as told:
        importlib.import_module(f"harness.compat.{name}")
    shown = f"'{package}'" if "[" in package else package
    assert str(told.value).startswith(f"harness.compat.{name} needs {package}: pip install {shown} (")


def test_optunahub_optimizes_a_problem_until_the_budget_ends(toy_set: SurrogateSet) -> None:
    problem = made("optunahub").Problem
    optuna = importlib.import_module("optuna")
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    for objective in ("single", "multi"):
        driven = harness.objective("cifar10", "bb", objective=objective, surrogates=toy_set)
        study = optuna.create_study(
            sampler=optuna.samplers.RandomSampler(seed=1), directions=problem(driven).directions
        )  # fmt: skip
        study.optimize(problem(driven), n_trials=1000)
        found = rows(driven.finish())
        complete = [trial for trial in study.trials if trial.state.name == "COMPLETE"]
        assert 10 < len(complete) < 1000
        assert study.trials[-1].state.name == "PRUNED"
        assert [-trial.values[0] for trial in complete] == found["valid-acc"][: len(complete)].tolist()
        assert found["counted"].sum() == len(complete)


def test_carps_evaluates_trials_at_their_budgets(toy_set: SurrogateSet) -> None:
    function = made("carps").ObjectiveFunction
    trials = importlib.import_module("carps.utils.trials")
    with harness.objective("cifar10", "mf", surrogates=toy_set) as driven:
        evaluated = function(driven)
        config = evaluated.configspace.sample_configuration()
        told = [evaluated.evaluate(trials.TrialInfo(config=config, budget=budget)) for budget in (5, 200, None)]
    found = rows(driven.finish())
    assert found["epoch"].tolist() == [5, 200, 200]
    assert [-value.cost for value in told] == found["valid-acc"].tolist()
    assert [value.virtual_time for value in told] == found["charge"].tolist()


def test_neps_evaluates_its_pipeline(toy_set: SurrogateSet, tmp_path: Path) -> None:
    compat = made("neps")
    neps = importlib.import_module("neps")
    with harness.objective("cifar10", "mf", surrogates=toy_set) as driven:
        neps.run(
            compat.evaluate_pipeline(driven), compat.pipeline_space(driven), optimizer="hyperband",
            root_directory=tmp_path / "neps", worker_evaluations_to_spend=12,
        )  # fmt: skip
    assert len(rows(driven.finish())) == 12


def test_syne_tune_simulates_on_the_blackbox(toy_set: SurrogateSet) -> None:
    compat = made("syne_tune")
    syne_tune = importlib.import_module("syne_tune")
    baselines = importlib.import_module("syne_tune.optimizer.baselines")
    with harness.objective("cifar10", "mf", surrogates=toy_set) as driven:
        blackbox = compat.Blackbox(driven)
        scheduler = baselines.ASHA(
            blackbox.configuration_space, metric="loss", time_attr="epoch", max_t=200, random_seed=1, do_minimize=True
        )
        tuner = syne_tune.Tuner(
            trial_backend=compat.backend(driven), scheduler=scheduler, n_workers=1, sleep_time=0,
            stop_criterion=syne_tune.StoppingCriterion(max_num_trials_finished=5), save_tuner=False,
            callbacks=[compat.Recorder(driven)], results_update_interval=10**6, print_update_interval=10**6,
        )  # fmt: skip
        tuner.run()
        curve = blackbox.objective_function(next(iter(tuner.trial_backend._trial_dict.values())).config)
    found = rows(driven.finish())
    assert set(found["epoch"]) >= {1, 2, 3}
    assert found["trial"].nunique() >= 5
    first = found[found["trial"] == 0].sort_values("epoch")
    assert (-first["valid-acc"]).tolist() == curve[: len(first), 0].tolist()
    assert first["price"].tolist() == curve[: len(first), 1].tolist()


@pytest.mark.slow
def test_ray_tunes_a_trainable(toy_set: SurrogateSet, tmp_path: Path) -> None:
    compat = made("ray_tune")
    ray = importlib.import_module("ray")
    tune = importlib.import_module("ray.tune")
    ray.init(num_cpus=1, include_dashboard=False, ignore_reinit_error=True)
    try:
        driven = compat.Driven("cifar10", "bb", surrogates=toy_set)
        tuner = tune.Tuner(
            driven.trainable, param_space=driven.param_space,
            tune_config=tune.TuneConfig(metric="loss", mode="min", num_samples=3, max_concurrent_trials=1),
            run_config=tune.RunConfig(storage_path=str(tmp_path), verbose=0),
        )  # fmt: skip
        told = [result.metrics["loss"] for result in tuner.fit()]
        assert sorted(told) == sorted(-rows(driven.finish())["valid-acc"])
    finally:
        ray.shutdown()
