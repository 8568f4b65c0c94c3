"""Costs in Bayesian optimisation: the cost model, the cooling, the cheap design, the improvement of a hypervolume."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the Gaussian process needs the extra [gp]")
pytest.importorskip("threadpoolctl", reason="the Gaussian process needs the extra [gp]")

from dataclasses import replace

from harness.benchmark.method import Observation, Problem, Proposal
from harness.benchmark.space import Categorical, Float, Space
from optimizers import METHODS
from optimizers.cost_aware import CostAwareBO
from optimizers.gaussian_process.cost import MARGIN, CostModel, Spending, cheap_and_far
from optimizers.gaussian_process.improvement import expected_hypervolume_improvement, expected_shortfall, front_of
from support.driving import drive, observation, odd, problem

PLANE = Space((Float("a", 0.0, 1.0), Float("b", 0.0, 1.0)))
CHARGED = replace(problem("ca", space=PLANE), budget=40.0, full_cost=1.0)
BOTH = replace(problem("ca", "multi", space=PLANE), budget=40.0, full_cost=1.0)


def price(configuration: Mapping[str, Any]) -> float:
    """From 0.1 to 4: dear where a is high."""
    return float(0.1 * 40.0 ** configuration["a"])


def valley(configuration: Mapping[str, Any]) -> tuple[float]:
    """As good with any a: only the price tells them apart."""
    return (float((configuration["b"] - 0.3) ** 2),)


def spent(method: CostAwareBO, posed: Problem, evaluations: int, losses: Any = valley) -> list[dict[str, Any]]:
    """Configurations of a run whose evaluations are charged by ``price``."""
    made = []
    for trial in range(evaluations):
        configuration = posed.space.check(method.ask())
        made.append(configuration)
        told = Observation(trial, configuration, dict(posed.full), losses(configuration), price(configuration))
        method.tell(told)
    return made


# The cost model ---------------------------------------------------------------------------------------------------


def test_costs_that_multiply_are_learned_from_few_observations() -> None:
    rng = np.random.default_rng(1)
    x, weights = rng.random((30, 12)), rng.standard_normal(12)
    model = CostModel(x[:25], np.exp(3.0 + x[:25] @ weights))
    np.testing.assert_allclose(model.log_cost(x[25:]), 3.0 + x[25:] @ weights, atol=0.05)


def test_costs_that_depend_on_nothing_are_their_mean() -> None:
    rng = np.random.default_rng(2)
    model = CostModel(rng.random((40, 3)), np.exp(0.1 * rng.standard_normal(40)))
    assert np.abs(model.log_cost(rng.random((50, 3))) - model.typical).max() < 0.06


def test_without_observations_every_configuration_costs_the_same() -> None:
    assert (CostModel(np.zeros((0, 3)), np.zeros(0)).log_cost(np.eye(3)) == 0.0).all()
    assert CostModel(np.ones((1, 3)), np.array([7.0])).log_cost(np.eye(3)) == pytest.approx(math.log(7.0))


def test_predictions_stay_near_the_observed_costs() -> None:
    model = CostModel(np.array([[0.0], [0.1]]), np.array([1.0, math.e]))
    assert model.log_cost(np.array([[100.0], [-100.0]])).tolist() == [1.0 + MARGIN, -MARGIN]


# Cooling and the initial design -----------------------------------------------------------------------------------


def test_the_exponent_falls_from_one_to_zero() -> None:
    spending = Spending(budget=100.0, unit=1.0, workers=1, initial=0.2)
    assert not spending.begun
    spending.add(20.0)
    assert (spending.begun, spending.cooled) == (True, 1.0)
    spending.add(40.0)
    assert spending.cooled == pytest.approx(0.5)
    spending.add(50.0)
    assert spending.cooled == 0.0


def test_two_workers_spend_half_of_the_time_and_untold_costs_are_a_mean_evaluation() -> None:
    spending = Spending(budget=100.0, unit=10.0, workers=2, initial=0.1)
    spending.add(None)
    assert not spending.begun
    spending.add(10.0)
    assert spending.begun


def test_cheap_and_far() -> None:
    """Alternately without the dearest and the nearest, the cheap one far away is left."""
    assert cheap_and_far(np.array([1.0, 9.0, 2.0, 3.0]), np.array([0.1, 5.0, 4.0, 0.2])) == 2
    assert cheap_and_far(np.array([3.0]), np.array([0.0])) == 0


def test_the_cheap_design_is_cheaper_than_a_random_one() -> None:
    def mean(design: str) -> float:
        runs = [spent(CostAwareBO(CHARGED, seed, design=design, share=0.99), CHARGED, 12) for seed in range(3)]
        return float(np.mean([price(c) for made in runs for c in made[4:]]))

    assert mean("cheap") < 0.8 * mean("random")


# Improvement ------------------------------------------------------------------------------------------------------


def test_the_front_of_points() -> None:
    points = np.array([[2.0, 2.0], [1.0, 3.0], [1.0, 4.0], [3.0, 1.0], [3.0, 3.0], [2.0, 2.0]])
    assert front_of(points).tolist() == [[1.0, 3.0], [2.0, 2.0], [3.0, 1.0]]


def test_certain_points_improve_by_the_area_that_they_add() -> None:
    front, reference = np.array([[1.0, 3.0], [3.0, 1.0]]), np.array([4.0, 4.0])
    points = np.array([[2.0, 2.0], [0.0, 0.0], [3.5, 3.5], [1.0, 3.0], [0.5, 5.0], [2.0, 0.5]])
    certain = np.full((6, 2), 1e-18)
    added = expected_hypervolume_improvement(points, certain, front, reference)
    assert added == pytest.approx([1.0, 16.0 - 5.0, 0.0, 0.0, 0.0, 3.0], abs=1e-6)
    alone = expected_hypervolume_improvement(points[:1], certain[:1], np.array([[9.0, 9.0]]), reference)
    assert alone == pytest.approx([4.0])  # a front beyond the reference point does not count


def test_the_expectation_is_the_mean_over_draws() -> None:
    rng = np.random.default_rng(3)
    front, reference = np.array([[0.2, 0.8], [0.5, 0.4], [0.9, 0.1]]), np.array([1.0, 1.1])
    mean, deviation = np.array([[0.4, 0.5]]), np.array([[0.3, 0.2]])
    draws = mean + deviation * rng.standard_normal((200_000, 2))
    sampled = expected_hypervolume_improvement(draws, np.full(draws.shape, 1e-18), front, reference).mean()
    assert expected_hypervolume_improvement(mean, deviation**2, front, reference)[0] == pytest.approx(sampled, rel=0.01)


def test_the_expected_shortfall() -> None:
    assert expected_shortfall(np.zeros(1), np.ones(1), np.zeros(1))[0, 0] == pytest.approx(1 / math.sqrt(2 * math.pi))


# The method -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weight", ["unit", "cooled"])
def test_of_equally_good_configurations_cheap_ones_are_evaluated(weight: str) -> None:
    def mean(weight: str) -> float:
        made = spent(CostAwareBO(CHARGED, 3, weight=weight, design="random"), CHARGED, 24)
        return float(np.mean([price(c) for c in made[12:]]))

    assert mean(weight) < 0.7 * mean("blind")


@pytest.mark.parametrize("name", ["gp-bo", "gp-bo-per-cost", "carbo"])
def test_every_method_finds_the_optimum(name: str) -> None:
    def bowl(c: Mapping[str, Any]) -> tuple[float]:
        return (float((c["a"] - 0.7) ** 2 + (c["b"] - 0.2) ** 2),)

    made = spent(METHODS[name].load()(CHARGED, 1, **METHODS[name].preset), CHARGED, 30, bowl)
    assert min(bowl(c)[0] for c in made) < 1e-3
    assert min(bowl(c)[0] for c in made[:6]) > 1e-3


def test_two_losses_are_traded_off() -> None:
    """The front is the line b = 0.5; a search for it comes near it all along."""

    def apart(c: Mapping[str, Any]) -> tuple[float, float]:
        bend = (c["b"] - 0.5) ** 2
        return float(c["a"] ** 2 + bend), float((c["a"] - 1.0) ** 2 + bend)

    made = spent(CostAwareBO(BOTH, 1, weight="blind", design="random"), BOTH, 40, apart)
    late = made[15:]
    assert np.median([abs(c["b"] - 0.5) for c in late]) < 0.1
    assert np.ptp([c["a"] for c in late]) > 0.6


def test_costs_that_are_not_told_need_no_special_setting() -> None:
    posed = replace(problem("bb"), budget=40.0, full_cost=1.0)
    assert len(drive(CostAwareBO(posed, 1, weight="blind", design="random"), posed, 12, pending=3)) == 12


@pytest.mark.parametrize("objectives", [1, 2])
def test_losses_that_are_no_numbers_and_failures(objectives: int) -> None:
    posed = replace(problem("ca", ("single", "multi")[objectives - 1]), budget=40.0, full_cost=1.0)
    made = drive(CostAwareBO(posed, 1), posed, 25, lambda p: odd(p, objectives), pending=4, shuffled=1)
    assert len(made) == 25
    method = CostAwareBO(posed, 2)
    told = observation(posed, Proposal(method.ask()), (0.0,) * objectives)
    method.tell(replace(told, failed=True, cost=0.0))
    assert method._searcher._costs == []
    assert len(drive(method, posed, 4, lambda _: (0.0,) * objectives)) == 4


@pytest.mark.parametrize("space", [Space((Categorical("only", ("this",)), Float("point", 0.5, 0.5))), Space(())])
def test_a_space_without_a_choice_is_no_trap(space: Space) -> None:
    posed = replace(problem("ca", space=space), budget=40.0, full_cost=1.0)
    assert len(drive(CostAwareBO(posed, 1), posed, 12, lambda _: (1.0,))) == 12


@pytest.mark.parametrize("bad", [{"weight": "half"}, {"design": "grid"}, {"share": 0.0}, {"share": 1.0}])
def test_bad_settings_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"^{next(iter(bad))} = .* must"):
        CostAwareBO(CHARGED, 1, **bad)
