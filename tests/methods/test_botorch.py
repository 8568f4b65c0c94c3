"""BoTorch's adapter, where the conformance suite does not reach: its points, its threads and its random numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("botorch", reason="BoTorch is not installed")

import torch

from harness.benchmark.space import Categorical, Float, Integer, Space
from optimizers.botorch_methods import LARGEST, LogEHVI, LogEI, _Features, _tame
from support.driving import drive, problem, two

pytestmark = pytest.mark.slow

SMALL = Space(
    (Float("rate", 1e-3, 1.0, log=True), Integer("depth", 2, 9), Categorical("op", ("a", "b", "c")),
     Categorical("level", (1, 2, 4), ordered=True), Categorical("fixed", (True,))), {"constant": 1},
)  # fmt: skip


def bowl(proposal: Any) -> tuple[float]:
    c = proposal.configuration
    return (float(np.log10(c["rate"] / 0.03) ** 2 + (c["depth"] - 6) ** 2 / 10 + (c["op"] != "b") + c["level"] / 4),)


def test_every_configuration_comes_back_from_its_point() -> None:
    features, rng = _Features(SMALL), np.random.default_rng(1)
    for _ in range(200):
        configuration = SMALL.sample(rng)
        point = features.point(configuration)
        assert features.configuration(point) == configuration
        assert ((point >= 0) & (point <= 1)).all()
        row = features.columns(point[None])[0].numpy()
        assert row.shape == (6,)  # a column per choice of op, and the three others
        assert row[2:5].tolist() == [float(configuration["op"] == choice) for choice in "abc"]


def test_the_model_finds_what_chance_does_not() -> None:
    posed = problem(space=SMALL)
    losses = [bowl(p)[0] for p in drive(LogEI(posed, 1, n_startup_trials=6), posed, 22, bowl)]
    assert min(losses) < 0.35
    assert min(losses[6:]) < min(losses[:6])


def test_pending_points_are_not_proposed_again() -> None:
    posed = problem(space=SMALL)
    method = LogEI(posed, 1, n_startup_trials=6)
    drive(method, posed, 8, bowl)
    proposed = [str(method.ask()) for _ in range(3)]
    assert len(set(proposed)) == 3


def test_two_losses_need_no_weights_and_nothing_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    from torch.utils import cpp_extension

    compiled: list[object] = []
    monkeypatch.setattr(cpp_extension, "load", lambda **given: compiled.append(given))
    posed = problem(objective="multi")
    assert len(drive(LogEHVI(posed, 1, n_startup_trials=5), posed, 8, two)) == 8
    assert compiled == []


def test_threads_and_random_numbers_of_torch_are_left_alone() -> None:
    threads = torch.get_num_threads()
    torch.manual_seed(3)
    expected = torch.rand(4).tolist()
    torch.manual_seed(3)
    posed, drawn = problem(space=SMALL), []
    method = LogEI(posed, 1, n_startup_trials=4)
    for _ in range(4):
        drawn.append(torch.rand(1).item())
        drive(method, posed, 2, bowl)
    assert drawn == expected
    assert torch.get_num_threads() == threads


def test_losses_that_are_no_numbers_count_as_the_worst() -> None:
    losses = np.array([[1.0, np.nan], [np.inf, np.nan], [3.0, -np.inf], [10 * LARGEST, 2.0]])
    assert _tame(losses).tolist() == [[1.0, 2.0], [3.0, 2.0], [3.0, 2.0], [3.0, 2.0]]
    assert _tame(np.full((2, 1), np.nan)).tolist() == [[0.0], [0.0]]


@pytest.mark.parametrize("bad", [{"n_startup_trials": 1}, {"raw_samples": 0}, {"num_restarts": 0}])
def test_bad_settings_are_refused(bad: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        LogEI(problem(), 1, **bad)
