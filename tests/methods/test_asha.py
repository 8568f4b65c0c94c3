"""Asynchronous successive halving and Hyperband: each rule of the paper as a short story."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.benchmark.method import Observation, Proposal
from optimizers import METHODS
from optimizers.asha import ASHA, AsyncHyperband
from optimizers.brackets import Rung, bracket_weights
from optimizers.random_search import RandomSearch
from support.async_driver import Event, drive_async
from support.driving import observation, problem

EPOCHS = problem("mf", axes=("epoch",))
LEVELS = problem("mf", axes=("N",))


def stopping(**settings: Any) -> AsyncHyperband:
    return AsyncHyperband(EPOCHS, 1, **{"variant": "stopping", "brackets": 1, **settings})


def promotion(**settings: Any) -> AsyncHyperband:
    return AsyncHyperband(EPOCHS, 1, **{"variant": "promotion", "brackets": 1, **settings})


def end(method: AsyncHyperband, proposal: Proposal, loss: float) -> int | None:
    """Tells the loss of an evaluation; the epoch to which the trial goes on at once, if it does."""
    told = observation(EPOCHS, proposal, (loss,))
    method.tell(told)
    further = method.proceed(told)
    return None if further is None else int(further["epoch"])


def rate(configuration: dict[str, Any], fidelity: dict[str, Any]) -> float:
    """A loss: the further the learning rate from 0.1, the worse, at any epoch."""
    return float(abs(np.log10(configuration["LearningRate"]) + 1) - 0.001 * fidelity["epoch"])


def slow(configuration: dict[str, Any]) -> float:
    """Seconds per epoch."""
    return 0.2 + float(configuration["Op1"])


# Brackets ---------------------------------------------------------------------------------------------------------


def test_figure_6() -> None:
    assert bracket_weights(5, 3) == pytest.approx([243.0, 97.2, 40.5, 18.0, 9.0, 6.0], rel=1e-15)


def test_brackets_are_drawn_in_these_shares() -> None:
    method = AsyncHyperband(EPOCHS, 7)
    started = Counter(method.ask().fidelity["epoch"] for _ in range(4000))
    shares = np.array(bracket_weights(4, 3)) / sum(bracket_weights(4, 3))
    assert [started[epoch] / 4000 for epoch in (2, 7, 22, 66, 200)] == pytest.approx(shares.tolist(), abs=0.02)


def test_the_first_brackets_only() -> None:
    method = AsyncHyperband(EPOCHS, 7, brackets=2)
    started = Counter(method.ask().fidelity["epoch"] for _ in range(1000))
    assert set(started) == {2, 7}
    assert started[2] / 1000 == pytest.approx(81 / (81 + 5 / 4 * 27), abs=0.04)


def test_with_one_bracket_none_is_drawn() -> None:
    """The configurations are then those of random search with the same seed."""
    method, random = stopping(), RandomSearch(EPOCHS, 1)
    assert [method.ask() for _ in range(9)] == [Proposal(random.ask(), {"epoch": 2}) for _ in range(9)]


# The rule ---------------------------------------------------------------------------------------------------------


def test_the_top_third_counts_the_record_itself() -> None:
    rung = Rung(3)
    records = [rung.record(loss) for loss in (5.0, 4.0)]
    assert rung.short
    assert not any(rung.continues(record) for record in records)  # a third of two is none
    records.append(rung.record(3.0))
    assert not rung.short
    assert [rung.continues(record) for record in records] == [False, False, True]
    records += [rung.record(loss) for loss in (6.0, 7.0, 4.5)]
    assert [rung.continues(record) for record in records] == [False, True, True, False, False, False]


@given(st.lists(st.sampled_from([0.0, 1.0, 2.0, float("inf"), float("nan")]), max_size=30), st.integers(2, 4))
def test_a_third_continues_however_many_are_equal(losses: list[float], eta: int) -> None:
    rung = Rung(eta)
    records = [rung.record(loss) for loss in losses]
    best = [record for record in records if rung.continues(record)]
    assert len(best) == len(losses) // eta
    assert all(record <= other for record in best for other in records if other not in best)


# Stopping ---------------------------------------------------------------------------------------------------------


def test_a_job_goes_on_while_its_rung_is_short_and_then_in_the_top_third() -> None:
    method = stopping()
    first, second, third, fourth, fifth = (method.ask() for _ in range(5))
    assert end(method, first, 5.0) == 7
    assert end(method, second, 9.0) == 7  # two records, fewer than eta
    assert end(method, third, 6.0) is None  # three records: only the best one goes on
    assert end(method, fourth, 4.0) == 7
    assert end(method, fifth, 4.5) is None  # one in three of five is one


def test_a_job_climbs_to_the_top_and_is_over() -> None:
    method = stopping()
    proposal = method.ask()
    for epoch, further in ((2, 7), (7, 22), (22, 66), (66, 200), (200, None)):
        assert end(method, Proposal(proposal.configuration, {"epoch": epoch}), 1.0) == further
    assert method.ask().configuration != proposal.configuration


def test_a_later_bracket_is_not_judged_at_the_rungs_below() -> None:
    method = AsyncHyperband(EPOCHS, 3)
    late = next(proposal for proposal in iter(method.ask, None) if proposal.fidelity["epoch"] == 22)
    assert end(method, late, 1.0) == 66
    assert [len(rung._records) for rung in method._rungs] == [0, 0, 1, 0, 0]


def test_brackets_compete_at_the_rungs_that_they_share() -> None:
    method = AsyncHyperband(EPOCHS, 3)
    made = [method.ask() for _ in range(40)]
    early = [p for p in made if p.fidelity["epoch"] == 2][:3]
    late = next(p for p in made if p.fidelity["epoch"] == 7)
    for proposal, loss in zip(early, (3.0, 2.0, 1.0), strict=True):
        assert end(method, proposal, loss) == 7
    for proposal, loss in zip(early[:2], (3.0, 2.0), strict=True):
        assert end(method, Proposal(proposal.configuration, {"epoch": 7}), loss) == 22
    assert end(method, late, 2.5) is None


def test_the_rungs_of_an_axis_of_levels_are_its_levels() -> None:
    method = AsyncHyperband(LEVELS, 1, brackets=1)
    first = method.ask()
    assert first.fidelity == {"N": 1}
    told = observation(LEVELS, first, (1.0,))
    method.tell(told)
    assert method.proceed(told) == {"N": 3}


# Promotion --------------------------------------------------------------------------------------------------------


def test_a_job_is_paused_and_the_best_third_promoted_later() -> None:
    method = promotion()
    made = [method.ask() for _ in range(6)]
    assert [p.fidelity["epoch"] for p in made] == [2] * 6  # nothing to promote yet: new ones
    for proposal, loss in zip(made[:3], (5.0, 4.0, 6.0), strict=True):
        assert end(method, proposal, loss) is None
    assert method.ask() == Proposal(made[1].configuration, {"epoch": 7})
    assert method.ask().fidelity == {"epoch": 2}  # one in three of three is promoted already
    for proposal, loss in zip(made[3:], (4.5, 9.0, 9.0), strict=True):
        end(method, proposal, loss)
    assert method.ask() == Proposal(made[3].configuration, {"epoch": 7})  # the second best of six


def test_a_better_one_that_comes_later_is_promoted_though_the_third_is_used_up() -> None:
    method = promotion()
    made = [method.ask() for _ in range(4)]
    for proposal in made[:3]:
        end(method, proposal, 5.0)
    assert method.ask().configuration == made[0].configuration  # of equals, the one that came first
    end(method, made[3], 1.0)
    assert method.ask() == Proposal(made[3].configuration, {"epoch": 7})


def test_no_promotion_with_fewer_than_eta_records() -> None:
    method = promotion()
    for loss in (2.0, 1.0):
        end(method, method.ask(), loss)
    assert method.ask().fidelity == {"epoch": 2}


def test_rungs_are_scanned_from_the_top() -> None:
    method = promotion()
    made = [method.ask() for _ in range(12)]
    for number, proposal in enumerate(made[:9]):
        end(method, proposal, float(number))
    promoted = [method.ask() for _ in range(3)]
    assert [p.fidelity["epoch"] for p in promoted] == [7, 7, 7]
    for number, proposal in enumerate(made[9:]):
        end(method, proposal, -1.0 - number)  # one more of the lowest rung qualifies
    for number, proposal in enumerate(promoted):
        end(method, proposal, float(number))
    assert method.ask() == Proposal(promoted[0].configuration, {"epoch": 22})
    assert method.ask().fidelity == {"epoch": 7}


def test_a_drawn_bracket_promotes_only_from_its_own_rungs() -> None:
    method = AsyncHyperband(EPOCHS, 1, variant="promotion")
    for loss in (1.0, 2.0, 3.0):
        end(method, Proposal(method.ask().configuration, {"epoch": 2}), loss)
    for _ in range(50):
        state = method._rng.bit_generator.state
        drawn = int(method._rng.choice(5, p=method._shares))
        method._rng.bit_generator.state = state
        asked = method.ask()
        if drawn == 0:
            assert asked.fidelity == {"epoch": 7}
            return
        assert asked.fidelity["epoch"] == (2, 7, 22, 66, 200)[drawn]
    pytest.fail("bracket 0 was never drawn")


def test_nothing_is_promoted_out_of_the_top_rung() -> None:
    method = promotion()
    for number in range(9):
        end(method, Proposal(method.ask().configuration, {"epoch": 200}), float(number))
    assert method.ask().fidelity == {"epoch": 2}


# On many workers --------------------------------------------------------------------------------------------------


def by_trial(events: list[Event]) -> dict[int, list[Event]]:
    found: dict[int, list[Event]] = defaultdict(list)
    for event in events:
        found[event.trial].append(event)
    return found


@pytest.mark.parametrize("name", ["asha-stopping", "asha-promotion", "async-hyperband"])
@pytest.mark.parametrize("workers", [1, 2, 8])
def test_no_worker_waits(name: str, workers: int) -> None:
    entry = METHODS[name]
    method = entry.load()(EPOCHS, 5, **entry.preset)
    events = drive_async(method, EPOCHS, rate, workers=workers, until=3000.0, seconds=slow)
    for worker in range(workers):
        own = sorted((e for e in events if e.worker == worker), key=lambda e: e.start)
        assert own[0].start == 0.0
        assert all(a.end == b.start for a, b in itertools.pairwise(own))


@pytest.mark.parametrize("workers", [1, 8])
def test_stopping_keeps_a_trial_on_its_worker_without_a_pause(workers: int) -> None:
    events = drive_async(stopping(), EPOCHS, rate, workers=workers, until=3000.0, seconds=slow)
    climbs = [climb for climb in by_trial(events).values() if len(climb) > 1]
    assert climbs
    for climb in climbs:
        assert len({e.worker for e in climb}) == 1
        assert [e.epoch for e in climb] == [2, 7, 22, 66, 200][: len(climb)]
        assert all(a.end == b.start and b.went_on for a, b in itertools.pairwise(climb))


def test_promotion_pauses_and_resumes_anywhere() -> None:
    events = drive_async(promotion(), EPOCHS, rate, workers=8, until=3000.0, seconds=slow)
    climbs = [climb for climb in by_trial(events).values() if len(climb) > 1]
    assert not any(e.went_on for e in events)
    assert any(len({e.worker for e in climb}) > 1 for climb in climbs)
    assert any(a.end < b.start for climb in climbs for a, b in itertools.pairwise(climb))


def test_stopping_gives_the_first_the_benefit_of_the_doubt_and_promotion_does_not() -> None:
    """Section 4.1: the first configurations run to the end under one rule and are paused under the other."""
    first = {}
    for method in (stopping(), promotion()):
        events = drive_async(method, EPOCHS, rate, workers=2, until=3000.0)
        first[method._promotes] = next(e.end for e in events if e.epoch == 200)
    assert first[False] == 200.0
    assert first[True] > 200.0


@pytest.mark.parametrize("variant", ["stopping", "promotion"])
def test_about_a_third_of_each_rung_reaches_the_next(variant: str) -> None:
    method = AsyncHyperband(EPOCHS, 2, variant=variant, brackets=1)
    events = drive_async(method, EPOCHS, rate, workers=4, until=20000.0)
    reached = Counter(e.epoch for e in events)
    for low, high in ((2, 7), (7, 22), (22, 66)):
        assert reached[high] / reached[low] == pytest.approx(1 / 3, abs=0.1)


SYNCHRONOUS = [
    pytest.param(name, workers, until, marks=[pytest.mark.slow] if name == "bohb" else [])
    for name, workers, until in (
        ("hyperband", 3, 2000.0), ("hyperband", 16, 2000.0), ("successive-halving", 16, 2000.0),
        ("hpbandster-hb", 3, 500.0), ("hpbandster-hb", 16, 200.0), ("bohb", 3, 500.0),
    )
]  # fmt: skip


@pytest.mark.parametrize(("name", "workers", "until"), SYNCHRONOUS)
def test_synchronous_rungs_are_complete_before_any_promotion(name: str, workers: int, until: float) -> None:
    """However evaluations end: a promotion starts when the last of its rung has ended, and is among its best."""
    if METHODS[name].libraries:
        pytest.importorskip("hpbandster", reason="HpBandSter is not installed")
    events = drive_async(METHODS[name].load()(EPOCHS, 4), EPOCHS, rate, workers=workers, until=until, seconds=slow)
    starts = sorted(events, key=lambda e: e.start)
    lowest = [e for e in starts if e.epoch == 2][:81]
    promoted = {e.trial for e in starts if e.epoch == 7} & {e.trial for e in lowest}
    assert len(lowest) == 81
    assert len(promoted) == 27
    assert min(e.start for e in events if e.epoch == 7 and e.trial in promoted) == max(e.end for e in lowest)
    best = sorted(lowest, key=lambda e: rate(e.configuration, {"epoch": 2}))[:27]
    assert promoted == {e.trial for e in best}
    waited = any(b.start > a.end for w in range(workers) for a, b in consecutive(events, w))
    assert waited == (not METHODS[name].libraries)  # HpBandSter starts the next bracket instead, as its master does


def consecutive(events: list[Event], worker: int) -> list[tuple[Event, Event]]:
    own = sorted((e for e in events if e.worker == worker), key=lambda e: e.start)
    return list(itertools.pairwise(own))


def test_asha_is_the_promotion_variant_with_one_bracket() -> None:
    own = drive_async(ASHA(EPOCHS, 1), EPOCHS, rate, workers=4, until=500.0)
    assert own == drive_async(promotion(), EPOCHS, rate, workers=4, until=500.0)
    assert not METHODS["asha-promotion"].capabilities.proceeds


# Settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [{"variant": "pausing"}, {"eta": 1}, {"brackets": 0}, {"brackets": 6}])
def test_bad_settings_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"^{next(iter(bad))} = .* must be"):
        AsyncHyperband(EPOCHS, 1, **bad)


def test_losses_that_are_no_numbers_are_the_worst() -> None:
    method = stopping()
    nan, infinite, fine = (method.ask() for _ in range(3))
    assert end(method, nan, float("nan")) == 7
    assert end(method, infinite, float("inf")) == 7
    assert end(method, fine, 1e300) == 7


def test_equal_configurations_are_separate_jobs() -> None:
    method = stopping()
    proposal = method.ask()
    told = [Observation(0, dict(proposal.configuration), {**EPOCHS.full, "epoch": 2}, (x,), 1.0) for x in (2.0, 1.0)]
    went_on = []
    for observed in told:
        method.tell(observed)
        went_on.append(method.proceed(observed))
    assert went_on == [{"epoch": 7}] * 2
