"""Prices, credits and charges (the protocol, "Cost and clock", rules 1 to 4)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.runs.ledger import Ledger

FULL = {"N": 5, "W": 16, "Resolution": 1.0, "epoch": 200}


def buy(ledger: Ledger, trial: int, price: float, **fidelity: float) -> tuple[float, float, float, bool]:
    """Bills one training and finishes it: (price, credit, charge, repaired)."""
    where = FULL | fidelity
    bill = ledger.bill(trial, where, price)
    ledger.finish(trial, where, price)
    return bill.price, bill.credit, bill.charge, bill.repaired


def test_the_story_of_one_trial() -> None:
    ledger = Ledger(floor=0.5, continues="epoch")
    log = [
        buy(ledger, 0, 20.0, epoch=2),
        buy(ledger, 0, 70.0, epoch=7),  # continues from 2
        buy(ledger, 0, 220.0, epoch=22),  # continues from 7
        buy(ledger, 0, 220.0, epoch=22),  # again: a new training
        buy(ledger, 0, 100.0, epoch=10),  # back: a new training
        buy(ledger, 0, 660.0, epoch=66),  # continues from 22, the deepest
        buy(ledger, 1, 660.0, epoch=66),  # another trial starts from nothing
    ]
    assert log == [
        (20.0, 0.0, 20.0, False),
        (70.0, 20.0, 50.0, False),
        (220.0, 70.0, 150.0, False),
        (220.0, 0.0, 220.0, False),
        (100.0, 0.0, 100.0, False),
        (660.0, 220.0, 440.0, False),
        (660.0, 0.0, 660.0, False),
    ]


@pytest.mark.parametrize("change", [{"N": 3}, {"W": 8}, {"Resolution": 0.5}])
def test_a_change_of_anything_but_the_epoch_pays_in_full(change: dict[str, float]) -> None:
    ledger = Ledger(floor=0.5, continues="epoch")
    buy(ledger, 0, 20.0, epoch=2)
    assert buy(ledger, 0, 70.0, epoch=7, **change) == (70.0, 0.0, 70.0, False)
    # and the checkpoint at the first place is still there
    assert buy(ledger, 0, 90.0, epoch=9) == (90.0, 20.0, 70.0, False)


def test_only_a_finished_training_can_be_continued() -> None:
    ledger = Ledger(floor=0.5, continues="epoch")
    ledger.bill(0, FULL | {"epoch": 2}, 20.0)  # started, not finished
    assert ledger.bill(0, FULL | {"epoch": 7}, 70.0).credit == 0.0


def test_from_scratch_always_pays_in_full() -> None:
    ledger = Ledger(floor=0.5, continues=None)
    assert [buy(ledger, 0, 10.0 * e, epoch=e)[1:3] for e in (2, 7, 22)] == [(0.0, 20.0), (0.0, 70.0), (0.0, 220.0)]


def test_a_surrogate_that_falls_with_the_epoch_is_repaired_at_the_floor() -> None:
    ledger = Ledger(floor=0.5, continues="epoch")
    buy(ledger, 0, 100.0, epoch=10)
    assert buy(ledger, 0, 90.0, epoch=20) == (90.0, 100.0, 0.5, True)


@pytest.mark.parametrize(
    ("price", "charge", "repaired"),
    [(0.5, 0.5, False), (0.49, 0.5, True), (0.0, 0.5, True), (-3.0, 0.5, True), (math.nan, 0.5, True)],
)
def test_the_floor_is_the_least_charge(price: float, charge: float, repaired: bool) -> None:
    bill = Ledger(floor=0.5, continues="epoch").bill(0, FULL, price)
    assert (bill.charge, bill.repaired) == (charge, repaired)


requests = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from([1, 3, 5]), st.integers(1, 200)), min_size=1, max_size=40
)


def runtime(n: int, epoch: int) -> float:
    return float(10 * epoch + n)


@given(requests)
def test_credit_is_given_only_along_epochs_of_the_same_training(requests: Sequence[tuple[int, int, int]]) -> None:
    ledger = Ledger(floor=1e-3, continues="epoch")
    trained: dict[tuple[int, int], int] = {}
    for trial, n, epoch in requests:
        price, credit, charge, repaired = buy(ledger, trial, runtime(n, epoch), N=n, epoch=epoch)
        depth = trained.get((trial, n), 0)
        assert credit == (runtime(n, depth) if 0 < depth < epoch else 0.0)
        assert charge == price - credit
        assert not repaired
        trained[trial, n] = max(depth, epoch)


@given(st.sets(st.integers(1, 200), min_size=1), st.sampled_from([1, 3, 5]))
def test_the_charges_of_a_rising_trial_add_up_to_the_runtime_of_the_deepest(epochs: set[int], n: int) -> None:
    ledger = Ledger(floor=1e-3, continues="epoch")
    charges = [buy(ledger, 0, runtime(n, epoch), N=n, epoch=epoch)[2] for epoch in sorted(epochs)]
    assert sum(charges) == runtime(n, max(epochs))


@given(requests)
def test_from_scratch_is_the_sum_of_all_prices(requests: Sequence[tuple[int, int, int]]) -> None:
    ledger = Ledger(floor=1e-3, continues=None)
    bills = [buy(ledger, trial, runtime(n, epoch), N=n, epoch=epoch) for trial, n, epoch in requests]
    assert all(credit == 0.0 and charge == price for price, credit, charge, _ in bills)


@given(st.lists(st.tuples(st.integers(1, 200), st.floats(-1e6, 1e6)), min_size=1, max_size=30))
def test_no_charge_is_below_the_floor_and_a_repair_is_exactly_the_floor(visits: list[tuple[int, float]]) -> None:
    ledger = Ledger(floor=2.0, continues="epoch")
    for epoch, price in visits:
        _, credit, charge, repaired = buy(ledger, 0, price, epoch=epoch)
        assert charge >= 2.0
        assert repaired == (price - credit < 2.0)
        assert charge == (2.0 if repaired else price - credit)
