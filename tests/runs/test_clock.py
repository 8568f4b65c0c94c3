"""The simulated clock: stories with literal logs, and laws that hold for every schedule."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.runs.clock import Clock, Slot


def play(durations: list[float], workers: int) -> list[str]:
    """Keeps every worker busy until the durations are used up; the log of all that happens."""
    clock: Clock[int] = Clock(workers)
    waiting, log = list(enumerate(durations)), []
    while waiting or clock.pending:
        while waiting and clock.free:
            item, duration = waiting.pop(0)
            slot = clock.start(item, duration)
            log.append(f"t={slot.start:g} worker {slot.worker} starts {item}")
        for slot, item in clock.advance():
            log.append(f"t={slot.end:g} worker {slot.worker} ends {item}")
    return log


def test_one_worker_does_one_thing_after_the_other() -> None:
    assert play([5, 1, 2], workers=1) == [
        "t=0 worker 0 starts 0",
        "t=5 worker 0 ends 0",
        "t=5 worker 0 starts 1",
        "t=6 worker 0 ends 1",
        "t=6 worker 0 starts 2",
        "t=8 worker 0 ends 2",
    ]


def test_a_free_worker_starts_at_once_and_completions_come_in_time_order() -> None:
    assert play([5, 1, 2, 4], workers=2) == [
        "t=0 worker 0 starts 0",
        "t=0 worker 1 starts 1",
        "t=1 worker 1 ends 1",
        "t=1 worker 1 starts 2",
        "t=3 worker 1 ends 2",
        "t=3 worker 1 starts 3",
        "t=5 worker 0 ends 0",
        "t=7 worker 1 ends 3",
    ]


def test_completions_of_one_instant_come_together_before_new_work_and_in_the_order_of_starting() -> None:
    # 3 (started last, on worker 0) and 0, 1 all end at t=4.
    assert play([1, 4, 4, 3, 1, 1], workers=3) == [
        "t=0 worker 0 starts 0",
        "t=0 worker 1 starts 1",
        "t=0 worker 2 starts 2",
        "t=1 worker 0 ends 0",
        "t=1 worker 0 starts 3",
        "t=4 worker 1 ends 1",
        "t=4 worker 2 ends 2",
        "t=4 worker 0 ends 3",
        "t=4 worker 0 starts 4",
        "t=4 worker 1 starts 5",
        "t=5 worker 0 ends 4",
        "t=5 worker 1 ends 5",
    ]


def test_time_stands_still_while_work_is_started() -> None:
    clock: Clock[str] = Clock(2)
    clock.start("a", 3.0)
    clock.start("b", 1.0)
    assert clock.now == 0.0
    clock.advance()
    assert clock.now == 1.0


@pytest.mark.parametrize("workers", [0, -1])
def test_a_clock_without_workers_is_refused(workers: int) -> None:
    with pytest.raises(ValueError, match="at least one worker"):
        Clock(workers)


@pytest.mark.parametrize("duration", [0.0, -1.0, float("nan")])
def test_work_takes_a_positive_time(duration: float) -> None:
    with pytest.raises(ValueError, match="positive time"):
        Clock[str]().start("a", duration)


durations = st.lists(st.sampled_from([0.5, 1.0, 2.0, 3.0]) | st.floats(0.01, 1e6), min_size=1, max_size=40)
workers = st.integers(1, 5)


def schedule(durations: list[float], workers: int) -> tuple[list[Slot], list[list[tuple[Slot, int]]]]:
    """Every slot in the order of starting, and the batches of completions in the order of delivery."""
    clock: Clock[int] = Clock(workers)
    waiting, slots, batches = list(enumerate(durations)), [], []
    while waiting or clock.pending:
        while waiting and clock.free:
            slots.append(clock.start(*waiting.pop(0)))
        batches.append(clock.advance())
    return slots, batches


@given(durations, workers)
def test_every_started_item_ends_exactly_once_after_its_duration(durations: list[float], workers: int) -> None:
    slots, batches = schedule(durations, workers)
    delivered = [item for batch in batches for _, item in batch]
    assert sorted(delivered) == list(range(len(durations)))
    for slot, duration in zip(slots, durations, strict=True):
        assert slot.end == slot.start + duration


@given(durations, workers)
def test_completions_are_totally_ordered_by_time_then_by_start(durations: list[float], workers: int) -> None:
    _, batches = schedule(durations, workers)
    keys = [(slot.end, slot.sequence) for batch in batches for slot, _ in batch]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


@given(durations, workers)
def test_each_batch_is_everything_that_ends_at_one_instant(durations: list[float], workers: int) -> None:
    _, batches = schedule(durations, workers)
    instants = [{slot.end for slot, _ in batch} for batch in batches]
    assert all(len(instant) == 1 for instant in instants)
    assert len(set().union(*instants)) == len(instants)


@given(durations, workers)
def test_no_worker_does_two_things_at_once(durations: list[float], workers: int) -> None:
    slots, _ = schedule(durations, workers)
    for worker in range(workers):
        own = sorted((s.start, s.end) for s in slots if s.worker == worker)
        assert all(end <= start for (_, end), (start, _) in pairwise(own))


@given(durations, workers)
def test_work_is_conserved_no_worker_idles_while_work_waits(durations: list[float], workers: int) -> None:
    slots, _ = schedule(durations, workers)
    last_start = max(s.start for s in slots)
    for instant in {s.start for s in slots} | {s.end for s in slots}:
        if instant < last_start:
            assert sum(s.start <= instant < s.end for s in slots) == workers


@given(durations)
def test_one_worker_takes_the_sum_of_all_durations(durations: list[float]) -> None:
    slots, _ = schedule(durations, 1)
    now = 0.0
    for slot, duration in zip(slots, durations, strict=True):
        assert slot.start == now
        now += duration
        assert slot.end == now
