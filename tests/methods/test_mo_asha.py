"""Fronts that grow point by point, and asynchronous successive halving on them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.benchmark.method import Proposal
from optimizers.mo_asha import MOASHA, FrontRung
from optimizers.pareto import Fronts, epsilon_net
from support.driving import drive, observation, odd, problem, two

EPOCHS = problem("mf", "multi", axes=("epoch",))


def dominates(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return a[0] <= b[0] and a[1] <= b[1] and a != b


def peeled(points: list[tuple[float, float]]) -> list[set[int]]:
    """The definition of fronts: take away all points that no other point left dominates, and again."""
    left, fronts = set(range(len(points))), []
    while left:
        front = {i for i in left if not any(dominates(points[j], points[i]) for j in left)}
        fronts.append(front)
        left -= front
    return fronts


small = st.sampled_from([0.0, 1.0, 2.0, 3.0, 4.0, math.inf, -math.inf])


@given(st.lists(st.tuples(small, small), max_size=25))
def test_fronts_are_those_of_the_definition_after_every_point(points: list[tuple[float, float]]) -> None:
    fronts = Fronts()
    for number, point in enumerate(points):
        fronts.add(point, number)
        assert [{n for _, _, n in front} for front in fronts.levels] == peeled(points[: number + 1])
        assert all(front == sorted(front, key=lambda p: (p[0], -p[1])) for front in fronts.levels)


def test_no_number_is_the_worst_loss() -> None:
    fronts = Fronts()
    for number, point in enumerate([(math.nan, 1.0), (1.0, 1.0), (1.0, math.nan)]):
        fronts.add(point, number)
    assert [{n for _, _, n in front} for front in fronts.levels] == [{1}, {0, 2}]


def test_an_epsilon_net_takes_the_farthest_next() -> None:
    """On a line from (0, 10) to (10, 0): the end of lowest first loss, the other end, the middle."""
    line = np.array([[x, 10.0 - x] for x in (3.0, 0.0, 10.0, 5.0, 1.0)])
    assert epsilon_net(line, 3) == [1, 2, 3]
    assert epsilon_net(line * [1.0, 1e6], 5)[:3] == [1, 2, 3]  # whatever the unit
    assert epsilon_net(np.full((3, 2), np.inf), 3) == [0, 1, 2]


@pytest.mark.parametrize("within", ["crowding", "epsilon-net"])
def test_a_rung_promotes_its_best_third_once(within: str) -> None:
    rung = FrontRung(3, within)
    assert rung.promote() is None
    for number, losses in enumerate([(3.0, 3.0), (1.0, 2.0), (2.0, 1.0), (4.0, 4.0), (5.0, 5.0)]):
        rung.record(losses, {"n": number})
    first = rung.promote()
    assert first == {"n": 1}
    assert rung.promote() is None
    rung.record((6.0, 6.0), {"n": 5})
    assert rung.promote() == {"n": 2}
    assert rung.promote() is None


@pytest.mark.parametrize(("eta", "epochs"), [(None, [2, 7, 22, 66, 200]), (4, [3, 12, 50, 200])])
def test_configurations_climb_the_ladder_rung_by_rung(eta: int | None, epochs: list[int]) -> None:
    made = drive(MOASHA(EPOCHS, 1, eta=eta), EPOCHS, 400, two)
    climbed: dict[str, list[int]] = {}
    for proposal in made:
        climbed.setdefault(repr(proposal.configuration), []).append(proposal.fidelity["epoch"])
    assert all(seen == epochs[: len(seen)] for seen in climbed.values())
    assert max(map(len, climbed.values())) == len(epochs)


def test_what_is_promoted_was_among_the_best_of_its_rung() -> None:
    made = drive(MOASHA(EPOCHS, 2), EPOCHS, 200, two)
    rung: list[tuple[float, float]] = []
    for proposal in made:
        if proposal.fidelity["epoch"] == 2:
            rung.append(two(proposal))
        elif proposal.fidelity["epoch"] == 7:
            losses = two(Proposal(proposal.configuration, {"epoch": 2}))
            ahead = 0
            for front in peeled(rung):
                if rung.index(losses) in front:
                    break
                ahead += len(front)
            assert ahead < len(rung) // 3


@pytest.mark.parametrize("settings", [{}, {"within": "crowding"}])
def test_losses_that_are_no_numbers(settings: dict[str, Any]) -> None:
    method = MOASHA(EPOCHS, 1, **settings)
    assert len(drive(method, EPOCHS, 200, lambda p: odd(p, 2), pending=4, shuffled=1)) == 200


def test_an_unknown_order_is_refused() -> None:
    with pytest.raises(ValueError, match="within = 'rank' must be one of"):
        MOASHA(EPOCHS, 1, within="rank")


def test_a_result_is_recorded_at_its_rung() -> None:
    method = MOASHA(EPOCHS, 1)
    proposal = method.ask()
    method.tell(observation(EPOCHS, Proposal(proposal.configuration, {"epoch": 66}), (1.0, 1.0)))
    assert [len(rung._configurations) for rung in method._rungs] == [0, 0, 0, 1, 0]
