"""The model-based asynchronous methods: which resource is modelled for, what is proposed, and that it is of use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from optimizers.gaussian_process.likelihood import fit

pytest.importorskip("scipy", reason="the Gaussian process needs the extra [gp]")
pytest.importorskip("threadpoolctl", reason="the Gaussian process needs the extra [gp]")

import itertools
from dataclasses import replace

from threadpoolctl import threadpool_info, threadpool_limits

from harness.benchmark.method import Proposal
from harness.benchmark.space import Categorical, Float, Integer, Space
from optimizers import METHODS
from optimizers.a_bohb import ABOHB
from optimizers.asha import AsyncHyperband
from optimizers.async_bo import AsyncBO
from optimizers.gaussian_process import regression
from optimizers.gaussian_process.threads import one_thread
from optimizers.random_search import RandomSearch
from support.async_driver import Event, drive_async
from support.driving import asked, drive, observation, odd, problem, smooth

EPOCHS = problem("mf", axes=("epoch",))
FULL = problem()
PLANE = Space((Float("a", 0.0, 1.0), Float("b", 0.0, 1.0)))
ON_PLANE = problem("mf", axes=("epoch",), space=PLANE)
RUNGS = (2, 7, 22, 66, 200)


def bowl(configuration: dict[str, Any], fidelity: dict[str, Any]) -> float:
    """Lowest at (0.7, 0.2), and the lower the longer it trains."""
    distance = (configuration["a"] - 0.7) ** 2 + (configuration["b"] - 0.2) ** 2
    return float(distance + 0.5 / (1.0 + fidelity["epoch"]))


def rugged(configuration: dict[str, Any], fidelity: dict[str, Any]) -> float:
    """Nothing to be learned."""
    return float(np.sin(1e4 * configuration["a"]) - 0.001 * fidelity["epoch"])


def curve(configuration: dict[str, Any], fidelity: dict[str, Any]) -> float:
    """A smooth loss on the JAHS space with a learning curve."""
    c, left = configuration, 1.0 / (1.0 + fidelity["epoch"] / 10)
    level = np.log10(c["LearningRate"] / 0.1) ** 2 + sum(abs(c[f"Op{i}"] - 3) for i in range(1, 7)) / 6
    return float(level * (1.0 - 0.5 * left) + 3.0 * left)


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of observations that the hyperparameters were fitted to."""
    sizes: list[int] = []

    def counting(model: Any, x: Any, y: Any, *rest: Any) -> Any:
        sizes.append(len(y))
        return fit(model, x, y, *rest)

    monkeypatch.setattr(regression, "fit", counting)
    return sizes


def end(method: Any, configuration: Mapping[str, Any], epoch: int, loss: float) -> None:
    """Tells an evaluation; the trial does not go on, whatever the method says."""
    method.tell(observation(ON_PLANE, Proposal(configuration, {"epoch": epoch}), (loss,)))


# The resource r_acq -----------------------------------------------------------------------------------------------


def test_r_acq_is_the_largest_rung_with_as_many_observations_as_there_are_parameters() -> None:
    method = ABOHB(ON_PLANE, 1)
    searcher: Any = method._searcher
    rng = np.random.default_rng(1)
    story = [(2, None), (22, None), (2, 0), (7, 0), (22, 2), (7, 2), (200, 2), (66, 2), (66, 3), (200, 4)]
    for epoch, expected in story:
        configuration = PLANE.sample(rng)
        searcher.start(configuration, RUNGS.index(epoch))
        end(method, configuration, epoch, 1.0)
        assert searcher.acquisition_rung == expected


def test_configurations_are_random_until_then(fits: list[int]) -> None:
    """The promotion variant with one bracket starts all at the lowest rung, where the fourth observation is enough."""
    method = ABOHB(ON_PLANE, 1, variant="promotion", brackets=1, initial=4, restarts=0)
    made = [method.ask() for _ in range(4)]
    for number, proposal in enumerate(made):
        assert not fits
        end(method, proposal.configuration, 2, float(number))
        method.ask()
    assert fits == [4]


