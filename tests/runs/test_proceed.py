"""Stories of stopping rules: a trial that goes on stays on its worker, keeps its checkpoint and disturbs nobody.

On the set ``clockwork`` an epoch takes a second and a full evaluation 200 s.
"""

# ruff: noqa: ARG002 - methods whose arguments are given, not used

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import registry
from harness.benchmark.method import Observation, Problem, Proposal
from harness.benchmark.source import Source
from harness.errors import UsageError
from harness.runs.clock import Clock
from harness.runs.pairing import pair
from harness.runs.run import Run
from harness.verify import accounting
from support.stories import CONSTANTS, at, config, log, play

RUNGS = (2, 7, 22, 66, 200)
PROCEEDS = {"proceeds": True}


class Rule:
    """Proposes what it is to; a trial goes on to the next rung while its learning rate says so."""

    def __init__(self, problem: Problem, seed: int) -> None:
        self.waiting = [at(2, 0.1 * k) for k in (5, 3, 4)]

    def ask(self) -> Any:
        return self.waiting.pop(0) if self.waiting else None

    def tell(self, observation: Observation) -> None:
        pass

    def proceed(self, observation: Observation) -> Mapping[str, Any] | None:
        depth = RUNGS.index(observation.fidelity["epoch"]) + 1
        return {"epoch": RUNGS[depth]} if depth < round(10 * observation.configuration["LearningRate"]) else None


def test_a_trial_goes_on_on_its_worker_and_pays_the_difference(clockwork: Source) -> None:
    result = play(Rule, clockwork, workers=2, capabilities=PROCEEDS)
    assert (result.status, result.stopped) == ("complete", "method")
    assert log(result) == [
        "0-2 worker 0 trial 0 epoch 2: 2",
        "0-2 worker 1 trial 1 epoch 2: 2",
        "2-7 worker 0 trial 0 epoch 7: 5 after 2",
        "2-7 worker 1 trial 1 epoch 7: 5 after 2",
        "7-22 worker 0 trial 0 epoch 22: 15 after 7",
        "7-22 worker 1 trial 1 epoch 22: 15 after 7",
        "22-66 worker 0 trial 0 epoch 66: 44 after 22",
        "22-24 worker 1 trial 2 epoch 2: 2",
        "24-29 worker 1 trial 2 epoch 7: 5 after 2",
        "29-44 worker 1 trial 2 epoch 22: 15 after 7",
        "44-88 worker 1 trial 2 epoch 66: 44 after 22",
        "66-200 worker 0 trial 0 epoch 200: 134 after 66",
    ]


def test_who_goes_on_keeps_a_worker_although_a_lower_one_is_free(clockwork: Source) -> None:
    class LastGoesOn(Rule):
        def __init__(self, problem: Problem, seed: int) -> None:
            self.waiting = [at(5, 0.1), at(5, 0.2), at(1, 0.3)]

        def proceed(self, observation: Observation) -> Mapping[str, Any] | None:
            return {"epoch": 9} if observation.fidelity["epoch"] == 5 and observation.trial == 1 else None

    assert log(play(LastGoesOn, clockwork, workers=2, capabilities=PROCEEDS)) == [
        "0-5 worker 0 trial 0 epoch 5: 5",
        "0-5 worker 1 trial 1 epoch 5: 5",
        "5-9 worker 1 trial 1 epoch 9: 4 after 5",
        "5-6 worker 0 trial 2 epoch 1: 1",
    ]


def test_a_rule_that_is_not_declared_is_not_asked(clockwork: Source) -> None:
    assert len(log(play(Rule, clockwork))) == 3


def test_nothing_goes_on_after_the_budget(clockwork: Source) -> None:
    class Forever(Rule):
        def __init__(self, problem: Problem, seed: int) -> None:
            self.count = 0

        def ask(self) -> Any:
            self.count += 1
            return at(100, self.count / 1000)

        def proceed(self, observation: Observation) -> Mapping[str, Any] | None:
            return {"epoch": 200} if observation.fidelity["epoch"] == 100 else None

    result = play(Forever, clockwork, capabilities=PROCEEDS)
    assert (result.stopped, len(log(result)), result.columns["end"][-1]) == ("budget", 200, 20_000.0)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"epoch": 2}, "go on from .*'epoch': 2.* to .*'epoch': 2.*, which is not higher"),
        ({"epoch": 1}, "not higher"),
        ({"epoch": 201}, "illegal fidelity: epoch = 201 is outside its range"),
        ({"epochs": 7}, "illegal fidelity: epochs is no parameter"),
        ({"N": 3, "epoch": 7}, "not higher"),
        (7, "illegal fidelity"),
    ],
)
def test_a_trial_can_only_go_on_to_a_higher_fidelity(clockwork: Source, answer: Any, words: str) -> None:
    class Odd(Rule):
        def proceed(self, observation: Observation) -> Any:
            return answer

    result = play(Odd, clockwork, capabilities=PROCEEDS)
    assert result.status == "failed"
    assert re.search(words, str(result.reason)), result.reason


