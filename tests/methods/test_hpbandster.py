"""HpBandSter's adapter, where the conformance suite does not reach: its fences, its failures, its numbers."""

from __future__ import annotations

import logging
import socket
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from support.driving import drive, observation, problem, smooth, two

pytest.importorskip("hpbandster", reason="HpBandSter is not installed")

import ConfigSpace

from harness.benchmark.method import Proposal
from optimizers import hpbandster_library
from optimizers.hpbandster_methods import BOHB, HyperBand, RandomSearch
from protocols.jahs.space import SPACE

GLOBAL: Any = np.random
EPOCHS = problem("mf", axes=("epoch",))
LEVELS = problem("mf", axes=("W",))


@pytest.fixture
def any_global_state() -> Iterator[None]:
    """For tests that disturb NumPy's global generator."""
    bits, state = GLOBAL.get_bit_generator(), np.random.get_state(legacy=False)  # noqa: NPY002
    yield
    GLOBAL.set_bit_generator(bits)
    np.random.set_state(state)  # noqa: NPY002


def sizes(made: list[Any], axis: str) -> list[tuple[int, Any]]:
    """Runs of equal fidelity: how many, at which."""
    found: list[tuple[int, Any]] = []
    for proposal in made:
        value = proposal.fidelity[axis]
        if found and found[-1][1] == value:
            found[-1] = (found[-1][0] + 1, value)
        else:
            found.append((1, value))
    return found


def augmented(proposal: Proposal) -> tuple[float]:
    """All the good have one choice in common."""
    return (proposal.configuration["LearningRate"] - 10.0 * proposal.configuration["TrivialAugment"],)


@pytest.mark.parametrize("method", [HyperBand, pytest.param(BOHB, marks=pytest.mark.slow)])
def test_brackets_on_the_rungs_of_the_protocol(method: Any) -> None:
    brackets = [
        (81, 2), (27, 7), (9, 22), (3, 66), (1, 200),
        (27, 7), (9, 22), (3, 66), (1, 200),
        (9, 22), (3, 66), (1, 200),
        (6, 66), (2, 200),
        (5, 200),
    ]  # fmt: skip
    made = drive(method(EPOCHS, 1), EPOCHS, sum(n for n, _ in brackets))
    assert sizes(made, "epoch") == [*brackets[:-2], (7, 200)]
    best = sorted(made[:81], key=smooth)[:27]
    assert [p.configuration for p in sorted(made[81:108], key=smooth)] == [p.configuration for p in best]


def test_ordinal_axes_have_three_rungs_and_factor_two() -> None:
    assert sizes(drive(HyperBand(LEVELS, 1), LEVELS, 10), "W") == [(4, 4), (2, 8), (1, 16), (2, 8), (1, 16)]
    diagonal = problem("multi-mf", axes=("N", "W", "Resolution", "epoch"))
    assert drive(HyperBand(diagonal, 1), diagonal, 7)[4].fidelity == {"N": 3, "W": 8, "Resolution": 0.5, "epoch": 66}


def test_the_next_bracket_starts_rather_than_wait() -> None:
    method = HyperBand(LEVELS, 1)
    waiting = [method.ask() for _ in range(8)]
    assert sizes(waiting, "W") == [(4, 4), (2, 8), (2, 16)]
    for proposal in reversed(waiting[:4]):
        method.tell(observation(LEVELS, proposal, smooth(proposal)))
    promoted = [method.ask() for _ in range(2)]
    assert sizes(promoted, "W") == [(2, 8)]
    best = sorted(waiting[:4], key=smooth)[:2]
    assert [p.configuration for p in sorted(promoted, key=smooth)] == [p.configuration for p in best]


def test_random_search_is_at_full_fidelity_with_any_objectives() -> None:
    posed = problem("mf", "multi", ("epoch",))
    made = drive(RandomSearch(posed, 1), posed, 5, two)
    assert all(not p.fidelity for p in made)
    assert len({p.configuration["LearningRate"] for p in made}) == 5


def test_the_view_changes_no_proposal() -> None:
    """The library as it comes, with the names that ConfigSpace has deprecated, draws the same."""
    space: Any = SPACE.to_configspace(seed=7)
    if not hasattr(space, "get_hyperparameters"):
        pytest.skip("this ConfigSpace has removed the names that HpBandSter uses")
    ours = BOHB(EPOCHS, 7)
    theirs = sys.modules["hpbandster.optimizers.config_generators.bohb"].BOHB
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        generator = theirs(space)
        reference = BOHB(EPOCHS, 7)
        reference._generator = reference._self.config_generator = generator
        assert drive(reference, EPOCHS, 40) == drive(ours, EPOCHS, 40)
    assert generator.kde_models