def test_the_first_configurations_are_as_many_as_there_are_parameters() -> None:
    method, random = AsyncBO(FULL, 1), RandomSearch(FULL, 1)
    made = drive(method, FULL, 12)
    expected = [asked(random) for _ in range(12)]
    assert [p.configuration for p in made[:10]] == [p.configuration for p in expected[:10] if p is not None]
    assert made[10].configuration != expected[10].configuration  # type: ignore[union-attr]


def test_expected_improvement_is_sought_at_r_acq() -> None:
    """Two optima, one at few epochs, one at the full resource: what is proposed moves from one to the other."""
    method = ABOHB(ON_PLANE, 3, brackets=1, initial=6, model="matern")
    searcher, rng = method._searcher, np.random.default_rng(3)

    def file(rung: int, optimum: float, count: int) -> None:
        for _ in range(count):
            configuration = PLANE.sample(rng)
            searcher.start(configuration, rung)
            searcher.finish(configuration, rung, (configuration["a"] - optimum) ** 2)

    file(0, 0.1, 25)
    early = [searcher.suggest()["a"] for _ in range(5)]
    file(4, 0.9, 25)
    late = [searcher.suggest()["a"] for _ in range(5)]
    assert np.median(early) == pytest.approx(0.1, abs=0.15)
    assert np.median(late) == pytest.approx(0.9, abs=0.15)


# Fits -------------------------------------------------------------------------------------------------------------


def test_fits_follow_the_full_resource_after_the_threshold(fits: list[int]) -> None:
    method = ABOHB(ON_PLANE, 1, refit_until=20, restarts=0, brackets=1, model="matern")
    events = drive_async(method, ON_PLANE, rugged, workers=2, until=600.0)
    full = np.cumsum([e.epoch == 200 for e in events])
    late = [n for n in fits if n > 20]
    assert len([n for n in fits if n <= 20]) >= 3
    assert late
    seen = [int(full[n - 1]) for n in fits if n >= 20]
    assert all(a < b for a, b in itertools.pairwise(seen))  # no fit without more at the full resource


def test_the_model_is_given_so_many_observations_at_most(fits: list[int]) -> None:
    drive(AsyncBO(FULL, 1, max_data=15, restarts=0), FULL, 30)
    assert max(fits) == 15


# Proposals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", ["stopping", "promotion"])
@pytest.mark.parametrize("settings", [{}, {"delta": "0"}, {"delta": "1"}, {"model": "matern"}])
def test_every_model_finds_the_optimum(variant: str, settings: dict[str, Any]) -> None:
    method = ABOHB(ON_PLANE, 2, variant=variant, brackets=1, **settings)
    events = drive_async(method, ON_PLANE, bowl, workers=4, until=400.0)
    first, last = events[:10], events[-30:]
    assert np.median([bowl(e.configuration, dict(ON_PLANE.full)) for e in last]) < 0.01
    assert np.median([bowl(e.configuration, dict(ON_PLANE.full)) for e in first]) > 0.05


def test_what_is_pending_is_not_proposed_again_nor_something_near_it() -> None:
    """Sixteen asked for at once are spread out, where without fantasies all would be the one best point."""
    method = ABOHB(ON_PLANE, 4, brackets=1)
    drive_async(method, ON_PLANE, bowl, workers=1, until=60.0)
    made = np.array([[p.configuration["a"], p.configuration["b"]] for p in (method.ask() for _ in range(16))])
    apart = np.linalg.norm(made[:, None] - made[None, :], axis=2) + np.eye(16)
    assert apart.min() > 1e-3


def test_nothing_is_proposed_twice_while_there_is_something_new() -> None:
    space = Space((Categorical("op", ("a", "b", "c")), Integer("depth", 1, 4)))
    posed = problem(space=space)
    method = AsyncBO(posed, 1)
    made = drive(method, posed, 14, lambda p: (p.configuration["depth"] + 0.1 * ord(p.configuration["op"]),), pending=3)
    assert len({str(p.configuration) for p in made[:12]}) == 12
    assert len({str(p.configuration) for p in made}) == 12