def test_the_setting_still_rules_which_axes_may_be_varied(clockwork: Source) -> None:
    class OtherAxis(Rule):
        def __init__(self, problem: Problem, seed: int) -> None:
            self.waiting = [Proposal(config(), {"N": 1})]

        def proceed(self, observation: Observation) -> Any:
            return {"N": 3} if observation.fidelity["N"] == 1 else None

    refused = play(OtherAxis, clockwork, capabilities=PROCEEDS)
    assert "may vary epoch in setting mf as declared" in str(refused.reason)
    allowed = play(OtherAxis, clockwork, capabilities=PROCEEDS, axis="N")
    # Only epochs continue: more cells are a new training on the same worker.
    assert [allowed.columns[name] for name in ("credit", "charge")] == [[0.0, 0.0], [200.0, 200.0]]


def test_running_on_from_scratch_means_nothing(clockwork: Source) -> None:
    with pytest.raises(UsageError, match="leave out --from-scratch"):
        play(Rule, clockwork, capabilities=PROCEEDS, from_scratch=True)


def test_a_rule_that_raises_fails_the_run(clockwork: Source) -> None:
    class Raises(Rule):
        def proceed(self, observation: Observation) -> Any:
            raise RuntimeError("no idea")

    result = play(Raises, clockwork, capabilities=PROCEEDS)
    assert (result.status, result.reason) == ("failed", "mine raised RuntimeError: no idea")


def test_a_busy_worker_cannot_be_asked_for() -> None:
    clock: Clock[str] = Clock(2)
    clock.start("a", 1.0)
    with pytest.raises(ValueError, match="worker 0 is busy"):
        clock.start("b", 1.0, worker=0)
    assert clock.start("b", 1.0, worker=1).worker == 1


def wandering(seed: int, go_on: float) -> type:
    """A rule that starts and continues trials at random."""

    class Wanders:
        def __init__(self, problem: Problem, _: int) -> None:
            self.rng, self.space = np.random.default_rng(seed), problem.space

        def ask(self) -> Any:
            return None if self.rng.random() < 0.2 else Proposal(self.space.sample(self.rng), {"epoch": 2})

        def tell(self, observation: Observation) -> None:
            pass

        def proceed(self, observation: Observation) -> Mapping[str, Any] | None:
            depth = RUNGS.index(observation.fidelity["epoch"]) + 1
            return {"epoch": RUNGS[depth]} if depth < len(RUNGS) and self.rng.random() < go_on else None

    return Wanders


@pytest.mark.slow
@given(seed=st.integers(0, 10**6), workers=st.integers(1, 9), go_on=st.floats(0, 1))
def test_whatever_goes_on_the_second_clock_agrees(clockwork: Source, seed: int, workers: int, go_on: float) -> None:
    result = play(wandering(seed, go_on), clockwork, workers=workers, capabilities=PROCEEDS)
    if result.status == "failed":  # it said "nothing now" with nothing pending at the very start
        assert "stalled" in str(result.reason)
        return
    terms = accounting.Terms(workers, 20_000.0, 200e-6, "epoch")
    names = ("start", "end", "charge", "worker", "trial")
    start, end, charge, worker, trial = (result.columns[name] for name in names)
    assert list(accounting.schedule_problems(start, end, charge, worker, trial, terms)) == []
    _no_worker_does_two_things(result, workers)
    _every_continuation_is_on_its_worker(result)


def _no_worker_does_two_things(result: Run, workers: int) -> None:
    for worker in range(workers):
        own = [i for i, w in enumerate(result.columns["worker"]) if w == worker]
        spans = [(result.columns["start"][i], result.columns["end"][i]) for i in own]
        assert all(end <= start for (_, end), (start, _) in pairwise(spans))


def _every_continuation_is_on_its_worker(result: Run) -> None:
    last: dict[int, tuple[int, float]] = {}
    for trial, epoch, worker, start, end in zip(
        *(result.columns[name] for name in ("trial", "epoch", "worker", "start", "end")), strict=True
    ):
        if epoch > 2:
            assert last[trial] == (worker, start)
        last[trial] = worker, end


def test_a_free_worker_may_be_passed_over_only_by_the_trial_that_ended_on_the_other() -> None:
    terms = accounting.Terms(2, 100.0, 1e-6, "epoch")

    def problems(trials: list[int]) -> list[str]:
        rows = accounting.schedule_problems([0.0, 0.0, 2.0], [2.0, 2.0, 3.0], [2.0, 2.0, 1.0], [0, 1, 1], trials, terms)
        return [text for _, text in rows]

    assert problems([0, 1, 1]) == []
    assert problems([0, 1, 0]) == ["is on worker 1, but the lowest free one is 0"]
    assert problems([0, 1, 2]) == ["is on worker 1, but the lowest free one is 0"]


def test_the_declaration_is_no_part_of_other_specs(clockwork: Source) -> None:
    board = registry.leaderboard("cifar10", "single", "mf")
    spec = pair(board, clockwork, registry.method("hyperband")).spec
    assert spec.constants == CONSTANTS
    assert "proceeds" not in spec.as_dict()