def test_deprecated_names_may_go(monkeypatch: pytest.MonkeyPatch) -> None:
    for owner, names in (
        (ConfigSpace.Configuration, ("get_dictionary",)),
        (ConfigSpace.ConfigurationSpace, ("get_hyperparameters", "get_hyperparameter", "get_hyperparameter_by_idx")),
    ):
        for name in names:
            monkeypatch.delattr(owner, name, raising=False)
    method = BOHB(EPOCHS, 8, random_fraction=0.0)
    drive(method, EPOCHS, 30)
    assert method._generator.kde_models


def test_bohb_learns_and_hyperband_does_not() -> None:
    def share(method: Any) -> float:
        made = drive(method(EPOCHS, 9), EPOCHS, 80, augmented)
        return float(np.mean([p.configuration["TrivialAugment"] for p in made[40:]]))

    assert share(BOHB) > 0.75
    assert share(HyperBand) < 0.65


@pytest.mark.usefixtures("any_global_state")
@pytest.mark.parametrize("bits", [np.random.MT19937, np.random.PCG64])
def test_neither_side_sees_the_others_global_generator(bits: Any) -> None:
    undisturbed = drive(BOHB(EPOCHS, 2), EPOCHS, 30)
    normal = np.random.standard_normal
    GLOBAL.set_bit_generator(bits(1))
    alone = [normal() for _ in range(30)]
    GLOBAL.set_bit_generator(bits(1))
    method, made, drawn = BOHB(EPOCHS, 2), [], []
    for _ in range(30):
        drawn.append(normal())
        made += drive(method, EPOCHS, 1)
    assert drawn == alone
    assert made == undisturbed


def broken(*_: Any, **__: Any) -> Any:
    raise ArithmeticError("singular")


@pytest.mark.parametrize("what", ["the density", "the sampling", "the conversion"])
def test_a_failing_model_is_not_replaced_by_random_sampling(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    method = BOHB(EPOCHS, 3, random_fraction=0.0)
    drive(method, EPOCHS, 30)
    assert method._generator.kde_models
    if what == "the density":
        for models in method._generator.kde_models.values():
            monkeypatch.setattr(models["good"], "pdf", broken)
    elif what == "the sampling":
        monkeypatch.setattr("scipy.stats.truncnorm.rvs", broken)
    else:
        monkeypatch.setattr(hpbandster_library.generators.ConfigSpace, "Configuration", broken)
    with pytest.raises(RuntimeError, match=r"BOHB's model fails with ArithmeticError: singular") as caught:
        drive(method, EPOCHS, 10)
    assert isinstance(caught.value.__cause__, ArithmeticError)


def test_an_interrupt_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    method = BOHB(EPOCHS, 3, random_fraction=0.0)
    drive(method, EPOCHS, 30)
    for models in method._generator.kde_models.values():
        monkeypatch.setattr(models["good"], "pdf", interrupted)
    with pytest.raises(KeyboardInterrupt):
        drive(method, EPOCHS, 10)


def test_a_density_of_one_level_is_no_failure() -> None:
    """All good configurations share a choice, and the density divides by the number of the others."""
    method = BOHB(EPOCHS, 4, random_fraction=0.0)
    with np.errstate(all="raise"):
        drive(
            method, EPOCHS, 60, lambda p: (p.configuration["LearningRate"] - 10.0 * p.configuration["TrivialAugment"],)
        )
    assert any(len(np.unique(column)) == 1 for column in method._generator.kde_models[0]["good"].data.T)


def test_densities_that_are_no_numbers_leave_the_proposal_to_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    method = BOHB(EPOCHS, 4, random_fraction=0.0)
    drive(method, EPOCHS, 30)
    for density in method._generator.kde_models[0].values():
        monkeypatch.setattr(density, "pdf", lambda _: float("nan"))
    SPACE.check(method.ask().configuration)


def test_no_threads_no_sockets_no_logging(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(socket, "socket", broken)
    threads = threading.active_count()
    with caplog.at_level(logging.INFO):
        drive(BOHB(EPOCHS, 5), EPOCHS, 30)
    assert threading.active_count() == threads
    assert caplog.records == []


def test_the_library_itself_is_left_as_it_was() -> None:
    assert sys.modules["hpbandster.optimizers.config_generators.bohb"].ConfigSpace is ConfigSpace


def test_decoding_inverts_encoding() -> None:
    space = SPACE.to_configspace(seed=1)
    for _ in range(50):
        SPACE.check(SPACE.from_configspace(space.sample_configuration()))


@pytest.mark.parametrize(
    "bad",
    [
        {"eta": 1}, {"min_points_in_model": 10}, {"top_n_percent": 0}, {"num_samples": 0}, {"random_fraction": 1.5},
        {"bandwidth_factor": 0.0}, {"min_bandwidth": 0.0},
    ],
)  # fmt: skip
def test_bad_settings_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        BOHB(EPOCHS, 1, **bad)