@pytest.mark.parametrize("space", [Space((Categorical("only", ("this",)), Float("point", 0.5, 0.5))), Space(())])
def test_a_space_without_a_choice_is_no_trap(space: Space) -> None:
    posed = problem("mf", axes=("epoch",), space=space)
    assert len(drive(AsyncBO(posed, 1), posed, 15, lambda _: (1.0,))) == 15
    assert len(drive(ABOHB(posed, 1), posed, 15, lambda _: (1.0,))) == 15


@pytest.mark.parametrize("variant", ["stopping", "promotion"])
def test_losses_that_are_no_numbers(variant: str) -> None:
    made = drive(ABOHB(EPOCHS, 1, variant=variant, restarts=0), EPOCHS, 40, lambda p: odd(p, 1), pending=4, shuffled=1)
    assert len(made) == 40
    assert len(drive(AsyncBO(FULL, 1, restarts=0), FULL, 30, lambda p: odd(p, 1), pending=4, shuffled=1)) == 30


@pytest.mark.parametrize("axis", ["N", "W", "Resolution"])
def test_levels_are_resources_as_well(axis: str) -> None:
    posed = problem("mf", axes=(axis,))
    made = drive(ABOHB(posed, 1, variant="promotion", restarts=0), posed, 30)
    assert {p.fidelity[axis] for p in made} == set(posed.fidelities[axis].choices)  # type: ignore[union-attr]


# Scheduling and determinism ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", ["stopping", "promotion"])
def test_scheduling_is_that_of_the_random_variant(variant: str) -> None:
    """With as many random configurations as there is time for, both are the same method."""
    random = drive_async(AsyncHyperband(EPOCHS, 1, variant=variant), EPOCHS, curve, workers=4, until=500.0)
    model = drive_async(ABOHB(EPOCHS, 1, variant=variant, initial=10**6), EPOCHS, curve, workers=4, until=500.0)
    assert model == random


def short_run(**settings: Any) -> list[Event]:
    return drive_async(ABOHB(EPOCHS, 1, **settings), EPOCHS, curve, workers=4, until=150.0)


def test_the_number_of_threads_changes_nothing() -> None:
    with threadpool_limits(1):
        one = short_run()
    with threadpool_limits(2):
        assert short_run() == one


def test_threads_are_put_back() -> None:
    with threadpool_limits(2):
        before = [pool["num_threads"] for pool in threadpool_info()]
        with one_thread():
            assert {pool["num_threads"] for pool in threadpool_info()} == {1}
        assert [pool["num_threads"] for pool in threadpool_info()] == before


def test_the_presets() -> None:
    for name, variant in (("a-bohb", "stopping"), ("a-bohb-stopping", "stopping"), ("a-bohb-promotion", "promotion")):
        made = METHODS[name].load()(EPOCHS, 1, **METHODS[name].preset)
        assert made._promotes == (variant == "promotion")
        assert len(made._shares) == 5
        assert METHODS[name].capabilities.proceeds


@pytest.mark.parametrize(
    "bad",
    [
        {"model": "forest"}, {"delta": "0.5"}, {"initial": 0}, {"fantasies": 0}, {"candidates": 0}, {"restarts": -1},
        {"refit_until": -1}, {"refit_every": 0}, {"max_data": 0}, {"targets": "rank"}, {"data": "last"},
        {"variant": "both"}, {"eta": 1}, {"brackets": 9},
    ],
)  # fmt: skip
def test_bad_settings_are_refused(bad: dict[str, Any]) -> None:
    name = next(iter(bad))
    with pytest.raises(ValueError, match=f"^{name} = .* must be"):
        ABOHB(EPOCHS, 1, **bad)


# Use --------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_model_beats_random_search() -> None:
    def best(method: Any) -> float:
        return min(smooth(p)[0] for p in drive(method, FULL, 60, pending=4))

    model = [best(AsyncBO(FULL, seed)) for seed in range(4)]
    random = [best(RandomSearch(FULL, seed)) for seed in range(4)]
    assert np.mean(model) < np.mean(random) - 1.0


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["stopping", "promotion"])
def test_the_model_beats_the_random_variant(variant: str) -> None:
    def best(method: Any) -> float:
        events = drive_async(method, EPOCHS, curve, workers=8, until=600.0)
        return min(curve(e.configuration, {"epoch": 200}) for e in events)

    model = [best(ABOHB(EPOCHS, seed, variant=variant, restarts=0)) for seed in range(3)]
    random = [best(AsyncHyperband(EPOCHS, seed, variant=variant)) for seed in range(3)]
    assert np.mean(model) < 0.5 * np.mean(random)


# The data of the model --------------------------------------------------------------------------------------------


def trained(data: str, variant: str) -> tuple[Any, dict[str, list[int]]]:
    """The searcher's trials, and the epochs of every configuration in the order in which they were evaluated."""
    method = ABOHB(ON_PLANE, 3, data=data, variant=variant, brackets=1, initial=10**6)
    epochs: dict[str, list[int]] = {}
    for event in drive_async(method, ON_PLANE, bowl, workers=2, until=900.0):
        epochs.setdefault(str(event.configuration), []).append(event.epoch)
    return method._model_data._trials, epochs


@pytest.mark.parametrize("variant", ["stopping", "promotion"])
def test_the_model_is_given_every_epoch(variant: str) -> None:
    trials, epochs = trained("all", variant)
    assert all(seen == list(range(2, 2 + len(seen))) for seen in epochs.values())
    ends = [seen[-1] for seen in epochs.values()]
    assert {2, 7, 22} <= set(ends)
    assert sum(end not in RUNGS for end in ends) <= 2  # only the two that are running
    assert sorted(2 + level for level in trials.rungs) == sorted(e for seen in epochs.values() for e in seen)


@pytest.mark.parametrize("variant", ["stopping", "promotion"])
def test_the_model_is_given_the_rungs_and_the_last_epoch_of_every_trial(variant: str) -> None:
    trials, epochs = trained("rungs-last", variant)
    expected = [e for seen in epochs.values() for e in seen if e in RUNGS or e == seen[-1]]
    assert sorted(2 + level for level in trials.rungs) == sorted(expected)
    assert max(map(len, epochs.values())) > 20


@pytest.mark.parametrize("data", ["rungs-last", "all"])
def test_decisions_are_those_of_the_rungs(data: str) -> None:
    """Configurations are random here, so the choice of data changes only at which epochs a trial is observed."""
    _, stepped = trained(data, "stopping")
    _, plain = trained("rungs", "stopping")
    common = [key for key in plain if key in stepped][:-1]
    assert len(common) > 5
    assert [[e for e in stepped[key] if e in RUNGS] for key in common] == [plain[key] for key in common]


@pytest.mark.parametrize("data", ["rungs-last", "all"])
@pytest.mark.parametrize("model", ["exp-decay", "matern"])
def test_r_acq_is_a_rung_whatever_the_data(data: str, model: str) -> None:
    method = ABOHB(
        ON_PLANE, 2, variant="promotion", data=data, model=model, brackets=1, initial=3, restarts=0, warping=True
    )
    drive_async(method, ON_PLANE, bowl, workers=2, until=40.0)
    rung = method._model_data.acquisition_rung
    assert rung is not None
    assert 2 + rung in RUNGS


@pytest.mark.parametrize("data", ["rungs-last", "all"])
def test_on_levels_all_data_are_at_rungs(data: str) -> None:
    posed = problem("mf", axes=("N",))
    assert drive(ABOHB(posed, 1, data=data, restarts=0), posed, 15) == drive(ABOHB(posed, 1, restarts=0), posed, 15)


def test_without_checkpoints_there_are_no_other_data() -> None:
    with pytest.raises(ValueError, match="data = 'all' must be rungs"):
        ABOHB(replace(EPOCHS, continuation=False), 1, data="all")
